import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import {
  makePrivateFolder,
  removeStaleTemporaries,
  syncFolder,
  writeFileAtomic,
} from '#electron/storage/atomic-file.ts';
import type { Exclusively } from '#electron/storage/exclusive-change.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { KeychainProbe } from '#shared/model/keychain.ts';
import { Secret } from '#shared/model/secret.ts';
import type { MovableStore } from './credential-store.ts';

/** scrypt as the security model says (RFC 7914): 128 MiB and about 0.4 s for each guess. */
const scryptCost = { N: 2 ** 17, r: 8, p: 1 } as const;
const scryptMemory = 256 * 1024 * 1024;
const minimumPassphrase = 12;

const Hex = z.string().regex(/^([0-9a-f]{2})*$/);
const VaultFile = z.object({
  schemaVersion: z.literal(1),
  kdf: z.object({
    name: z.literal('scrypt'),
    N: z.literal(scryptCost.N),
    r: z.literal(8),
    p: z.literal(1),
    salt: Hex,
  }),
  /** HMAC of a constant under half of the derived key: tells a wrong passphrase from a broken seal. */
  check: Hex,
  nonce: Hex,
  ciphertext: Hex,
  tag: Hex,
  /** SHA-256 of all the rest: tells a damaged file (salt and check too) from a wrong passphrase. Guards nothing. */
  checksum: Hex,
});
type VaultFile = z.infer<typeof VaultFile>;

interface Derived {
  encryption: Buffer;
  check: Buffer;
  salt: string;
}

/**
 * The explicit alternative to the OS keychain: one file, sealed under a passphrase. Unlocked once per process; what
 * stays in memory until `lock()` is the derived key, in buffers that are then wiped. Entries are read from the file
 * each time, because the window and the command share it. Nothing is ever written without encryption.
 */
export class PassphraseVault implements MovableStore {
  readonly backend = 'vault';
  readonly #path: string;
  readonly #exclusively: Exclusively;
  #derived: Derived | null = null;

  /** `exclusively`: one process at a time, so that two that change the vault do not lose an entry. */
  constructor(path: string, exclusively: Exclusively = (action) => action()) {
    this.#path = path;
    this.#exclusively = exclusively;
  }

  exists(): boolean {
    return existsSync(this.#path);
  }

  get unlocked(): boolean {
    return this.#derived !== null;
  }

  /** Makes a new vault. Throws `file-exists` when there is one, `invalid-input` for a short passphrase. */
  async create(passphrase: Secret): Promise<void> {
    if (this.exists()) throw exists();
    requireLength(passphrase);
    makeFolder(dirname(this.#path));
    const derived = await derive(passphrase, randomBytes(32).toString('hex'));
    this.#exclusively(() => {
      // Another process may have made one while the key was derived.
      if (this.exists()) {
        wipe(derived);
        throw exists();
      }
      this.#save(new Map(), derived);
    });
    this.#replaceDerived(derived);
  }

  /** Throws `vault-absent`, `vault-wrong-passphrase` or `vault-damaged`. */
  async unlock(passphrase: Secret): Promise<void> {
    this.#replaceDerived(await this.#derivedFor(passphrase));
  }

  /** Forgets what was unlocked, and wipes the derived key. */
  lock(): void {
    this.#replaceDerived(null);
  }

  /** Seals the same entries under another passphrase. A vault open elsewhere is locked there by this. */
  async changePassphrase(current: Secret, next: Secret): Promise<void> {
    requireLength(next);
    const former = await this.#derivedFor(current);
    const derived = await derive(next, randomBytes(32).toString('hex'));
    try {
      this.#exclusively(() => this.#save(this.#entries(former), derived));
    } catch (error) {
      wipe(derived);
      throw error;
    } finally {
      wipe(former);
    }
    this.#replaceDerived(derived);
  }

  async get(name: string): Promise<Secret | null> {
    return this.#entries(this.#open()).get(name) ?? null;
  }

  async put(name: string, value: Secret): Promise<void> {
    this.#change((entries) => entries.set(name, value));
  }

  async remove(name: string): Promise<void> {
    this.#change((entries) => entries.delete(name));
  }

  async names(): Promise<string[]> {
    return this.exists() ? [...this.#entries(this.#open()).keys()].sort() : [];
  }

  /** Deletes the file itself, for which no passphrase is needed: another vault may be made afterwards. */
  async empty(): Promise<void> {
    this.#exclusively(() => {
      if (!this.exists()) return;
      try {
        removeStaleTemporaries(this.#path);
        rmSync(this.#path, { force: true });
        syncFolder(dirname(this.#path));
      } catch (cause) {
        throw unwritable(cause);
      }
    });
    this.lock();
  }

  async probe(): Promise<KeychainProbe> {
    const common = { backend: 'vault', store: 'Passphrase vault' } as const;
    if (!this.exists()) {
      return {
        ...common,
        state: 'absent',
        message: 'There is no passphrase vault yet.',
        remedy: 'Create one by choosing a passphrase.',
      };
    }
    if (!this.unlocked) {
      return {
        ...common,
        state: 'locked',
        message: 'The passphrase vault is locked.',
        remedy: 'Give its passphrase.',
      };
    }
    return { ...common, state: 'durable', message: 'The passphrase vault is open.', remedy: null };
  }

  #change(change: (entries: Map<string, Secret>) => void): void {
    const derived = this.#open();
    this.#exclusively(() => {
      const entries = this.#entries(derived);
      change(entries);
      this.#save(entries, derived);
    });
  }

  #open(): Derived {
    if (this.#derived) return this.#derived;
    if (!this.exists()) throw vaultAbsent();
    throw vaultLocked();
  }

  #replaceDerived(derived: Derived | null): void {
    if (this.#derived) wipe(this.#derived);
    this.#derived = derived;
  }

  async #derivedFor(passphrase: Secret): Promise<Derived> {
    const file = this.#read();
    const derived = await derive(passphrase, file.kdf.salt);
    const check = checkOf(derived);
    const stored = Buffer.from(file.check, 'hex');
    try {
      if (stored.length !== check.length || !timingSafeEqual(stored, check)) {
        throw new RekeyError('vault-wrong-passphrase', {
          message: 'The passphrase is not the one of this vault.',
          remedy: 'Try again. The vault cannot be opened without its passphrase.',
        });
      }
      decrypt(file, derived);
    } catch (error) {
      wipe(derived);
      throw error;
    }
    return derived;
  }

  /** What the file holds now. Throws `vault-locked` when its passphrase was changed elsewhere. */
  #entries(derived: Derived): Map<string, Secret> {
    const file = this.#read();
    if (file.kdf.salt === derived.salt) return decrypt(file, derived);
    if (derived === this.#derived) this.lock();
    throw vaultLocked();
  }

  #read(): VaultFile {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw vaultAbsent();
      throw damaged(cause);
    }
    try {
      const file = VaultFile.parse(JSON.parse(text));
      if (file.checksum !== checksumOf(file)) throw new Error('the checksum is another one');
      return file;
    } catch (cause) {
      throw damaged(cause);
    }
  }

  #save(entries: ReadonlyMap<string, Secret>, derived: Derived): void {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', derived.encryption, nonce);
    cipher.setAAD(Buffer.from(derived.salt, 'hex'));
    const plain = Buffer.from(
      JSON.stringify(Object.fromEntries([...entries].map(([name, value]) => [name, value.reveal()]))),
    );
    const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
    plain.fill(0);
    const content = {
      schemaVersion: 1 as const,
      kdf: { name: 'scrypt' as const, ...scryptCost, salt: derived.salt },
      check: checkOf(derived).toString('hex'),
      nonce: nonce.toString('hex'),
      ciphertext: ciphertext.toString('hex'),
      tag: cipher.getAuthTag().toString('hex'),
    };
    const file: VaultFile = { ...content, checksum: checksumOf(content) };
    makeFolder(dirname(this.#path));
    try {
      removeStaleTemporaries(this.#path);
      writeFileAtomic(this.#path, `${JSON.stringify(file, null, 2)}\n`);
    } catch (cause) {
      throw unwritable(cause);
    }
  }
}

function makeFolder(folder: string): void {
  try {
    makePrivateFolder(folder);
  } catch (cause) {
    throw unwritable(cause);
  }
}

function unwritable(cause: unknown): RekeyError {
  return new RekeyError('data-folder-unusable', {
    message: 'The passphrase vault cannot be written.',
    remedy: 'Check the data folder: free space and permissions.',
    cause,
  });
}

function decrypt(file: VaultFile, derived: Derived): Map<string, Secret> {
  try {
    const decipher = createDecipheriv('aes-256-gcm', derived.encryption, Buffer.from(file.nonce, 'hex'), {
      authTagLength: 16,
    });
    decipher.setAAD(Buffer.from(file.kdf.salt, 'hex'));
    decipher.setAuthTag(Buffer.from(file.tag, 'hex'));
    const plain = Buffer.concat([decipher.update(Buffer.from(file.ciphertext, 'hex')), decipher.final()]);
    const entries = z.record(z.string(), z.string()).parse(JSON.parse(plain.toString('utf8')));
    plain.fill(0);
    return new Map(Object.entries(entries).map(([name, value]) => [name, new Secret(value)]));
  } catch (cause) {
    throw damaged(cause);
  }
}

function derive(passphrase: Secret, salt: string): Promise<Derived> {
  return new Promise((resolve, reject) => {
    scrypt(
      passphrase.reveal().normalize('NFKC'),
      Buffer.from(salt, 'hex'),
      64,
      { ...scryptCost, maxmem: scryptMemory },
      (error, key) => {
        if (error) reject(error);
        else resolve({ encryption: key.subarray(0, 32), check: key.subarray(32), salt });
      },
    );
  });
}

function checkOf(derived: Derived): Buffer {
  return createHmac('sha256', derived.check).update('rekey vault passphrase check').digest();
}

function checksumOf({ kdf, check, nonce, ciphertext, tag }: Omit<VaultFile, 'checksum'>): string {
  const parts = [kdf.name, kdf.N, kdf.r, kdf.p, kdf.salt, check, nonce, ciphertext, tag];
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}

function wipe(derived: Derived): void {
  derived.encryption.fill(0);
  derived.check.fill(0);
}

function requireLength(passphrase: Secret): void {
  if ([...passphrase.reveal()].length >= minimumPassphrase) return;
  throw new RekeyError('invalid-input', {
    message: `The passphrase has fewer than ${minimumPassphrase} characters.`,
    remedy: 'Choose a longer one: four or more random words are easy to remember and hard to guess.',
  });
}

function exists(): RekeyError {
  return new RekeyError('file-exists', {
    message: 'There is a passphrase vault already.',
    remedy: 'Unlock it with its passphrase.',
  });
}

export function vaultAbsent(): RekeyError {
  return new RekeyError('vault-absent', {
    message: 'There is no passphrase vault yet.',
    remedy: 'Create one in the window, or give REKEY_PASSPHRASE_FILE to the command.',
  });
}

export function vaultLocked(): RekeyError {
  return new RekeyError('vault-locked', {
    message: 'The passphrase vault is locked.',
    remedy: 'Unlock it with its passphrase (in the window), or give REKEY_PASSPHRASE_FILE to the command.',
  });
}

function damaged(cause: unknown): RekeyError {
  return new RekeyError('vault-damaged', {
    message: 'The passphrase vault is damaged: its content does not match its seal.',
    remedy: 'Restore vault.json in the data folder from a backup. The damaged file was left as it is.',
    cause,
  });
}
