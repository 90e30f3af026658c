import type { Clock } from '#shared/model/clock.ts';
import { EnvironmentLock } from '#shared/model/environment.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import { type ProcessIdentity, processFate } from '../storage/process-identity.ts';
import { type HeldLock, type LockOwner, type LockStatus, singleChange } from './environment.ts';
import type { HostFiles } from './host-files.ts';

/** `<target file>.rekey.lock`, beside the file that links lead to. */
export function lockPathFor(target: string): string {
  return `${target}.rekey.lock`;
}

/** A lock is a few hundred bytes. */
const largestLock = 64 * 1024;

/** Whoever is refused must be able to read who holds it. */
const lockMode = 0o644;

export interface EnvironmentLockFileOptions {
  files: HostFiles;
  path: string;
  /** The files that the lock guards: whoever takes it removes what a crash left beside them. */
  guards: readonly string[];
  /** Of this process; asked for only when there is a lock to compare or to take. */
  identity: () => ProcessIdentity;
  clock: Clock;
}

/**
 * The lock of one environment: a file that says which run changes it, whose it is and since when. It outlives its
 * process on purpose, because a run that was interrupted may have left the environment half way: only the same run
 * takes it up again silently; anyone else has to break it on purpose.
 */
export class EnvironmentLockFile {
  readonly path: string;
  readonly #files: HostFiles;
  readonly #guards: readonly string[];
  readonly #identity: () => ProcessIdentity;
  readonly #clock: Clock;

  constructor(options: EnvironmentLockFileOptions) {
    this.path = options.path;
    this.#files = options.files;
    this.#guards = options.guards;
    this.#identity = options.identity;
    this.#clock = options.clock;
  }

  /** Takes the lock, durable when it returns. Throws `environment-locked`. */
  async acquire(owner: LockOwner): Promise<HeldLock> {
    const { host, bootId, pid, processStart } = this.#identity();
    const lock: EnvironmentLock = {
      runId: owner.runId,
      operator: owner.operator,
      host,
      bootId,
      pid,
      processStart,
      at: this.#clock.now().toISOString(),
    };
    // A lock that is released between the attempt and the reading leaves nothing to name: try again.
    for (let attempt = 0; attempt < 100; attempt++) {
      if (await this.#create(lock)) return this.#held(lock);
      const found = await this.#read();
      if (found === null) continue;
      const isLeft =
        found !== 'unreadable' &&
        (this.#isLeftBy(found, owner.runId) || owner.isOver?.(found.runId) === true);
      if (!isLeft) throw this.#locked(found);
      // Ours already. A single change of our own may still be releasing its lock: it must not be that one.
      const isOurs = this.#isOurs(found) && found.runId === owner.runId;
      if (isOurs && owner.runId !== singleChange) return this.#held(found);
      await this.#replace(lock);
      break;
    }
    // Two may have replaced a lock that was left: the later one has it.
    const held = this.#held(lock);
    await held.assertHeld();
    return held;
  }

  /** Whether this very process holds the lock already, for the run whose change it makes. */
  async heldForOwnRun(): Promise<boolean> {
    const found = await this.#read();
    return found !== null && found !== 'unreadable' && found.runId !== singleChange && this.#isOurs(found);
  }

  async status(): Promise<LockStatus | null> {
    const found = await this.#read();
    if (found === null) return null;
    if (found === 'unreadable') return { lock: unreadableLock, owner: 'unknown' };
    const fate = processFate(found, this.#identity());
    return { lock: found, owner: fate === 'alive' || fate === 'dead' ? fate : 'unknown' };
  }

  /** Removes the lock whoever holds it; returns what it said, null when there was none. */
  async break(): Promise<EnvironmentLock | null> {
    const found = await this.#read();
    if (found === null) return null;
    await this.#files.remove(this.path);
    return found === 'unreadable' ? unreadableLock : found;
  }

  #held(lock: EnvironmentLock): HeldLock {
    const assertHeld = async () => {
      const found = await this.#read();
      if (found === null) throw this.#lost();
      if (found === 'unreadable' || !sameLock(found, lock)) throw this.#locked(found);
    };
    return {
      lock,
      assertHeld,
      release: async () => {
        const found = await this.#read();
        if (found !== null && found !== 'unreadable' && sameLock(found, lock)) {
          await this.#files.remove(this.path);
        }
      },
    };
  }

  /** False when the lock is taken. */
  async #create(lock: EnvironmentLock): Promise<boolean> {
    if (!(await this.#files.createExclusive(this.path, bytesOf(lock), lockMode))) return false;
    await this.#sweep();
    return true;
  }

  async #replace(lock: EnvironmentLock): Promise<void> {
    await (await this.#files.stage(this.path, bytesOf(lock), { mode: lockMode })).commit();
    await this.#sweep();
  }

  /** Now that nobody else has the lock, removes what a crash left: of attempts to take it, and of what it guards. */
  #sweep(): Promise<void> {
    return this.#files.removeStaleTemporaries([this.path, ...this.#guards]);
  }

  async #read(): Promise<EnvironmentLock | 'unreadable' | null> {
    try {
      const found = await this.#files.read(this.path, largestLock);
      if (found === null) return null;
      const parsed = EnvironmentLock.safeParse(JSON.parse(found.bytes.toString('utf8')));
      return parsed.success ? parsed.data : 'unreadable';
    } catch (error) {
      // Half written, or not by Rekey.
      if (error instanceof SyntaxError) return 'unreadable';
      if (isRekeyError(error, 'conflict') || isRekeyError(error, 'file-too-large')) return 'unreadable';
      throw error;
    }
  }

  #isOurs(lock: EnvironmentLock): boolean {
    const { host, bootId, pid, processStart } = this.#identity();
    return (
      lock.host === host && lock.bootId === bootId && lock.pid === pid && lock.processStart === processStart
    );
  }

  /**
   * The same run's (or a single change's), and its process is this one, or gone: also with an earlier boot of this
   * machine.
   */
  #isLeftBy(lock: EnvironmentLock, runId: string): boolean {
    if (lock.runId !== runId && lock.runId !== singleChange) return false;
    if (this.#isOurs(lock)) return true;
    const fate = processFate(lock, this.#identity());
    return fate === 'dead' || fate === 'earlier-boot';
  }

  #locked(found: EnvironmentLock | 'unreadable'): RekeyError {
    if (found === 'unreadable') {
      return new RekeyError('environment-locked', {
        message: `The environment is locked, and ${this.#files.describe(this.path)} does not say by whom.`,
        remedy:
          'Make sure that nobody is changing the environment, then unlock it with a reason ("rekey run unlock").',
        details: { path: this.path },
      });
    }
    return new RekeyError('environment-locked', {
      message: `The environment is locked by ${found.operator} on ${found.host} since ${found.at} (run ${found.runId}).`,
      remedy:
        'Wait until that run has finished, or resume it. If it is certain that nobody is changing the environment, unlock it with a reason ("rekey run unlock").',
      details: { operator: found.operator, host: found.host, at: found.at, run_id: found.runId },
    });
  }

  #lost(): RekeyError {
    return new RekeyError('environment-locked', {
      message: 'The lock of the environment was taken away while it was in use.',
      remedy: 'Find out who unlocked the environment and why, then resume the run.',
      details: { path: this.path },
    });
  }
}

function bytesOf(lock: EnvironmentLock): Buffer {
  return Buffer.from(`${JSON.stringify(lock)}\n`, 'utf8');
}

function sameLock(a: EnvironmentLock, b: EnvironmentLock): boolean {
  return (
    a.runId === b.runId &&
    a.host === b.host &&
    a.bootId === b.bootId &&
    a.pid === b.pid &&
    a.processStart === b.processStart &&
    a.at === b.at
  );
}

const unreadableLock: EnvironmentLock = {
  runId: '',
  operator: 'unknown',
  host: 'unknown',
  bootId: '',
  pid: 0,
  processStart: '',
  at: '1970-01-01T00:00:00.000Z',
};
