import type { ConnectionPool } from '#electron/environments/ssh/connection-pool.ts';
import type { DataFolder } from '#electron/storage/data-folder.ts';
import { credentialName } from '#shared/model/keychain.ts';
import type { CredentialStore } from './keychain/credential-store.ts';
import type { SettingsStore } from './settings/settings-store.ts';

export interface SshConnectionsOptions {
  folder: DataFolder;
  settings: SettingsStore;
  environment: Readonly<Record<string, string | undefined>>;
}

type OpenCredentials = () => Promise<CredentialStore>;

/**
 * The one pool of SSH connections of this process, made by whoever needs it first: a status of a host (which loads it
 * then, and not before), or the services. Without a host nothing of it is loaded.
 */
export class SshConnections {
  readonly #options: SshConnectionsOptions;
  #pool: ConnectionPool | null = null;
  #credentials: OpenCredentials | null = null;

  constructor(options: SshConnectionsOptions) {
    this.#options = options;
  }

  /** For who looks only. */
  readonly whenNeeded = async (): Promise<ConnectionPool> => {
    const { ConnectionPool: Pool } = await import('#electron/environments/ssh/connection-pool.ts');
    return this.with(Pool, null);
  };

  /** For who has the keychain open already. */
  with(Pool: typeof ConnectionPool, credentials: OpenCredentials | null): ConnectionPool {
    this.#credentials ??= credentials;
    const { folder, environment } = this.#options;
    this.#pool ??= new Pool((environmentId) => ({
      knownHosts: folder.knownHosts,
      configFile: environment.REKEY_SSH_CONFIG,
      credential: async (kind) => (await this.#opened()).get(credentialName(environmentId, kind)),
    }));
    return this.#pool;
  }

  async close(): Promise<void> {
    await this.#pool?.closeAll();
  }

  async #opened(): Promise<CredentialStore> {
    if (this.#credentials) return this.#credentials();
    const { storedCredentials } = await import('./keychain/stored-credentials.ts');
    return storedCredentials(this.#options);
  }
}
