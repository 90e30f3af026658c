import { setTimeout as delay } from 'node:timers/promises';
import { FileLock, type FileLockOptions, LockBusy } from './lock.ts';

const pollMilliseconds = 10;

/**
 * Asynchronous work that only one process, and one caller within it, does at a time. For work that waits for
 * something else (a keychain); synchronous work uses `withFileLock`.
 */
export class ExclusiveSection {
  readonly #lock: FileLock;
  readonly #waitMilliseconds: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: FileLockOptions, waitMilliseconds = 30_000) {
    this.#lock = new FileLock(options);
    this.#waitMilliseconds = waitMilliseconds;
  }

  /** Throws LockBusy when another process keeps the lock for the whole wait. */
  run<T>(action: () => Promise<T>): Promise<T> {
    const next = this.#last.then(() => this.#locked(action));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #locked<T>(action: () => Promise<T>): Promise<T> {
    for (let waited = 0; !this.#lock.tryAcquire(); waited += pollMilliseconds) {
      if (waited >= this.#waitMilliseconds) throw new LockBusy(this.#lock.path, this.#lock.holder());
      await delay(pollMilliseconds);
    }
    try {
      return await action();
    } finally {
      this.#lock.close();
    }
  }
}
