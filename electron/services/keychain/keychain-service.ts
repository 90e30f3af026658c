import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { EventDraft } from '#shared/model/event.ts';
import type { KeychainBackend, KeychainProbe } from '#shared/model/keychain.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { FileSealedStore } from '../secrets/file-sealed-store.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import type { CredentialStore } from './credential-store.ts';
import { KeychainMove } from './keychain-move.ts';
import { type CredentialStores, chosenBackend, openCredentialStore } from './open-credential-store.ts';
import type { WrappingKey } from './wrapping-key.ts';

export interface KeychainServiceOptions {
  stores: CredentialStores;
  settings: SettingsStore;
  sealed: () => FileSealedStore;
  wrappingKey: () => WrappingKey;
  append: (draft: EventDraft) => void;
  /** Whether the log has a keychain event of this action with this `rotation_id`. */
  recorded: (action: string, id: string) => boolean;
  newId: () => string;
  environment: Readonly<Record<string, string | undefined>>;
  warn: (line: string) => void;
}

/** Which store holds the credentials, and what can be done with it. */
export class KeychainService {
  readonly #options: KeychainServiceOptions;
  readonly #move: KeychainMove;

  constructor(options: KeychainServiceOptions) {
    this.#options = options;
    const { settings, stores, environment, sealed, append, recorded, newId, warn } = options;
    this.#move = new KeychainMove({
      settings,
      open: async (backend) => {
        await openCredentialStore(backend, stores, environment, warn);
        return stores[backend];
      },
      asItIs: (backend) => stores[backend],
      usedFor: (setting) => chosenBackend(environment, setting),
      sealed,
      append,
      recorded,
      newId,
      warn,
    });
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
   * Uses this store from now on: the wrapping key and the operator credentials go there first. Also goes on with a
   * move that was interrupted, or takes it back when the store still in use is chosen. Errors: see `KeychainMove`;
   * `illegal-move` where REKEY_KEYCHAIN names another store.
   */
  async choose(backend: KeychainBackend): Promise<KeychainProbe> {
    const { keychain, keychainMove } = this.#options.settings.read();
    if (backend !== keychain || keychainMove !== null) {
      this.#requireUnnamed(backend);
      await this.#options.wrappingKey().whileUnused(() => this.#move.to(backend));
    }
    return this.probe();
  }

  /**
   * Goes on with a move between the stores that a crash or a locked store interrupted. Where that is not possible now,
   * it says so and leaves everything as it is: the store that the settings name has all that is needed.
   */
  async settle(): Promise<void> {
    const { settings, wrappingKey, environment, warn } = this.#options;
    const begun = settings.read().keychainMove;
    if (!begun || chosenBackend(environment, begun.to) !== begun.to) return;
    try {
      await wrappingKey().whileUnused(() => this.#move.finish());
    } catch (error) {
      if (!isRekeyError(error)) throw error;
      warn(`A change of the keychain was interrupted, and cannot be finished now: ${error.message}`);
    }
  }

  /** Makes the vault and uses it; one that is there from an earlier attempt is opened. */
  async createVault(passphrase: Secret): Promise<KeychainProbe> {
    const { stores, append, settings } = this.#options;
    this.#requireUnnamed('vault');
    if (stores.vault.exists() && settings.read().keychain === 'os') await this.#unlockEarlier(passphrase);
    else {
      await stores.vault.create(passphrase);
      append({ event_type: 'keychain', action: 'vault-created' });
    }
    return this.choose('vault');
  }

  async unlockVault(passphrase: Secret): Promise<KeychainProbe> {
    await this.#options.stores.vault.unlock(passphrase);
    await this.settle();
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

  async #unlockEarlier(passphrase: Secret): Promise<void> {
    try {
      await this.#options.stores.vault.unlock(passphrase);
    } catch (error) {
      if (!isRekeyError(error, 'vault-wrong-passphrase')) throw error;
      throw new RekeyError('vault-wrong-passphrase', {
        message:
          'There is a passphrase vault from an earlier attempt already, and this is not its passphrase.',
        remedy:
          'Give the passphrase with which it was made. If nobody has it: the OS keychain is what is in use, so move vault.json out of the data folder and try again.',
        cause: error,
      });
    }
  }

  /** What REKEY_KEYCHAIN names is used whatever is chosen: saying otherwise would mislead. */
  #requireUnnamed(backend: KeychainBackend): void {
    const named = chosenBackend(this.#options.environment, backend);
    if (named === backend) return;
    throw new RekeyError('illegal-move', {
      message: `REKEY_KEYCHAIN is "${named}", which counts here whatever is chosen.`,
      remedy: 'Start Rekey without REKEY_KEYCHAIN, then choose again.',
    });
  }
}
