import { setTimeout as delay } from 'node:timers/promises';
import { FileLock, type FileLockOptions, LockBusy } from './lock.ts';
import { busyError, isSystemError, unusableError } from './storage-errors.ts';

const pollMilliseconds = 10;

/**
 * Asynchronous work that only one process, and one caller within it, does at a time. For work that waits for
 * something else (a keychain); synchronous work uses `exclusiveChange`.
 */
export class ExclusiveSection {
  readonly #lock: FileLock;
  readonly #what: string;
  readonly #waitMilliseconds: number;
  #last: Promise<unknown> = Promise.resolve();

  /** `what`: for people, singular, what is being changed under the lock: "The wrapping key". */
  constructor(options: FileLockOptions, what: string, waitMilliseconds = 30_000) {
    this.#lock = new FileLock(options);
    this.#what = what;
    this.#waitMilliseconds = waitMilliseconds;
  }

  /** Throws `data-folder-unusable` when another process keeps the lock for the whole wait, or none can be made. */
  run<T>(action: () => Promise<T>): Promise<T> {
    const next = this.#last.then(() => this.#locked(action));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #locked<T>(action: () => Promise<T>): Promise<T> {
    for (let waited = 0; !this.#tryAcquire(); waited += pollMilliseconds) {
      if (waited >= this.#waitMilliseconds) {
        throw busyError(new LockBusy(this.#lock.path, this.#lock.holder()), `${this.#what} is`);
      }
      await delay(pollMilliseconds);
    }
    try {
      return await action();
    } finally {
      this.#lock.close();
    }
  }

  #tryAcquire(): boolean {
    try {
      return this.#lock.tryAcquire();
    } catch (error) {
      throw isSystemError(error) ? unusableError(error, this.#what, this.#lock.path) : error;
    }
  }
}
