import { join } from 'node:path';
import { FileLock } from '#electron/storage/lock.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import type { Clock } from '#shared/model/clock.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { RunFolders } from './run-folders.ts';

/** What a run is doing in this process, and how to end it. */
export interface Work {
  /** Stops what runs, a command included. */
  readonly stop: AbortController;
  /** Stops after the current effect. */
  readonly pause: AbortController;
  /** Settles when the work has ended, whatever came of it. */
  readonly ended: Promise<void>;
}

/** One act at a time on a run, within this process and between processes. */
export class RunWork {
  readonly #folders: RunFolders;
  readonly #clock: Clock;
  readonly #identity = ownIdentity();
  readonly #working = new Map<string, Work>();

  constructor(folders: RunFolders, clock: Clock) {
    this.#folders = folders;
    this.#clock = clock;
  }

  of(runId: string): Work | null {
    return this.#working.get(runId) ?? null;
  }

  /** Throws `run-waits` while somebody else acts on the run. A process that died is no hindrance. */
  async exclusively<T>(runId: string, action: (work: Work) => Promise<T>): Promise<T> {
    if (this.#working.has(runId)) throw busy(runId, null);
    const lock = new FileLock({
      path: join(this.#folders.make(runId), 'act.lock'),
      identity: this.#identity,
      clock: this.#clock,
    });
    if (!lock.tryAcquire()) throw busy(runId, lock.holder()?.pid ?? null);
    let settle: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const work: Work = { stop: new AbortController(), pause: new AbortController(), ended };
    this.#working.set(runId, work);
    try {
      return await action(work);
    } finally {
      this.#working.delete(runId);
      lock.close();
      settle();
    }
  }
}

function busy(runId: string, pid: number | null): RekeyError {
  return new RekeyError('run-waits', {
    message:
      pid === null
        ? 'An action of this run is at work already.'
        : `Another window or terminal (process ${pid}) is at work on this run.`,
    remedy: 'Wait until it has finished, or stop it there; then go on.',
    details: { run_id: runId },
  });
}
