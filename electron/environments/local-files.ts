import {
  accessSync,
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { removeStaleTemporaries, stageFile, syncFolder, temporaryPathFor } from '../storage/atomic-file.ts';
import { writeAll } from '../storage/write-all.ts';
import { changedWhileReading, type FileAction, fileError, notAFile, tooLarge } from './file-errors.ts';
import { isTrackedByGit } from './git-tracking.ts';
import type { Answers, FileContent, FileStats, HostFiles } from './host-files.ts';

/**
 * The files of this machine. Everything inside is synchronous: it takes microseconds, a status reads hundreds of
 * files, and each effect follows the one before, so that a test can stop at each.
 */
export const localFiles: HostFiles = {
  paths: { basename, dirname, join },

  describe: (path) => path,

  realPath: async (path) => {
    try {
      return realpathSync.native(path);
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return null;
      throw fileError(cause, path, 'read');
    }
  },

  read: async (path, largest) => readRegularFile(path, largest),

  mark: async (path) =>
    attempt(path, 'read', () => {
      const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
      return stats === undefined ? null : markOf(stats);
    }),

  inOrder: async (steps) => {
    const answers: unknown[] = [];
    for (const step of steps) answers.push(await step());
    return answers as Answers<typeof steps>;
  },

  checkReplaceable: async (path, exists) =>
    attempt(path, 'write', () => {
      if (exists) accessSync(path, constants.W_OK);
      accessSync(dirname(path), constants.W_OK | constants.X_OK);
    }),

  stage: async (path, bytes, { mode, owner } = {}) => {
    const staged = attempt(path, 'write', () =>
      stageFile(path, bytes, { ...(mode === undefined ? {} : { mode }), ...(owner ? { owner } : {}) }),
    );
    return {
      commit: async () => attempt(path, 'write', () => staged.commit()),
      discard: async () => {
        try {
          staged.discard();
        } catch {
          // It is swept away with the next change.
        }
      },
    };
  },

  createExclusive: async (path, bytes, mode) =>
    attempt(path, 'write', () => {
      const created = createLinked(path, bytes, mode);
      if (created) syncFolder(dirname(path));
      return created;
    }),

  remove: async (path) =>
    attempt(path, 'write', () => {
      rmSync(path, { force: true });
      syncFolder(dirname(path));
    }),

  removeStaleTemporaries: async (paths) => {
    for (const path of paths) attempt(path, 'write', () => removeStaleTemporaries(path));
  },

  names: async (folder) => attempt(folder, 'read', () => readdirSync(folder)),

  isTrackedByGit: async (path, thorough) => isTrackedByGit(path, thorough),
};

/** Never follows a file that grows while it is read. */
function readRegularFile(path: string, largest: number): FileContent | null {
  let descriptor: number;
  try {
    // Most of the time there is no lock and often no state, and an exception costs more than a look.
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return null;
    if (!found.isFile()) throw notAFile(path);
    // Without waiting, so that a pipe that took the file's place is refused and not waited for.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
    throw fileError(cause, path, 'read');
  }
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    if (!stats.isFile()) throw notAFile(path);
    const size = Number(stats.size);
    if (size > largest) throw tooLarge(path, size, largest);
    const buffer = Buffer.allocUnsafe(size + 1);
    let length = 0;
    for (;;) {
      const count = readSync(descriptor, buffer, length, buffer.length - length, null);
      length += count;
      if (count === 0 || length === buffer.length) break;
    }
    if (length > size) throw changedWhileReading(path);
    return { bytes: buffer.subarray(0, length), mark: markOf(stats), stats: fileStats(stats) };
  } catch (cause) {
    throw fileError(cause, path, 'read');
  } finally {
    closeSync(descriptor);
  }
}

/** A new file, or the same one changed or renamed, has another inode or another time of change. */
function markOf({ ino, ctimeNs }: BigIntStats): string {
  return `${ino}:${ctimeNs}`;
}

function fileStats({ mode, uid, gid, nlink }: BigIntStats): FileStats {
  const links = Number(nlink);
  if (process.platform === 'win32') return { mode: null, owner: null, links };
  return { mode: Number(mode) & 0o7777, owner: { uid: Number(uid), gid: Number(gid) }, links };
}

const withoutHardLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'UNKNOWN']);

/** False when a file is there. The file is complete from its first moment, also after a crash. */
function createLinked(path: string, bytes: Uint8Array, mode: number): boolean {
  const temporary = temporaryPathFor(path);
  try {
    writeDurably(temporary, bytes, mode);
    return link(temporary, path) ?? createDirectly(path, bytes, mode);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Null where the file system has no hard links. */
function link(temporary: string, path: string): boolean | null {
  try {
    linkSync(temporary, path);
    return true;
  } catch (cause) {
    const code = codeOf(cause);
    // ENOENT: whoever created the file meanwhile has swept our temporary one away.
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    if (withoutHardLinks.has(code)) return null;
    throw cause;
  }
}

function createDirectly(path: string, bytes: Uint8Array, mode: number): boolean {
  try {
    writeDurably(path, bytes, mode);
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false;
    throw cause;
  }
}

function writeDurably(path: string, bytes: Uint8Array, mode: number): void {
  const descriptor = openSync(path, 'wx', mode);
  try {
    writeAll(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function attempt<T>(path: string, action: FileAction, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw fileError(cause, path, action);
  }
}

function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? '';
}
