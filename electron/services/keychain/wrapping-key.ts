import { randomBytes } from 'node:crypto';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import { wrappingKeyName } from '#shared/model/keychain.ts';
import { Secret } from '#shared/model/secret.ts';
import type { CredentialStore } from './credential-store.ts';

/** The key being replaced, while sealed files are moved to the new one. */
export const formerName = `${wrappingKeyName}-former`;

/** The 32-byte key under which values are sealed; the one thing of Rekey's own in the keychain. */
export class WrappingKey {
  readonly #credentials: () => Promise<CredentialStore>;
  readonly #hasSealedFiles: () => boolean;
  readonly #exclusively: <T>(action: () => Promise<T>) => Promise<T>;

  /**
   * `hasSealedFiles`: a missing wrapping key is then a loss to be reported, never a reason to make a new one.
   * `exclusively`: one process at a time, so that two that start together do not make two keys.
   */
  constructor(options: {
    credentials: () => Promise<CredentialStore>;
    hasSealedFiles: () => boolean;
    exclusively: <T>(action: () => Promise<T>) => Promise<T>;
  }) {
    this.#credentials = options.credentials;
    this.#hasSealedFiles = options.hasSealedFiles;
    this.#exclusively = options.exclusively;
  }

  /**
   * Seals something under the newest key while nobody replaces it: a value sealed under a key that is being dropped
   * would be lost. The buffer is wiped afterwards.
   */
  async whileCurrent<T>(seal: (key: Buffer) => T): Promise<T> {
    return this.#exclusively(async () => {
      // Asked for in here: another process may have moved everything to the other store while this one waited.
      const key = await this.#create(await this.#credentials());
      try {
        return seal(key);
      } finally {
        key.fill(0);
      }
    });
  }

  /** While nobody seals anything, or replaces or moves the key. Needs no keychain. */
  whileUnused<T>(action: () => T | Promise<T>): Promise<T> {
    return this.#exclusively(async () => action());
  }

  /** The stored key, made on first use. */
  async #create(credentials: CredentialStore): Promise<Buffer> {
    const stored = await credentials.get(wrappingKeyName);
    if (stored) return decode(stored);
    if (this.#hasSealedFiles()) throw missingWrappingKey();
    const fresh = randomBytes(32);
    await credentials.put(wrappingKeyName, new Secret(fresh.toString('base64')));
    return fresh;
  }

  /** For opening, newest first: two while the wrapping key itself is being rotated. The caller wipes the buffers. */
  async forOpening(): Promise<Buffer[]> {
    const credentials = await this.#credentials();
    const found = await openingKeys(credentials).catch((error: unknown) => {
      if (isRekeyError(error, 'keychain-entry-missing')) return error;
      throw error;
    });
    if (Array.isArray(found) && found.length > 0) return found;
    // Everything may have gone to the other store between the two looks.
    if ((await this.#credentials()).backend !== credentials.backend) return this.forOpening();
    throw Array.isArray(found) ? missingWrappingKey() : found;
  }

  /**
   * Replaces the wrapping key and seals every file again. Both keys are in the keychain until the last file is moved,
   * so that a crash in between loses nothing; calling it again finishes what was begun.
   * @param reseal - seals everything again under the key that it is given; returns how many files
   */
  async rotate(reseal: (key: Buffer) => Promise<number>): Promise<number> {
    return this.#exclusively(async () => {
      const credentials = await this.#credentials();
      const current = await credentials.get(wrappingKeyName);
      const former = await credentials.get(formerName);
      // A crash may have come between the two entries: then the present key is still the former one.
      if (current && (former === null || former.equals(current))) {
        await credentials.put(formerName, current);
        await credentials.put(wrappingKeyName, new Secret(randomBytes(32).toString('base64')));
      }
      const newest = await this.#create(credentials);
      const count = await reseal(newest).finally(() => newest.fill(0));
      await credentials.remove(formerName);
      return count;
    });
  }
}

/** The wrapping keys in a store, newest first; none where it has none. The caller wipes the buffers. */
export async function openingKeys(store: Pick<CredentialStore, 'get'>): Promise<Buffer[]> {
  const keys = [await store.get(wrappingKeyName), await store.get(formerName)];
  return keys.filter((key) => key !== null).map(decode);
}

function decode(secret: Secret): Buffer {
  const key = Buffer.from(secret.reveal(), 'base64');
  if (key.length === 32) return key;
  throw new RekeyError('keychain-entry-missing', {
    message: 'The wrapping key in the keychain is not a key: something else overwrote it.',
    remedy: 'Restore the keychain from a backup.',
  });
}

/** Values are sealed, and what they are sealed under is nowhere. */
export function missingWrappingKey(): RekeyError {
  return new RekeyError('keychain-entry-missing', {
    message: 'Values are sealed in the data folder, but the wrapping key is not in the keychain.',
    remedy:
      'Restore the keychain (or vault.json) that belongs to this data folder. The sealed files were left as they are.',
  });
}
