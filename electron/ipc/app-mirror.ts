import type { Foundation } from '#electron/services/foundation.ts';
import type { AppState } from '#shared/ipc/first-contract.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { LogHealth } from '#shared/model/event.ts';
import type { KeychainProbe } from '#shared/model/keychain.ts';
import type { SignerStatus } from '#shared/model/signer.ts';

export interface AppMirrorSources extends Pick<Foundation, 'settings' | 'log' | 'folder' | 'signerStatus'> {
  practice: () => Promise<AppState['practice']>;
  /** Why the last checkpoint was not made; null when nothing is wrong. */
  skippedCheckpoint: () => string | null;
}

/** What the shell of the window shows, put together from the services. */
export class AppMirror {
  readonly #sources: AppMirrorSources;
  readonly #fixed: Pick<AppState, 'version' | 'runtime' | 'platform'>;
  #probe: KeychainProbe | null = null;

  constructor(sources: AppMirrorSources, fixed: Pick<AppState, 'version' | 'runtime' | 'platform'>) {
    this.#sources = sources;
    this.#fixed = fixed;
  }

  /** Keeps what the last look at the keychain found. A probe writes and deletes an entry, so it is made seldom. */
  keepProbe(probe: KeychainProbe): void {
    this.#probe = probe;
  }

  async state(): Promise<AppState> {
    const { settings, log, practice, skippedCheckpoint, signerStatus, folder } = this.#sources;
    const [practising, signer] = await Promise.all([practice(), statusOf(signerStatus)]);
    const current = settings.read();
    return {
      ...this.#fixed,
      dataFolder: folder.path,
      settings: current,
      keychain: this.#probe,
      log: withSkippedCheckpoint(log.health(), skippedCheckpoint()),
      practice: practising,
      signer,
      welcome: current.operator === null || (this.#probe !== null && this.#probe.state !== 'durable'),
    };
  }
}

/** A damaged file of the signing keys must not keep the window from opening. */
async function statusOf(signerStatus: () => Promise<SignerStatus>): Promise<SignerStatus> {
  try {
    return await signerStatus();
  } catch (error) {
    if (!isRekeyError(error)) throw error;
    return { state: 'none', due_at: null, days_left: null, message: error.message };
  }
}

/** A log that is well, but of which the last checkpoint could not be made, says so. */
function withSkippedCheckpoint(health: LogHealth, skipped: string | null): LogHealth {
  return health.state === 'ok' && skipped !== null ? { ...health, message: skipped } : health;
}
