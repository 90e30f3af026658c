import { randomBytes } from 'node:crypto';
import {
  closeSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '#shared/model/clock.ts';
import { temporaryFilesOf, temporaryPathFor } from './atomic-file.ts';
import { type ProcessIdentity, processFate } from './process-identity.ts';
import { writeAll } from './write-all.ts';

/** What a lock file says: who holds it, and a token that no other lock ever had. */
export interface LockRecord extends ProcessIdentity {
  readonly token: string;
}

/** Thrown when the lock stayed taken for the whole wait. */
export class LockBusy extends Error {
  /** Null when the file says nothing that can be read. */
  readonly holder: LockRecord | null;
  readonly path: string;

  constructor(path: string, holder: LockRecord | null) {
    super(
      `The lock ${path} is held by ${holder ? `process ${holder.pid} on ${holder.host}` : 'someone unknown'}`,
    );
    this.name = 'LockBusy';
    this.path = path;
    this.holder = holder;
  }
}

export interface FileLockOptions {
  path: string;
  identity: ProcessIdentity;
  clock: Clock;
}

const pollMilliseconds = 1;
/** A lock file is complete from its first moment; one that stays unreadable this long was emptied by a power cut. */
const unreadableMilliseconds = 1_000;
/** After the lock's own name: a guard, or the file kept for taking one. */
const guardSuffix = /^([0-9a-f]{16}|inode-\d+)(\.rekey-[0-9a-f]{16}\.tmp)?$/;
/** A person may remove a lock that is held longer than this; only then does releasing look first. */
const unattendedMilliseconds = 1_000;
const withoutHardLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'UNKNOWN']);

/**
 * A lock between processes: the file exists while it is held. A process that died while holding it is noticed by
 * pid, start time and boot, and its lock is taken over silently; a holder on another machine never is.
 *
 * Taking is one link(2) from a file that this process keeps beside the lock (10 µs; the content is there from the
 * first moment), or exclusive creation where the file system has no hard links. Everything is synchronous.
 */
export class FileLock {
  readonly path: string;
  readonly #base: string;
  readonly #identity: ProcessIdentity;
  readonly #clock: Clock;
  readonly #token = randomBytes(8).toString('hex');
  readonly #own: string;
  /** Inode of the file kept for taking the lock; null while it does not exist. */
  #ownInode: number | null = null;
  #hardLinks = true;
  /** Inode of the lock file while it is ours. */
  #heldInode: number | null = null;
  #heldSince = 0;
  /** Inode of the lock file that could not be read, and since when. */
  #unreadable: { inode: number; since: number } | null = null;

  constructor(options: FileLockOptions, base = options.path) {
    this.path = options.path;
    this.#base = base;
    this.#identity = options.identity;
    this.#clock = options.clock;
    this.#own = temporaryPathFor(options.path);
  }

  get held(): boolean {
    return this.#heldInode !== null;
  }

  /** Takes the lock, waiting (without yielding) for at most `waitMilliseconds`. Throws LockBusy after that. */
  acquire(waitMilliseconds: number): void {
    if (this.tryAcquire()) return;
    const start = this.#clock.monotonic();
    while (!this.tryAcquire()) {
      if (this.#clock.monotonic() - start >= waitMilliseconds) throw new LockBusy(this.path, this.holder());
      pause(pollMilliseconds);
    }
  }

  /** Takes the lock if it is free or its holder is gone. */
  tryAcquire(): boolean {
    if (this.held) throw new Error(`The lock ${this.path} is held already`);
    this.#heldSince = this.#clock.monotonic();
    if (this.#create()) return true;
    const found = readRecord(this.path);
    if (found === null) return false;
    if (found === 'unreadable') return this.#takeOverUnreadable();
    this.#unreadable = null;
    const fate = processFate(found, this.#identity);
    return fate === 'dead' || fate === 'earlier-boot' ? this.#takeOver(found.token) : false;
  }

  /** Gives the lock back. Does nothing if it is not held, or if someone has replaced it meanwhile. */
  release(): void {
    const inode = this.#heldInode;
    this.#heldInode = null;
    if (inode === null) return;
    const heldLong = this.#clock.monotonic() - this.#heldSince > unattendedMilliseconds;
    if (heldLong && inodeOf(this.path) !== inode) return;
    removeIfThere(this.path);
  }

  /** Who holds the lock now; null when nobody does or the file cannot be read. */
  holder(): LockRecord | null {
    const found = readRecord(this.path);
    return found === 'unreadable' ? null : found;
  }

  /** Gives the lock back and removes the file kept for taking it. */
  close(): void {
    this.release();
    if (this.#ownInode !== null) removeIfThere(this.#own);
    this.#ownInode = null;
  }

  #create(): boolean {
    for (let attempt = 0; this.#hardLinks; attempt += 1) {
      if (this.#ownInode === null) {
        this.#sweep();
        this.#writeRecord(this.#own);
        this.#ownInode = inodeOf(this.#own);
      }
      try {
        linkSync(this.#own, this.path);
        this.#heldInode = this.#ownInode;
        return true;
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? '';
        if (code === 'EEXIST') return false;
        if (code === 'ENOENT' && attempt === 0) this.#ownInode = null;
        else if (withoutHardLinks.has(code)) this.#hardLinks = false;
        else throw error;
      }
    }
    try {
      this.#writeRecord(this.path);
      this.#heldInode = inodeOf(this.path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  /**
   * Replaces a lock whose owner is gone. Of all who noticed, one may do it: whoever holds the guard, a lock named
   * after the dead lock's token, and finds that token still in place. Nobody else removes a dead lock, and tokens
   * never return, so a live lock is never replaced. A guard whose owner died is taken over in the same way.
   */
  #takeOver(token: string): boolean {
    const guardPath = join(dirname(this.#base), `${basename(this.#base)}.${token}`);
    const guard = new FileLock({ path: guardPath, identity: this.#identity, clock: this.#clock }, this.#base);
    try {
      if (!guard.tryAcquire()) return false;
      const found = readRecord(this.path);
      const current = found === 'unreadable' ? unreadableToken(inodeOf(this.path)) : found?.token;
      if (current !== token) return false;
      if (!this.#replace()) return false;
      this.#heldInode = inodeOf(this.path);
      if (this.path === this.#base) {
        this.#sweep();
        this.#sweepGuards();
      }
      return true;
    } finally {
      guard.close();
    }
  }

  #replace(): boolean {
    const replacement = temporaryPathFor(this.path);
    this.#writeRecord(replacement);
    try {
      renameSync(replacement, this.path);
      return true;
    } catch (error) {
      // Somebody who sweeps took it for a leftover while it was being written.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      removeIfThere(replacement);
      throw error;
    }
  }

  /** Removes what processes left that died while taking this lock over. Only under the lock itself. */
  #sweepGuards(): void {
    const folder = dirname(this.path);
    const name = basename(this.path);
    for (const other of readdirSync(folder)) {
      const plain = other.startsWith('.') ? other.slice(1) : other;
      if (!plain.startsWith(`${name}.`) || !guardSuffix.test(plain.slice(name.length + 1))) continue;
      if (this.#isLeftover(join(folder, other))) removeIfThere(join(folder, other));
    }
  }

  #takeOverUnreadable(): boolean {
    const inode = inodeOf(this.path);
    if (inode === null) return false;
    const now = this.#clock.monotonic();
    if (this.#unreadable?.inode !== inode) this.#unreadable = { inode, since: now };
    if (now - this.#unreadable.since < unreadableMilliseconds) return false;
    return this.#takeOver(unreadableToken(inode));
  }

  #writeRecord(path: string): void {
    const record: LockRecord = { ...this.#identity, token: this.#token };
    const descriptor = openSync(path, 'wx', 0o600);
    try {
      writeAll(descriptor, Buffer.from(`${JSON.stringify(record)}\n`));
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    } finally {
      closeSync(descriptor);
    }
  }

  /** Removes the files that processes kept for taking this lock and left when they died. */
  #sweep(): void {
    for (const file of temporaryFilesOf(this.path)) if (this.#isLeftover(file)) removeIfThere(file);
  }

  /** One that cannot be read is half-written: should its writer still live, it makes another one. */
  #isLeftover(file: string): boolean {
    const found = readRecord(file);
    if (found === null || found === 'unreadable') return found !== null;
    return ['dead', 'earlier-boot'].includes(processFate(found, this.#identity));
  }
}

/** Runs `action` under the lock at `path`. Throws LockBusy when it stays taken for the whole wait. */
export function withFileLock<T>(options: FileLockOptions, waitMilliseconds: number, action: () => T): T {
  const lock = new FileLock(options);
  try {
    lock.acquire(waitMilliseconds);
    return action();
  } finally {
    lock.close();
  }
}

function readRecord(path: string): LockRecord | 'unreadable' | null {
  try {
    const record = JSON.parse(readFileSync(path, 'utf8')) as Partial<LockRecord> | null;
    const complete =
      typeof record?.host === 'string' &&
      typeof record.bootId === 'string' &&
      typeof record.pid === 'number' &&
      typeof record.processStart === 'string' &&
      typeof record.token === 'string' &&
      /^[0-9a-f]{16}$/.test(record.token);
    return complete ? (record as LockRecord) : 'unreadable';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    if (error instanceof SyntaxError) return 'unreadable';
    throw error;
  }
}

function unreadableToken(inode: number | null): string {
  return `inode-${inode}`;
}

function inodeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

const pauseCell = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps without yielding: whoever appends must not go on before the event is durable. */
function pause(milliseconds: number): void {
  Atomics.wait(pauseCell, 0, 0, milliseconds);
}
