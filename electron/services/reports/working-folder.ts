import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateFolder, syncFolder, writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { type ProcessIdentity, processFate } from '#electron/storage/process-identity.ts';

const prefix = '.rekey-report-';
const namePattern = /^\.rekey-report-[0-9a-f]{16}$/;
const ownerFile = 'owner.json';
/** One that says nothing of its owner was left while it was being made; nobody makes one for longer than this. */
const unownedAfterMs = 60_000;

/**
 * The folder beside a report's target in which it is made: on the same file system, so that the finished bundle is
 * renamed into place. It says which process works in it, so that another one can tell what was left behind.
 */
export class WorkingFolder {
  readonly path: string;
  /** Where the bundle is built. */
  readonly bundle: string;
  /** For what is derived on the way. */
  readonly scratch: string;
  readonly copies: string;
  readonly zip: string;

  private constructor(path: string) {
    this.path = path;
    this.bundle = join(path, 'bundle');
    this.scratch = join(path, 'scratch');
    this.copies = join(path, 'copies');
    this.zip = join(path, 'bundle.zip');
  }

  /** Throws the system's error when the target's folder cannot be made or written. */
  static make(target: string, identity: ProcessIdentity): WorkingFolder {
    makePrivateFolder(target);
    const folder = new WorkingFolder(join(target, `${prefix}${randomBytes(8).toString('hex')}`));
    mkdirSync(folder.path, { mode: 0o700 });
    try {
      writeFileAtomic(join(folder.path, ownerFile), JSON.stringify(identity));
      for (const part of [folder.bundle, folder.scratch, folder.copies]) mkdirSync(part, { mode: 0o700 });
      return folder;
    } catch (error) {
      folder.remove();
      throw error;
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Removes the working folders in `target` whose processes are gone. Returns their paths. Never throws. */
export function removeStaleWork(target: string, identity: ProcessIdentity, now: Date): string[] {
  const stale = workIn(target).filter((path) => isStale(path, identity, now));
  for (const path of stale) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // Whoever looks next tries again.
    }
  }
  if (stale.length > 0) {
    try {
      syncFolder(target);
    } catch {
      // The folders are gone for everybody who looks; only their names may come back after a power cut.
    }
  }
  return stale;
}

/** Whether a process that may still live makes a report in `target`. */
export function isWorkedIn(target: string, identity: ProcessIdentity, now: Date): boolean {
  return workIn(target).some((path) => !isStale(path, identity, now));
}

function workIn(target: string): string[] {
  try {
    return readdirSync(target)
      .filter((name) => namePattern.test(name))
      .map((name) => join(target, name));
  } catch {
    return [];
  }
}

function isStale(path: string, identity: ProcessIdentity, now: Date): boolean {
  try {
    const owner = JSON.parse(readFileSync(join(path, ownerFile), 'utf8')) as ProcessIdentity;
    const fate = processFate(owner, identity);
    return fate === 'dead' || fate === 'earlier-boot';
  } catch {
    const made = statSync(path, { throwIfNoEntry: false });
    return made !== undefined && now.getTime() - made.mtimeMs > unownedAfterMs;
  }
}
