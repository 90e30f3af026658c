import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { makePrivateFolder, removeStaleTemporaries, writeFileAtomic } from '#electron/storage/atomic-file.ts';
import type { Exclusively } from '#electron/storage/exclusive-change.ts';
import { RekeyError } from '#shared/model/errors.ts';

const IndexFile = z.object({
  schemaVersion: z.literal(1),
  /** Sets this data folder's entries apart from those of other data folders in the same keychain. */
  installationId: z.uuid(),
  names: z.array(z.string()),
  /** About to be stored: a crash may have come before the keychain had them. */
  intended: z.array(z.string()).default([]),
});
type IndexFile = z.infer<typeof IndexFile>;

/**
 * Names of what Rekey stored in the OS keychain, never values. A locked keychain answers like an empty one on some
 * systems; the index tells *missing* from *not readable now*.
 */
export class KeychainIndex {
  readonly #path: string;
  readonly #exclusively: Exclusively;

  /** `exclusively`: one process at a time, so that two that store something do not lose each other's names. */
  constructor(path: string, exclusively: Exclusively = (action) => action()) {
    this.#path = path;
    this.#exclusively = exclusively;
  }

  installationId(): string {
    return this.#read().installationId;
  }

  /** Of everything that is there or may be there. */
  names(): string[] {
    const index = this.#readExisting();
    return index === null ? [] : [...index.names, ...index.intended];
  }

  /** `stored`: it was there. `intended`: it may be there. `unknown`: Rekey never stored it. */
  standing(name: string): 'stored' | 'intended' | 'unknown' {
    const index = this.#read();
    if (index.names.includes(name)) return 'stored';
    return index.intended.includes(name) ? 'intended' : 'unknown';
  }

  intend(name: string): void {
    if (this.standing(name) !== 'unknown') return;
    this.#change((index) => ({
      ...without(index, name),
      intended: [...without(index, name).intended, name].sort(),
    }));
  }

  add(name: string): void {
    if (this.standing(name) === 'stored') return;
    this.#change((index) => {
      const rest = without(index, name);
      return { ...rest, names: [...rest.names, name].sort() };
    });
  }

  remove(name: string): void {
    if (this.standing(name) !== 'unknown') this.#change((index) => without(index, name));
  }

  #change(change: (index: IndexFile) => IndexFile): void {
    this.#exclusively(() => this.#write(change(this.#readExisting() ?? newIndex())));
  }

  #read(): IndexFile {
    const existing = this.#readExisting();
    if (existing) return existing;
    makeFolder(this.#path);
    return this.#exclusively(() => {
      // Another process may have begun the list: there must be one installation id only.
      const begun = this.#readExisting();
      if (begun) return begun;
      const index = newIndex();
      this.#write(index);
      return index;
    });
  }

  #readExisting(): IndexFile | null {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw unusable(this.#path, error);
    }
    try {
      return IndexFile.parse(JSON.parse(text));
    } catch (error) {
      throw unusable(this.#path, error);
    }
  }

  #write(index: IndexFile): void {
    makeFolder(this.#path);
    try {
      removeStaleTemporaries(this.#path);
      writeFileAtomic(this.#path, `${JSON.stringify(index, null, 2)}\n`);
    } catch (error) {
      throw unusable(this.#path, error);
    }
  }
}

function newIndex(): IndexFile {
  return { schemaVersion: 1, installationId: randomUUID(), names: [], intended: [] };
}

function makeFolder(path: string): void {
  try {
    makePrivateFolder(dirname(path));
  } catch (error) {
    throw unusable(path, error);
  }
}

function without(index: IndexFile, name: string): IndexFile {
  const others = (names: readonly string[]) => names.filter((other) => other !== name);
  return { ...index, names: others(index.names), intended: others(index.intended) };
}

function unusable(path: string, cause: unknown): RekeyError {
  return new RekeyError('data-folder-unusable', {
    message: `The list of keychain entries ${path} cannot be read or written.`,
    remedy:
      'Restore the file from a backup, or check its permissions. Without it Rekey cannot find its entries.',
    cause,
  });
}
