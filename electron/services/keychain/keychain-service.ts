import { RekeyError } from '#shared/model/errors.ts';
import type { EventDraft } from '#shared/model/event.ts';
import type { KeychainBackend, KeychainProbe } from '#shared/model/keychain.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { FileSealedStore } from '../secrets/file-sealed-store.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import type { CredentialStore } from './credential-store.ts';
import { type CredentialStores, chosenBackend, openCredentialStore } from './open-credential-store.ts';
import type { WrappingKey } from './wrapping-key.ts';

export interface KeychainServiceOptions {
  stores: CredentialStores;
  settings: SettingsStore;
  sealed: () => FileSealedStore;
  wrappingKey: () => WrappingKey;
  append: (draft: EventDraft) => void;
  environment: Readonly<Record<string, string | undefined>>;
  warn: (line: string) => void;
}

/** Which store holds the credentials, and what can be done with it. */
export class KeychainService {
  readonly #options: KeychainServiceOptions;

  constructor(options: KeychainServiceOptions) {
    this.#options = options;
  }

  get backend(): KeychainBackend {
    return chosenBackend(this.#options.environment, this.#options.settings.read().keychain);
  }

  /** The store in use; a locked vault is opened where REKEY_PASSPHRASE_FILE allows it. */
  credentials(): Promise<CredentialStore> {
    const { stores, environment, warn } = this.#options;
    return openCredentialStore(this.backend, stores, environment, warn);
  }

  async probe(): Promise<KeychainProbe> {
    return (await this.credentials()).probe();
  }

  /**
   * Chooses another store. Refused while values are sealed under the present one's wrapping key: they could not be
   * opened any more.
   */
  async choose(backend: KeychainBackend): Promise<KeychainProbe> {
    const { settings, sealed, environment } = this.#options;
    if (backend !== settings.read().keychain) {
      const values = sealed().list().length;
      if (values > 0) {
        throw new RekeyError('illegal-move', {
          message: `${values} sealed values belong to the present store and could not be opened with the other one.`,
          remedy:
            'Finish the open runs first. Values that stay sealed keep the store that they were sealed with.',
        });
      }
      settings.setKeychain(backend);
    }
    // Named in the environment, the choice there wins; saying otherwise would mislead.
    return chosenBackend(environment, backend) === backend
      ? this.probe()
      : (await this.credentials()).probe();
  }

  async createVault(passphrase: Secret): Promise<KeychainProbe> {
    const { stores, append } = this.#options;
    await stores.vault.create(passphrase);
    append({ event_type: 'keychain', action: 'vault-created' });
    return this.choose('vault');
  }

  async unlockVault(passphrase: Secret): Promise<KeychainProbe> {
    await this.#options.stores.vault.unlock(passphrase);
    return this.#options.stores.vault.probe();
  }

  async changeVaultPassphrase(current: Secret, next: Secret): Promise<void> {
    await this.#options.stores.vault.changePassphrase(current, next);
    this.#options.append({ event_type: 'keychain', action: 'vault-passphrase-changed' });
  }

  /** Seals everything again under a new wrapping key; returns how many values. */
  async rotateWrappingKey(): Promise<number> {
    const { append, wrappingKey, sealed } = this.#options;
    append({ event_type: 'keychain', action: 'wrapping-key-rotation-intended' });
    const resealed = await wrappingKey().rotate((key) => sealed().resealAll(key));
    append({ event_type: 'keychain', action: 'wrapping-key-rotated', data: { resealed } });
    return resealed;
  }

  /** Wipes what an open vault holds in memory. */
  lock(): void {
    this.#options.stores.vault.lock();
  }
}
