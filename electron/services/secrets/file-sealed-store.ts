import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import {
  makePrivateFolder,
  removeStaleTemporaries,
  syncFolder,
  writeFileAtomic,
} from '#electron/storage/atomic-file.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';
import type { WrappingKey } from '../keychain/wrapping-key.ts';
import type { SealedName, SealedStore } from './sealed-store.ts';

const Hex = z.string().regex(/^([0-9a-f]{2})*$/);
const SealedFile = z.object({
  schemaVersion: z.literal(1),
  environmentId: z.string(),
  key: z.string(),
  rotationId: z.string(),
  role: z.enum(['old', 'new']),
  nonce: Hex,
  ciphertext: Hex,
  tag: Hex,
});
type SealedFile = z.infer<typeof SealedFile>;

const safePart = /^[A-Za-z0-9_-]{1,128}$/;
/** As `temporaryPathFor` names them. */
const halfWritten = /^\.(.+\.sealed)\.rekey-[0-9a-f]{16}\.tmp$/;
const fileName = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_]+)\.(old|new)\.sealed$/;

/**
 * Sealed values as one file each: `<folder>/<environment id>/<rotation id>.<key>.<role>.sealed`. What the name says
 * is authenticated with the content (AES-256-GCM, associated data), so that a file that was moved to another name or
 * brought from elsewhere does not open.
 */
export class FileSealedStore implements SealedStore {
  readonly #folder: string;
  readonly #wrappingKey: WrappingKey;

  constructor(folder: string, wrappingKey: WrappingKey) {
    this.#folder = folder;
    this.#wrappingKey = wrappingKey;
  }

  async seal(name: SealedName, value: Secret): Promise<void> {
    this.#path(name);
    await this.#wrappingKey.whileCurrent((key) => this.#write(name, value, key));
  }

  #write(name: SealedName, value: Secret, key: Buffer): void {
    const path = this.#path(name);
    try {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(associatedData(name));
      const ciphertext = Buffer.concat([cipher.update(value.reveal(), 'utf8'), cipher.final()]);
      makePrivateFolder(dirname(path));
      removeStaleTemporaries(path);
      writeFileAtomic(
        path,
        written({
          schemaVersion: 1,
          ...plainName(name),
          nonce: nonce.toString('hex'),
          ciphertext: ciphertext.toString('hex'),
          tag: cipher.getAuthTag().toString('hex'),
        }),
      );
    } catch (cause) {
      throw unusable(cause);
    }
  }

  async open(name: SealedName): Promise<Secret> {
    const path = this.#path(name);
    const file = readSealed(path, name);
    const keys = await this.#wrappingKey.forOpening();
    try {
      for (const key of keys) {
        const value = decrypt(file, name, key);
        if (value) return value;
      }
    } finally {
      for (const key of keys) key.fill(0);
    }
    throw damaged(name);
  }

  has(name: SealedName): boolean {
    return existsSync(this.#path(name));
  }

  async destroy(name: SealedName): Promise<void> {
    const path = this.#path(name);
    try {
      if (existsSync(dirname(path))) removeStaleTemporaries(path);
      unlinkSync(path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw unusable(cause);
    }
    syncFolder(dirname(path));
  }

  hasHalfWritten(environmentId: string): boolean {
    return this.#halfWritten(environmentId).length > 0;
  }

  async removeHalfWritten(environmentId: string): Promise<void> {
    if (!this.hasHalfWritten(environmentId)) return;
    // Nobody seals meanwhile: what is half-written then stays so.
    await this.#wrappingKey.whileUnused(() => {
      for (const name of this.#halfWritten(environmentId))
        removeStaleTemporaries(join(this.#folder, environmentId, name));
    });
  }

  list(environmentId?: string): SealedName[] {
    const environments = environmentId === undefined ? namesIn(this.#folder) : [environmentId];
    return environments
      .filter((id) => safePart.test(id))
      .flatMap((id) =>
        namesIn(join(this.#folder, id)).flatMap((name): SealedName[] => {
          const match = fileName.exec(name);
          if (!match) return [];
          const [, rotationId = '', key = '', role] = match;
          return [{ environmentId: id, key, rotationId, role: role as SealedName['role'] }];
        }),
      );
  }

  /** Seals every value again under `key`; returns how many. For `WrappingKey.rotate`, which keeps others out. */
  async resealAll(key: Buffer): Promise<number> {
    const names = this.list();
    for (const name of names) this.#write(name, await this.open(name), key);
    return names.length;
  }

  /** The values that none of these wrapping keys opens, those that nothing opens included. */
  unopened(keys: readonly Buffer[]): SealedName[] {
    return this.list().filter((name) => !keys.some((key) => this.#opens(name, key)));
  }

  #opens(name: SealedName, key: Buffer): boolean {
    try {
      return decrypt(readSealed(this.#path(name), name), name, key) !== null;
    } catch (error) {
      if (isRekeyError(error, 'sealed-damaged')) return false;
      throw error;
    }
  }

  /** Names of the files that would have been replaced. */
  #halfWritten(environmentId: string): string[] {
    if (!safePart.test(environmentId)) return [];
    return namesIn(join(this.#folder, environmentId)).flatMap((name) => halfWritten.exec(name)?.[1] ?? []);
  }

  #path(name: SealedName): string {
    for (const part of [name.environmentId, name.rotationId, name.key]) {
      if (!safePart.test(part))
        throw new RangeError('a sealed file’s name has characters that a path must not have');
    }
    return join(this.#folder, name.environmentId, `${name.rotationId}.${name.key}.${name.role}.sealed`);
  }
}

/** Field by field in a fixed order, so that the bytes depend on nothing else. */
function plainName(name: SealedName): Pick<SealedFile, 'environmentId' | 'key' | 'rotationId' | 'role'> {
  return { environmentId: name.environmentId, key: name.key, rotationId: name.rotationId, role: name.role };
}

/** The file's text: fields in a fixed order. */
function written(file: SealedFile): string {
  const { schemaVersion, nonce, ciphertext, tag } = file;
  return `${JSON.stringify({ schemaVersion, ...plainName(file), nonce, ciphertext, tag })}\n`;
}

function associatedData(name: SealedName): Buffer {
  return Buffer.from(JSON.stringify({ purpose: 'rekey sealed value', version: 1, ...plainName(name) }));
}

function readSealed(path: string, name: SealedName): SealedFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(cause);
    throw new RekeyError('sealed-missing', {
      message: `The ${name.role} value of ${name.key} is not sealed here.`,
      remedy: 'Look for it on the machine that rotated the key, or in its recovery file.',
      cause,
    });
  }
  try {
    const file = SealedFile.parse(JSON.parse(text));
    // Byte for byte what Rekey writes for this name: nothing beside the sealed part can be changed unnoticed either.
    if (text !== written({ ...file, ...plainName(name) })) throw new Error('not as it was written');
    return file;
  } catch (cause) {
    throw damaged(name, cause);
  }
}

function decrypt(file: SealedFile, name: SealedName, key: Buffer): Secret | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(file.nonce, 'hex'), {
      authTagLength: 16,
    });
    decipher.setAAD(associatedData(name));
    decipher.setAuthTag(Buffer.from(file.tag, 'hex'));
    const plain = Buffer.concat([decipher.update(Buffer.from(file.ciphertext, 'hex')), decipher.final()]);
    const value = new Secret(plain.toString('utf8'));
    plain.fill(0);
    return value;
  } catch {
    return null;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    // A stray file among the folders is none of ours.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw unusable(error);
  }
}

function damaged(name: SealedName, cause?: unknown): RekeyError {
  return new RekeyError('sealed-damaged', {
    message: `The sealed ${name.role} value of ${name.key} does not open: it was changed, moved from another rotation or environment, or sealed under another wrapping key.`,
    remedy:
      'Restore the data folder and the keychain that belong together from a backup. The file was left as it is.',
    cause,
  });
}

function unusable(cause: unknown): RekeyError {
  return new RekeyError('data-folder-unusable', {
    message: `Sealed values cannot be read or written: ${cause instanceof Error ? cause.message : 'unknown reason'}.`,
    remedy: 'Check the data folder: free space and permissions.',
    cause,
  });
}
