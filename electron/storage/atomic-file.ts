import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { writeAll } from './write-all.ts';

export interface StageOptions {
  /** Permissions of the finished file; the temporary one is readable by its owner only. Default 0600. */
  mode?: number;
  /** Owner of the finished file. Giving a file away needs privileges: then this throws and nothing is changed. */
  owner?: Readonly<{ uid: number; gid: number }>;
}

export interface AtomicWriteOptions extends StageOptions {
  /** Called when the new content is durable beside the file, just before it takes its place; throwing stops it. */
  beforeRename?: () => void;
}

/** The next content of a file, durable beside it. */
export interface StagedContent {
  /** Puts it in place, durable when it returns. When that fails the temporary file is removed. */
  commit(): void;
  /** Removes the temporary file. After a commit there is none. */
  discard(): void;
}

/**
 * Replaces a file's content in one step, durable when it returns: a reader, or a start after a crash, sees the whole
 * old content or the whole new one. Temporary file in the same folder, fsync, rename, fsync of the folder (without
 * which a power cut may undo the rename). On every failure the temporary file is removed, the old content stays, and
 * the system's error is thrown as it is.
 *
 * Everything is synchronous, in this order, so that a test can stop it at each step.
 */
export function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: AtomicWriteOptions = {},
): void {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  const staged = stageFile(path, bytes, options);
  try {
    options.beforeRename?.();
  } catch (error) {
    staged.discard();
    throw error;
  }
  staged.commit();
}

/** The first half of `writeFileAtomic`: all that may fail for want of space or permission, before anything changes. */
export function stageFile(path: string, bytes: Uint8Array, options: StageOptions = {}): StagedContent {
  const temporary = temporaryPathFor(path);
  const descriptor = openSync(temporary, 'wx', 0o600);
  let open = true;
  try {
    if (options.owner) fchownSync(descriptor, options.owner.uid, options.owner.gid);
    writeAll(descriptor, bytes);
    fchmodSync(descriptor, options.mode ?? 0o600);
    fsyncSync(descriptor);
    open = false;
    closeSync(descriptor);
  } catch (error) {
    if (open) closeSync(descriptor);
    rmSync(temporary, { force: true });
    throw error;
  }
  let waiting = true;
  const discard = () => {
    if (waiting) rmSync(temporary, { force: true });
    waiting = false;
  };
  return {
    commit: () => {
      try {
        renameSync(temporary, path);
        waiting = false;
      } catch (error) {
        discard();
        throw error;
      }
      syncFolder(dirname(path));
    },
    discard,
  };
}

/** Makes creations, renames and removals in a folder durable. Windows has no such call; NTFS journals them. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Creates a folder that only its owner may enter, durably, with the parents that are missing. */
export function makePrivateFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    syncFolder(dirname(made));
    if (made === first || dirname(made) === made) return;
  }
}

/** A fresh name beside `path` for its next content: `.NAME.rekey-RANDOM.tmp`, recognisable after a crash. */
export function temporaryPathFor(path: string): string {
  return join(dirname(path), temporaryNameFor(basename(path)));
}

/** The same for a bare name, wherever its folder is. */
export function temporaryNameFor(name: string): string {
  return `.${name}.rekey-${randomBytes(8).toString('hex')}.tmp`;
}

/** Whether a name in a folder is that of a temporary file for the file `name`. */
export function isTemporaryFor(name: string, candidate: string): boolean {
  const prefix = `.${name}.rekey-`;
  return candidate.startsWith(prefix) && /^[0-9a-f]{16}\.tmp$/.test(candidate.slice(prefix.length));
}

/** The temporary files that a crash left beside `path`, or that a write in progress uses right now. */
export function temporaryFilesOf(path: string): string[] {
  return namesIn(dirname(path))
    .filter((name) => isTemporaryFor(basename(path), name))
    .map((name) => join(dirname(path), name));
}

/**
 * Removes what a crash left beside `path`; returns the removed paths. Only for whoever holds the lock that guards
 * `path`: nobody else can be writing it then.
 */
export function removeStaleTemporaries(path: string): string[] {
  const stale = temporaryFilesOf(path);
  for (const file of stale) rmSync(file, { force: true });
  if (stale.length > 0) syncFolder(dirname(path));
  return stale;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
