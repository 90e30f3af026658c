import { rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { EnvironmentState } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { syncFolder, writeFileAtomic } from '../storage/atomic-file.ts';
import { fileError } from './file-errors.ts';
import { isUnchanged, type LoadedFile } from './loaded-file.ts';
import { serializeState, statePathFor } from './state-file.ts';
import { checkReplaceable } from './target-file.ts';

export interface FileChange {
  /** The new content of the file. */
  bytes: Buffer;
  /** The state while the file is replaced; null when nothing is to be announced. */
  pending: EnvironmentState | null;
  /** The state afterwards, as its bytes. */
  after: Buffer;
}

/**
 * Replaces file and state: state with `pending`, then the file (the commit), then the final state; each by a rename
 * that is durable before the next. Whatever may still fail for want of space or permission is written beside its
 * place first, so that only renames are left once the first step is taken. File and state are compared with what was
 * loaded directly before the commit: throws `conflict`. No temporary file stays, however it ends.
 */
export function commitChange(loaded: LoadedFile, change: FileChange): void {
  const statePath = statePathFor(loaded.target);
  const owner = ownerFor(loaded);
  const stateOptions = { mode: 0o600, ...(owner ? { owner } : {}) };
  let announced = false;
  let committed = false;

  const commit = () => {
    writeFileAtomic(loaded.target, change.bytes, {
      mode: (loaded.file?.stats.mode ?? 0o600) & 0o7777,
      ...(owner ? { owner } : {}),
      beforeRename: () => {
        checkUnchanged(loaded, loaded.stateBytes);
        const pending = change.pending ? serializeState(change.pending) : null;
        if (pending) {
          writeFileAtomic(statePath, pending, stateOptions);
          announced = true;
        }
        checkUnchanged(loaded, pending ?? loaded.stateBytes);
      },
    });
    committed = true;
  };

  checkReplaceable(loaded.target, loaded.file !== null);
  const changesFile =
    loaded.file === null ? change.bytes.length > 0 : !loaded.file.bytes.equals(change.bytes);
  const beforeRename = changesFile ? commit : () => checkUnchanged(loaded, loaded.stateBytes);
  try {
    writeFileAtomic(statePath, change.after, { ...stateOptions, beforeRename });
  } catch (error) {
    if (committed) throw afterCommit(loaded.target, error);
    if (announced) restoreState(loaded, stateOptions);
    throw fileError(error, loaded.target, 'write');
  }
}

function checkUnchanged(loaded: LoadedFile, state: Buffer | null): void {
  if (!isUnchanged(loaded, state)) throw conflict(loaded.target);
}

/** Takes `pending` back after a change that did not happen. */
function restoreState(loaded: LoadedFile, options: { mode: number }): void {
  const statePath = statePathFor(loaded.target);
  try {
    if (loaded.stateBytes) {
      writeFileAtomic(statePath, loaded.stateBytes, options);
    } else {
      rmSync(statePath, { force: true });
      syncFolder(dirname(statePath));
    }
  } catch {
    // The state keeps `pending`; the file holds the old values, and a reader can tell that from both.
  }
}

/** The owner that file and state must have: the file's, or that of the state when the file was lost. */
function ownerFor(loaded: LoadedFile): { uid: number; gid: number } | null {
  if (process.platform === 'win32') return null;
  const stats = loaded.file?.stats ?? statSync(statePathFor(loaded.target), { throwIfNoEntry: false });
  return stats ? { uid: stats.uid, gid: stats.gid } : null;
}

export function conflict(path: string): RekeyError {
  return new RekeyError('conflict', {
    message: `${path} or its state was changed by someone else since it was read.`,
    remedy: 'Look at what changed, then repeat the step: it reads the file again.',
    details: { path },
  });
}

/** The values are in place, but the state that says so is not: it still shows the change as pending. */
function afterCommit(path: string, cause: unknown): RekeyError {
  const reason = fileError(cause, statePathFor(path), 'write');
  return new RekeyError(reason.code, {
    message: `${path} holds the new values, but its state could not be completed: ${reason.message}`,
    unchanged: 'The file was changed; its state still shows the change as pending, which a resume completes.',
    remedy: `${reason.remedy} Then resume the run.`,
    details: { path },
    cause,
  });
}
