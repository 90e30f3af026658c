import { join } from 'node:path';
import { makePrivateFolder } from '#electron/storage/atomic-file.ts';
import { FileLock } from '#electron/storage/lock.ts';
import { timestamp } from '#shared/model/clock.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { divergenceOf } from './checkpoint-comparison.ts';
import { CheckpointStore, type StoredCheckpoint } from './checkpoint-store.ts';
import { eventsFrom } from './event-query.ts';
import { EventStamp, type EventStampOptions } from './event-stamp.ts';
import { LogChange } from './log-change.ts';
import { appendError, readError } from './log-errors.ts';
import { LogState } from './log-state.ts';
import { hex } from './sha256.ts';

export interface LogAccessOptions extends EventStampOptions {
  /** Where the log is now. Asked at every use, since another process may have moved it. */
  folder: () => string;
  /** How long an append waits for another process. Default 10 s. */
  lockWaitMilliseconds?: number;
}

const defaultLockWaitMilliseconds = 10_000;
const settleWaitMilliseconds = 100;

/**
 * This process's way to the log's files, for reading and for changes under the lock. The lock is held for one change
 * only; before every use it looks whether others have appended, and settles what a crash left.
 */
export class LogAccess {
  readonly #options: LogAccessOptions;
  readonly #tell: (events: readonly LogEvent[]) => void;
  readonly #stamp: EventStamp;
  #state: LogState | null = null;
  #lock: { folder: string; file: FileLock } | null = null;
  #generation = 0;
  #repaired: string | null = null;
  #unwritable: string | null = null;
  /** What was known of the log before it had to be loaded anew. */
  #previous: LogState | null = null;
  /** The tail that could not be settled while reading. */
  #settlingGivenUp: string | null = null;
  /** The state that was compared with the checkpoints beside its log. */
  #compared: LogState | null = null;

  /** `tell` gets events as they are appended here or noticed, outside of the lock. */
  constructor(options: LogAccessOptions, tell: (events: readonly LogEvent[]) => void) {
    this.#options = options;
    this.#tell = tell;
    this.#stamp = new EventStamp(options);
  }

  /** Changes when the log is another one than before: it was moved, or replaced. */
  get generation(): number {
    return this.#generation;
  }

  /** What was last repaired, in words; null if nothing was. */
  get repaired(): string | null {
    return this.#repaired;
  }

  /** Why the last change could not be written; null if it was. */
  get unwritable(): string | null {
    return this.#unwritable;
  }

  /** What is known of the log now: loaded if it was not, others' appends noticed, a crash's traces repaired. */
  view(): LogState {
    const folder = this.#options.folder();
    const noticed: LogEvent[] = [];
    try {
      const state = this.#caughtUp(folder, noticed);
      const unsettled = state.corrupt ? !state.corruptionRecorded : state.torn || state.hashesBehind;
      return unsettled ? this.#tryToSettle(state, noticed) : state;
    } catch (error) {
      throw readError(error, folder);
    } finally {
      this.#tell(noticed);
    }
  }

  /** Runs an action that changes the files, under the lock, on a state that fits them. */
  change<T>(action: (change: LogChange) => T): T {
    const written: LogEvent[] = [];
    let folder = this.#lock?.folder ?? this.#options.folder();
    try {
      for (;;) {
        const lock = this.#acquired(folder);
        try {
          const current = this.#options.folder();
          if (current === folder) {
            const result = action(this.#settled(folder, written));
            this.#unwritable = null;
            return result;
          }
          folder = current;
        } finally {
          lock.release();
        }
      }
    } catch (error) {
      const failure = appendError(error, folder);
      if (failure.code === 'log-unwritable') {
        this.#unwritable = failure.message;
        // What is on the disk after a failed write is known only by looking again.
        this.#drop();
      }
      throw failure;
    } finally {
      this.#tell(written);
    }
  }

  /** Runs an action while no other process can append, as far as the lock can be had: an unwritable log has none. */
  holding<T>(action: () => T): T {
    let lock: FileLock | null = null;
    try {
      lock = this.#acquired(this.#options.folder());
    } catch {
      lock = null;
    }
    try {
      return action();
    } finally {
      lock?.release();
    }
  }

  /** Closes the files. The next use opens them again. */
  close(): void {
    this.#drop();
    this.#lock?.file.close();
    this.#lock = null;
  }

  #caughtUp(folder: string, noticed: LogEvent[]): LogState {
    const known = this.#state;
    if (known !== null && known.folder === folder) {
      const found = known.catchUp();
      if (found !== 'replaced') {
        noticed.push(...found.events);
        return known;
      }
    }
    this.#drop();
    // Checkpoints first: they are made after the events that they count, so that read in this order they are never
    // ahead of a log that is whole.
    const checkpoints = new CheckpointStore(folder);
    const newest = checkpoints.newest();
    const state = LogState.load(folder, () => timestamp(this.#options.clock));
    this.#state = state;
    if (newest !== null) this.#compare(state, newest, checkpoints);
    const before = this.#previous;
    this.#previous = null;
    if (before === null) return state;
    const rootThen = before.folder === folder ? state.rootAt(before.size) : null;
    if (rootThen !== null && hex(rootThen) === hex(before.root())) {
      noticed.push(...eventsFrom(state, before.nextSequence));
      return state;
    }
    this.#generation += 1;
    // One event may be taken back, when its writer could not make it durable; more were lost.
    if (before.folder === folder && state.size < before.size - 1) {
      state.foundMissing(before.size);
      state.recordCorruption();
    }
    return state;
  }

  /** Closes what is known, and remembers it only to tell what is new when the log is opened again. */
  #drop(): void {
    this.#state?.close();
    this.#previous = this.#state ?? this.#previous;
    this.#state = null;
  }

  /** Under the lock: a state that fits the files, with what a crash left repaired and a corruption on record. */
  #settled(folder: string, written: LogEvent[]): LogChange {
    let state = this.#caughtUp(folder, written);
    if (state.corrupt && !state.corruptionRecorded) {
      // Seen without the lock it may have been an append in progress: look again.
      this.#drop();
      state = this.#caughtUp(folder, written);
      if (state.corrupt) state.recordCorruption();
    }
    const change = new LogChange({ state, stamp: this.#stamp, written, repaired: this.#noteRepair });
    if (state.corrupt) return change;
    change.repairTail();
    change.fillHashes();
    const checkpoints = this.#compared === state ? null : new CheckpointStore(folder);
    const newest = checkpoints?.newest();
    if (checkpoints && newest) this.#compare(state, newest, checkpoints);
    this.#compared = state;
    if (state.corrupt) state.recordCorruption();
    return change;
  }

  /** A log that differs from its newest checkpoint is corrupt. One look for each time that it is opened. */
  #compare(state: LogState, newest: StoredCheckpoint, checkpoints: CheckpointStore): void {
    if (state.corrupt || state.hashesBehind) return;
    this.#compared = state;
    const problem = divergenceOf(state, [newest, ...checkpoints.list()]);
    if (problem !== null) state.foundProblems([problem]);
  }

  /** Settles from a reading path: only if the lock is free soon, and only once for the same tail. */
  #tryToSettle(state: LogState, written: LogEvent[]): LogState {
    const tail = `${state.folder} ${state.end} ${state.size}`;
    if (this.#settlingGivenUp === tail) return state;
    try {
      const lock = this.#acquired(state.folder, settleWaitMilliseconds);
      try {
        return this.#settled(state.folder, written).state;
      } finally {
        lock.release();
      }
    } catch {
      this.#settlingGivenUp = tail;
      return this.#caughtUp(state.folder, written);
    }
  }

  /** The log's lock, taken. */
  #acquired(
    folder: string,
    wait = this.#options.lockWaitMilliseconds ?? defaultLockWaitMilliseconds,
  ): FileLock {
    if (this.#lock?.folder !== folder) {
      this.#lock?.file.close();
      this.#lock = null;
      makePrivateFolder(folder);
      const { identity, clock } = this.#options;
      this.#lock = { folder, file: new FileLock({ path: join(folder, 'lock'), identity, clock }) };
    }
    this.#lock.file.acquire(wait);
    return this.#lock.file;
  }

  readonly #noteRepair = (what: string): void => {
    this.#repaired = what;
  };
}
