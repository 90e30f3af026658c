import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { makePrivateFolder, writeFileAtomic } from '#electron/storage/atomic-file.ts';
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

  constructor(path: string) {
    this.#path = path;
  }

  installationId(): string {
    return this.#read().installationId;
  }

  /** `stored`: it was there. `intended`: it may be there. `unknown`: Rekey never stored it. */
  standing(name: string): 'stored' | 'intended' | 'unknown' {
    const index = this.#read();
    if (index.names.includes(name)) return 'stored';
    return index.intended.includes(name) ? 'intended' : 'unknown';
  }

  intend(name: string): void {
    const index = this.#read();
    if (this.standing(name) === 'unknown')
      this.#write({ ...index, intended: [...index.intended, name].sort() });
  }

  add(name: string): void {
    if (this.standing(name) === 'stored') return;
    const index = without(this.#read(), name);
    this.#write({ ...index, names: [...index.names, name].sort() });
  }

  remove(name: string): void {
    if (this.standing(name) !== 'unknown') this.#write(without(this.#read(), name));
  }

  #read(): IndexFile {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(this.#path, error);
      const index: IndexFile = { schemaVersion: 1, installationId: randomUUID(), names: [], intended: [] };
      this.#write(index);
      return index;
    }
    try {
      return IndexFile.parse(JSON.parse(text));
    } catch (error) {
      throw unusable(this.#path, error);
    }
  }

  #write(index: IndexFile): void {
    try {
      makePrivateFolder(dirname(this.#path));
      writeFileAtomic(this.#path, `${JSON.stringify(index, null, 2)}\n`);
    } catch (error) {
      throw unusable(this.#path, error);
    }
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
