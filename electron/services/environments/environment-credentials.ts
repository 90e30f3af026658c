import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import { type CredentialKind, credentialName } from '#shared/model/keychain.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { CredentialStore } from '../keychain/credential-store.ts';
import type { EnvironmentStore } from '../settings/environment-store.ts';

export interface EnvironmentCredentialsDependencies {
  /** Opened only when a credential is needed. */
  credentials: () => Promise<CredentialStore> | CredentialStore;
  store: Pick<EnvironmentStore, 'replace'>;
  /** Records what was done with a credential of an environment. */
  append: (config: EnvironmentConfig, action: string, kind: CredentialKind) => void;
}

/** What an environment's health URL, ssh and sudo ask for: in the keychain, each step announced before and recorded after. */
export class EnvironmentCredentials {
  readonly #deps: EnvironmentCredentialsDependencies;

  constructor(dependencies: EnvironmentCredentialsDependencies) {
    this.#deps = dependencies;
  }

  /** Stores a credential and uses it from then on. Throws `invalid-input` where nothing would ask for it. */
  async set(config: EnvironmentConfig, kind: CredentialKind, value: Secret): Promise<void> {
    if (kind === 'health' && !config.health) {
      throw new RekeyError('invalid-input', {
        message: `"${config.name}" has no health URL that a credential could be for.`,
        remedy: 'Configure the health URL first.',
      });
    }
    if (kind !== 'health' && config.connector.kind !== 'ssh') {
      throw new RekeyError('invalid-input', {
        message: `"${config.name}" is a file of this machine: nothing there asks for such a credential.`,
        remedy: 'Store it for an environment that is reached over SSH.',
      });
    }
    await this.keep(config, new Map([[kind, value]]));
    this.#use(config, kind, true);
  }

  async remove(config: EnvironmentConfig, kind: CredentialKind): Promise<void> {
    await this.forget(config, [kind]);
    this.#use(config, kind, false);
  }

  /** Into the keychain, all or none: what was stored is taken out again when another cannot be. */
  async keep(config: EnvironmentConfig, secrets: ReadonlyMap<CredentialKind, Secret>): Promise<void> {
    if (secrets.size === 0) return;
    const credentials = await this.#deps.credentials();
    const kept: CredentialKind[] = [];
    try {
      for (const [kind, value] of secrets) {
        this.#deps.append(config, 'credential-store-intended', kind);
        await credentials.put(credentialName(config.id, kind), value);
        kept.push(kind);
        this.#deps.append(config, 'credential-stored', kind);
      }
    } catch (error) {
      // Why it could not be stored is what counts.
      await this.forget(config, kept).catch((reason: unknown) => {
        if (!isRekeyError(reason)) throw reason;
      });
      throw error;
    }
  }

  async forget(config: EnvironmentConfig, kinds: readonly CredentialKind[]): Promise<void> {
    if (kinds.length === 0) return;
    const credentials = await this.#deps.credentials();
    for (const kind of kinds) {
      this.#deps.append(config, 'credential-remove-intended', kind);
      await credentials.remove(credentialName(config.id, kind));
      this.#deps.append(config, 'credential-removed', kind);
    }
  }

  /** The health check, ssh and sudo are given only what the configuration says is there. */
  #use(config: EnvironmentConfig, kind: CredentialKind, isUsed: boolean): void {
    const { connector, health } = config;
    if (kind === 'health') {
      if (!health || health.credential === isUsed) return;
      this.#deps.store.replace(config, { ...config, health: { ...health, credential: isUsed } });
      return;
    }
    if (connector.kind !== 'ssh' || connector.credentials.includes(kind) === isUsed) return;
    const others = connector.credentials.filter((one) => one !== kind);
    const credentials = isUsed ? [...others, kind] : others;
    this.#deps.store.replace(config, { ...config, connector: { ...connector, credentials } });
  }
}
