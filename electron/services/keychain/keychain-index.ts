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

  has(name: string): boolean {
    return this.#read().names.includes(name);
  }

  add(name: string): void {
    const index = this.#read();
    if (!index.names.includes(name)) this.#write({ ...index, names: [...index.names, name].sort() });
  }

  remove(name: string): void {
    const index = this.#read();
    if (index.names.includes(name))
      this.#write({ ...index, names: index.names.filter((other) => other !== name) });
  }

  #read(): IndexFile {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(this.#path, error);
      const index: IndexFile = { schemaVersion: 1, installationId: randomUUID(), names: [] };
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

function unusable(path: string, cause: unknown): RekeyError {
  return new RekeyError('data-folder-unusable', {
    message: `The list of keychain entries ${path} cannot be read or written.`,
    remedy:
      'Restore the file from a backup, or check its permissions. Without it Rekey cannot find its entries.',
    cause,
  });
}
