import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readdirSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makePrivateFolder, syncFolder } from '#electron/storage/atomic-file.ts';
import { writeAll } from '#electron/storage/write-all.ts';

const chunkLength = 1024 * 1024;
/** The two files that SHA256SUMS does not list. */
const unlisted = new Set(['SHA256SUMS', 'SHA256SUMS.sig']);

/** Writes a new file of a bundle, durably, with the folders that it needs. `path`: with `/`, relative to the bundle. */
export function writeBundleFile(
  bundle: string,
  path: string,
  content: string | Uint8Array | Iterable<string>,
): void {
  const file = join(bundle, path);
  makePrivateFolder(dirname(file));
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    const pieces = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
    for (const piece of pieces) {
      writeAll(descriptor, typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece);
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  syncFolder(dirname(file));
}

/** Every file below a bundle, with `/`, sorted by bytes. */
export function bundlePaths(bundle: string, below = ''): string[] {
  return readdirSync(join(bundle, below), { withFileTypes: true })
    .flatMap((entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      return entry.isDirectory() ? bundlePaths(bundle, path) : [path];
    })
    .sort();
}

/** The text of SHA256SUMS: every other file but its signature, as `sha256sum` writes them. */
export function sumsOf(bundle: string): string {
  return bundlePaths(bundle)
    .filter((path) => !unlisted.has(path))
    .map((path) => `${sha256OfFile(join(bundle, path))}  ${path}\n`)
    .join('');
}

function sha256OfFile(path: string): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(chunkLength);
  const descriptor = openSync(path, 'r');
  try {
    for (;;) {
      const read = readSync(descriptor, buffer, 0, buffer.length, null);
      if (read === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, read));
    }
  } finally {
    closeSync(descriptor);
  }
}
