import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '#shared/model/clock.ts';
import { EnvironmentLock } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { removeStaleTemporaries, syncFolder, temporaryPathFor } from '../storage/atomic-file.ts';
import { type ProcessIdentity, processFate } from '../storage/process-identity.ts';
import { writeAll } from '../storage/write-all.ts';
import { type HeldLock, type LockOwner, type LockStatus, singleChange } from './environment.ts';
import { fileError } from './file-errors.ts';

/** `<target file>.rekey.lock`, beside the file that links lead to. */
export function lockPathFor(target: string): string {
  return `${target}.rekey.lock`;
}

const withoutHardLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'UNKNOWN']);

export interface EnvironmentLockFileOptions {
  path: string;
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
  readonly #identity: () => ProcessIdentity;
  readonly #clock: Clock;

  constructor(options: EnvironmentLockFileOptions) {
    this.path = options.path;
    this.#identity = options.identity;
    this.#clock = options.clock;
  }

  /** Takes the lock, durable when it returns. Throws `environment-locked`. */
  acquire(owner: LockOwner): HeldLock {
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
      if (this.#create(lock)) break;
      const found = this.#read();
      if (found === null) continue;
      if (found === 'unreadable' || !this.#isLeftBy(found, owner.runId)) throw this.#locked(found);
      if (this.#isOurs(found)) return this.#held(found);
      this.#replace(lock);
      break;
    }
    const held = this.#held(lock);
    held.assertHeld();
    return held;
  }

  /** Whether this very process holds the lock already, for the run whose change it makes. */
  heldByThisProcess(): boolean {
    const found = this.#read();
    return found !== null && found !== 'unreadable' && this.#isOurs(found);
  }

  status(): LockStatus | null {
    const found = this.#read();
    if (found === null) return null;
    if (found === 'unreadable') return { lock: unreadableLock, owner: 'unknown' };
    const fate = processFate(found, this.#identity());
    return { lock: found, owner: fate === 'alive' || fate === 'dead' ? fate : 'unknown' };
  }

  /** Removes the lock whoever holds it; returns what it said, null when there was none. */
  break(): EnvironmentLock | null {
    const found = this.#read();
    if (found === null) return null;
    this.#remove();
    return found === 'unreadable' ? unreadableLock : found;
  }

  #held(lock: EnvironmentLock): HeldLock {
    const assertHeld = () => {
      const found = this.#read();
      if (found === null) throw this.#lost();
      if (found === 'unreadable' || !sameLock(found, lock)) throw this.#locked(found);
    };
    return {
      lock,
      assertHeld,
      release: async () => {
        const found = this.#read();
        if (found !== null && found !== 'unreadable' && sameLock(found, lock)) this.#remove();
      },
    };
  }

  /** False when the lock is taken. The file is complete from its first moment, also after a crash. */
  #create(lock: EnvironmentLock): boolean {
    const temporary = this.#write(lock);
    try {
      linkSync(temporary, this.path);
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? '';
      // ENOENT: whoever took the lock meanwhile has swept our temporary file away.
      if (code === 'EEXIST' || code === 'ENOENT') return false;
      if (!withoutHardLinks.has(code)) throw fileError(cause, this.path, 'write');
      return this.#createWithoutLinks(lock);
    } finally {
      rmSync(temporary, { force: true });
    }
    this.#swept();
    return true;
  }

  #createWithoutLinks(lock: EnvironmentLock): boolean {
    try {
      writeDurably(this.path, lock);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw fileError(cause, this.path, 'write');
    }
    this.#swept();
    return true;
  }

  #replace(lock: EnvironmentLock): void {
    const temporary = this.#write(lock);
    try {
      renameSync(temporary, this.path);
    } catch (cause) {
      rmSync(temporary, { force: true });
      throw fileError(cause, this.path, 'write');
    }
    this.#swept();
  }

  #write(lock: EnvironmentLock): string {
    const temporary = temporaryPathFor(this.path);
    try {
      writeDurably(temporary, lock);
      return temporary;
    } catch (cause) {
      rmSync(temporary, { force: true });
      throw fileError(cause, this.path, 'write');
    }
  }

  /** Makes the lock durable and, now that nobody else is taking it, removes what a crash left of earlier attempts. */
  #swept(): void {
    try {
      syncFolder(dirname(this.path));
      removeStaleTemporaries(this.path);
    } catch (cause) {
      throw fileError(cause, this.path, 'write');
    }
  }

  #remove(): void {
    try {
      rmSync(this.path, { force: true });
      syncFolder(dirname(this.path));
    } catch (cause) {
      throw fileError(cause, this.path, 'write');
    }
  }

  #read(): EnvironmentLock | 'unreadable' | null {
    try {
      // Most of the time there is no lock, and an exception costs more than a look.
      if (statSync(this.path, { throwIfNoEntry: false }) === undefined) return null;
      const parsed = EnvironmentLock.safeParse(JSON.parse(readFileSync(this.path, 'utf8')));
      return parsed.success ? parsed.data : 'unreadable';
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
      if (cause instanceof SyntaxError) return 'unreadable';
      throw fileError(cause, this.path, 'read');
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
        message: `The environment is locked, and ${this.path} does not say by whom.`,
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

function writeDurably(path: string, lock: EnvironmentLock): void {
  const descriptor = openSync(path, 'wx', 0o644);
  try {
    writeAll(descriptor, Buffer.from(`${JSON.stringify(lock)}\n`, 'utf8'));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
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
