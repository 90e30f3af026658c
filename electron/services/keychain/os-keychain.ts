import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { RekeyError } from '#shared/model/errors.ts';
import type { KeychainProbe } from '#shared/model/keychain.ts';
import { Secret } from '#shared/model/secret.ts';
import type { MovableStore } from './credential-store.ts';
import type { KeychainIndex } from './keychain-index.ts';
import { isSecretServicePresent } from './secret-service-presence.ts';

/** keytar's API, as far as Rekey needs it. */
interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

const service = 'Rekey';
/** A keychain may ask the person to unlock it. After this long nobody is there to answer. */
const patienceMilliseconds = 60_000;

type Trouble = Exclude<KeychainProbe['state'], 'durable'>;

/** The OS keychain through the keytar-compatible module of @napi-rs/keyring. Loaded on first use. */
export class OsKeychain implements MovableStore {
  readonly backend = 'os';
  readonly #index: KeychainIndex;
  #keytar: Keytar | null = null;
  /** A probe that found the keychain durable holds for as long as the process lives. */
  #durable = false;

  constructor(index: KeychainIndex) {
    this.#index = index;
  }

  async get(name: string): Promise<Secret | null> {
    let value: string | null;
    try {
      value = await this.#patiently((keytar) => keytar.getPassword(service, this.#account(name)));
    } catch (error) {
      throw keychainError(troubleOf(error), error);
    }
    if (value !== null) return new Secret(value);
    const standing = this.#index.standing(name);
    if (standing === 'unknown') return null;
    // The index knows the entry: either it is not there, or the keychain is not readable and does not say so.
    const probe = await this.probe();
    if (probe.state !== 'durable') throw keychainError(probe.state);
    if (standing === 'intended') return null;
    throw new RekeyError('keychain-entry-missing', {
      message: `The entry "${name}" is no longer in the OS keychain, although Rekey stored it there.`,
      remedy: 'Restore the keychain from a backup, or store the credential again.',
      details: { entry: name },
    });
  }

  async put(name: string, value: Secret): Promise<void> {
    if (!this.#durable) {
      const probe = await this.probe();
      if (probe.state !== 'durable') throw keychainError(probe.state);
    }
    this.#index.intend(name);
    try {
      await this.#patiently((keytar) => keytar.setPassword(service, this.#account(name), value.reveal()));
    } catch (error) {
      throw keychainError(troubleOf(error), error);
    }
    this.#index.add(name);
  }

  async remove(name: string): Promise<void> {
    let removed: boolean;
    try {
      removed = await this.#patiently((keytar) => keytar.deletePassword(service, this.#account(name)));
    } catch (error) {
      throw keychainError(troubleOf(error), error);
    }
    if (!removed && this.#index.standing(name) !== 'unknown') {
      // It may be in a keychain that does not answer now: only where one answers is it really gone.
      const probe = await this.probe();
      if (probe.state !== 'durable') throw keychainError(probe.state);
    }
    this.#index.remove(name);
  }

  async names(): Promise<string[]> {
    return this.#index.names();
  }

  async empty(): Promise<void> {
    for (const name of this.#index.names()) await this.remove(name);
  }

  async probe(): Promise<KeychainProbe> {
    const token = randomBytes(12).toString('hex');
    const account = `probe/${token}`;
    let trouble: Trouble | null = null;
    try {
      await this.#patiently((keytar) => keytar.setPassword(service, account, token));
      const read = await this.#patiently((keytar) => keytar.getPassword(service, account));
      if (read !== token) trouble = 'denied';
      else if (isInKernelKeyring(token)) trouble = 'volatile';
      await this.#patiently((keytar) => keytar.deletePassword(service, account));
    } catch (error) {
      trouble = troubleOf(error);
      // What was written before the failure must not stay; that this fails as well is likely and says nothing new.
      if (trouble !== 'locked') await this.#keytar?.deletePassword(service, account).catch(() => false);
    }
    // Where a Secret Service refuses, the library goes on to the kernel's keyutils without a word.
    if ((trouble === 'volatile' || trouble === 'absent') && (await isSecretServicePresent()))
      trouble = 'denied';
    this.#durable = trouble === null;
    return probeResult(trouble);
  }

  #account(name: string): string {
    return `${this.#index.installationId()}/${name}`;
  }

  async #patiently<T>(ask: (keytar: Keytar) => Promise<T>): Promise<T> {
    this.#keytar ??= createRequire(import.meta.url)('@napi-rs/keyring/keytar.js') as Keytar;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error('IsLocked: nobody unlocked the keychain in time')),
        patienceMilliseconds,
      );
    });
    try {
      return await Promise.race([ask(this.#keytar), timeout]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * Where no Secret Service answers, the library silently falls back to the kernel's keyutils, which a reboot empties.
 * Such an entry is listed in /proc/keys (keyrings(7)).
 */
function isInKernelKeyring(token: string): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return readFileSync('/proc/keys', 'utf8').includes(token);
  } catch {
    return false;
  }
}

/** What the library's error means. Its texts carry the platform's own error names. */
function troubleOf(error: unknown): Trouble {
  const text = error instanceof Error ? error.message : String(error);
  // The Secret Service asks the person to unlock a locked keyring: "unlock prompt was dismissed" is still locked.
  if (/locked|unlock prompt|InteractionNotAllowed|interaction is not allowed/i.test(text)) return 'locked';
  if (process.platform !== 'linux' && /denied|not permitted|user canceled|-128\b|-25293/i.test(text))
    return 'denied';
  if (/dismissed|cancell?ed/i.test(text)) return 'denied';
  // On Linux "AccessDenied" comes from the keyutils fallback: no Secret Service answered at all.
  return 'absent';
}

const storeNames: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'macOS Keychain',
  win32: 'Windows Credential Manager',
  linux: 'Secret Service',
};
const storeName = storeNames[process.platform] ?? 'OS keychain';

function probeResult(trouble: Trouble | null): KeychainProbe {
  if (trouble === null) {
    return {
      backend: 'os',
      state: 'durable',
      store: storeName,
      message: 'An entry was written, read back and deleted. It would survive a restart of this machine.',
      remedy: null,
    };
  }
  return { backend: 'os', state: trouble, store: storeName, ...troubleTexts[trouble] };
}

const orVault = 'Or use the passphrase vault instead (Settings, or REKEY_KEYCHAIN=vault).';
const troubleTexts: Record<Trouble, { message: string; remedy: string }> = {
  volatile: {
    message: 'Only the kernel’s own key store answers here, and a restart of this machine empties it.',
    remedy: `Start a Secret Service, such as GNOME Keyring or KWallet. ${orVault}`,
  },
  locked: {
    message: 'The keychain is locked, and nobody unlocked it.',
    remedy: `Unlock it (log in to the desktop, or unlock the login keyring), then try again. ${orVault}`,
  },
  absent: {
    message: 'No keychain answers on this machine.',
    remedy: `Start a Secret Service, such as GNOME Keyring or KWallet, in this session. ${orVault}`,
  },
  denied: {
    message: 'There is a keychain on this machine, and it refused access.',
    remedy: `Allow Rekey in the settings of the keychain, or of the sandbox that Rekey runs in, then try again. ${orVault}`,
  },
};

function keychainError(trouble: Trouble, cause?: unknown): RekeyError {
  return new RekeyError(`keychain-${trouble}`, { ...troubleTexts[trouble], cause });
}
