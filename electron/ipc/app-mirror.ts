import type { Services } from '#electron/services/compose.ts';
import type { AppState } from '#shared/ipc/contract.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { LogHealth } from '#shared/model/event.ts';
import type { KeychainProbe } from '#shared/model/keychain.ts';
import type { SignerStatus } from '#shared/model/signer.ts';

/** What the shell of the window shows, put together from the services. */
export class AppMirror {
  readonly #services: Services;
  readonly #fixed: Pick<AppState, 'version' | 'runtime' | 'platform'>;
  #probe: KeychainProbe | null = null;

  constructor(services: Services, fixed: Pick<AppState, 'version' | 'runtime' | 'platform'>) {
    this.#services = services;
    this.#fixed = fixed;
  }

  /** Looks at the keychain (again). A probe writes and deletes an entry, so it is made only when something changed. */
  async probeKeychain(): Promise<KeychainProbe> {
    this.#probe = await this.#services.keychain.probe();
    return this.#probe;
  }

  async state(): Promise<AppState> {
    const { settings, log, checkpoints, practice, signer, folder } = this.#services;
    const status = await practice.status();
    const current = settings.read();
    return {
      ...this.#fixed,
      dataFolder: folder.path,
      settings: current,
      keychain: this.#probe,
      log: withSkippedCheckpoint(log.health(), checkpoints.skipped),
      practice: { environmentId: status?.environmentId ?? null, running: status?.running ?? false },
      signer: statusOf(signer),
      welcome: current.operator === null || (this.#probe !== null && this.#probe.state !== 'durable'),
    };
  }
}

/** A damaged file of the signing keys must not keep the window from opening. */
function statusOf(signer: Services['signer']): SignerStatus {
  try {
    return signer.status();
  } catch (error) {
    if (!isRekeyError(error)) throw error;
    return { state: 'none', due_at: null, days_left: null, message: error.message };
  }
}

/** A log that is well, but of which the last checkpoint could not be made, says so. */
function withSkippedCheckpoint(health: LogHealth, skipped: string | null): LogHealth {
  return health.state === 'ok' && skipped !== null ? { ...health, message: skipped } : health;
}
