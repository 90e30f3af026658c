import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';
import { bundleLimits, isSafePath } from './bundle-rules.ts';
import type { BundleSource } from './bundle-source.ts';
import { printable } from './outcome.ts';
import { chunkLength, SourceChanged } from './source-changed.ts';

/** Deeper than any path of a bundle. */
const maximumDepth = 8;

/** A bundle as a folder. Links are not followed; devices, sockets and pipes are never opened. */
export class FolderSource implements BundleSource {
  readonly #root: string;
  readonly #sizes = new Map<string, number>();
  readonly problems: string[] = [];
  readonly paths: readonly string[];
  readable = true;

  constructor(root: string) {
    this.#root = root;
    this.#enter('', 0);
    this.paths = [...this.#sizes.keys()].sort();
    const total = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
    if (total > bundleLimits.totalBytes) this.#refuse('the files are larger than 1 GiB together');
  }

  size(path: string): number {
    return this.#sizes.get(path) ?? 0;
  }

  *chunks(path: string): Generator<Uint8Array> {
    const size = this.size(path);
    const file = openFile(join(this.#root, path), path);
    try {
      const found = fstatSync(file);
      if (!found.isFile() || found.size !== size) throw new SourceChanged(path, 'changed while it was read');
      const buffer = Buffer.allocUnsafe(Math.min(size, chunkLength));
      for (let at = 0; at < size; ) {
        const read = readSync(file, buffer, 0, Math.min(buffer.length, size - at), at);
        if (read === 0) throw new SourceChanged(path, 'changed while it was read');
        at += read;
        yield buffer.subarray(0, read);
      }
    } finally {
      closeSync(file);
    }
  }

  close(): void {}

  /** Returns whether there is a regular file in the folder or below it. */
  #enter(folder: string, depth: number): boolean {
    let holdsFile = false;
    for (const entry of readdirSync(join(this.#root, folder), { withFileTypes: true })) {
      if (!this.readable) return true;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (this.#take(path, entry, depth)) holdsFile = true;
    }
    if (!holdsFile && folder !== '') this.problems.push(`the folder ${printable(folder)} is empty`);
    return holdsFile;
  }

  #take(path: string, entry: Dirent, depth: number): boolean {
    if (!isSafePath(path)) {
      this.problems.push(`the name ${printable(path)} is not allowed`);
      if (this.problems.length > bundleLimits.files) this.#refuse('there are more than 2,000 files');
      return true;
    }
    // The kind in the directory entry is unknown on some file systems; lstat always knows.
    const found = lstatSync(join(this.#root, path), { throwIfNoEntry: false });
    if (found?.isDirectory()) {
      if (depth < maximumDepth) return this.#enter(path, depth + 1);
      this.#refuse('folders lie too deep');
    } else if (found?.isFile()) {
      this.#sizes.set(path, found.size);
      if (found.size > bundleLimits.fileBytes) this.#refuse(`${path} is larger than 512 MiB`);
      if (this.#sizes.size > bundleLimits.files) this.#refuse('there are more than 2,000 files');
    } else {
      const kind = entry.isSymbolicLink() || found?.isSymbolicLink() ? 'a link' : 'no regular file';
      this.problems.push(`${path} is ${kind}`);
    }
    return true;
  }

  #refuse(problem: string): void {
    this.problems.push(problem);
    this.readable = false;
  }
}

function openFile(full: string, path: string): number {
  try {
    // A pipe put in the file's place would otherwise block the opening for ever.
    return openSync(full, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw new SourceChanged(path, `cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}
