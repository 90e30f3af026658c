import type { EnvironmentState } from '#shared/model/environment.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { HostFiles, StagedFile, StageOptions } from './host-files.ts';
import { currentBytes, isUnchanged, type LoadedFile, sameBytes } from './loaded-file.ts';
import { serializeState, statePathFor } from './state-file.ts';

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
export async function commitChange(files: HostFiles, loaded: LoadedFile, change: FileChange): Promise<void> {
  const { target } = loaded;
  const statePath = statePathFor(target);
  const present = loaded.file?.bytes ?? null;
  const stateBytes = loaded.stateFile?.bytes ?? null;
  const changesFile = present === null ? change.bytes.length > 0 : !present.equals(change.bytes);
  const options = stageOptions(loaded);
  const staged: StagedFile[] = [];
  const stage = async (path: string, bytes: Buffer, how: StageOptions): Promise<StagedFile> => {
    const file = await files.stage(path, bytes, how);
    staged.push(file);
    return file;
  };
  let reached: 'nothing' | 'announcing' | 'replacing' | 'replaced' = 'nothing';

  const pending = changesFile && change.pending ? serializeState(change.pending) : null;

  await files.checkReplaceable(target, loaded.file !== null);
  try {
    const [finalState, file, announcement] = await files.inOrder([
      () => stage(statePath, change.after, options.state),
      async () => (changesFile ? stage(target, change.bytes, options.file) : null),
      async () => (pending ? stage(statePath, pending, options.state) : null),
    ] as const);
    await checkUnchanged(files, loaded, stateBytes);
    if (announcement) {
      reached = 'announcing';
      await announcement.commit();
      await checkUnchanged(files, loaded, pending);
    }
    if (file) {
      reached = 'replacing';
      await file.commit();
      reached = 'replaced';
    }
    await finalState.commit();
  } catch (error) {
    for (const file of staged) await file.discard();
    if (!isRekeyError(error)) throw error;
    const side =
      reached === 'replacing'
        ? await sideOfCommit(files, loaded, change)
        : reached === 'replaced'
          ? 'after'
          : 'before';
    if (side === 'after') throw afterCommit(files.describe(target), error);
    if (side === 'unknown') throw commitUnknown(files.describe(target), error);
    if (reached !== 'nothing' && change.pending) await restoreState(files, loaded, options.state);
    throw error;
  }
}

/** Both keep the file's owner, or that of the state when the file was lost; the state is its owner's alone. */
function stageOptions({ file, stateFile }: LoadedFile): { file: StageOptions; state: StageOptions } {
  const owner = (file ?? stateFile)?.stats.owner ?? null;
  return { file: { mode: file?.stats.mode ?? 0o600, owner }, state: { mode: 0o600, owner } };
}

async function checkUnchanged(files: HostFiles, loaded: LoadedFile, state: Buffer | null): Promise<void> {
  if (!(await isUnchanged(files, loaded, state))) throw conflict(files.describe(loaded.target));
}

/** What became of a replacement that failed: the answer to it may have been lost, or only its durability. */
async function sideOfCommit(
  files: HostFiles,
  loaded: LoadedFile,
  change: FileChange,
): Promise<'before' | 'after' | 'unknown'> {
  try {
    const bytes = await currentBytes(files, loaded.target);
    if (sameBytes(bytes, change.bytes)) return 'after';
    return sameBytes(bytes, loaded.file?.bytes ?? null) ? 'before' : 'unknown';
  } catch (error) {
    if (isRekeyError(error)) return 'unknown';
    throw error;
  }
}

/** Takes `pending` back after a change that did not happen. */
async function restoreState(files: HostFiles, loaded: LoadedFile, options: StageOptions): Promise<void> {
  const statePath = statePathFor(loaded.target);
  try {
    if (loaded.stateFile) await (await files.stage(statePath, loaded.stateFile.bytes, options)).commit();
    else await files.remove(statePath);
  } catch {
    // The state keeps `pending`; the file holds the old values, and a reader can tell that from both.
  }
}

/** @param path - as messages name it */
export function conflict(path: string): RekeyError {
  return new RekeyError('conflict', {
    message: `${path} or its state was changed by someone else since it was read.`,
    remedy: 'Look at what changed, then repeat the step: it reads the file again.',
    details: { path },
  });
}

/** The values are in place, but the state that says so is not: it still shows the change as pending. */
function afterCommit(path: string, reason: RekeyError): RekeyError {
  return new RekeyError(reason.code, {
    message: `${path} holds the new values, but its state could not be completed: ${reason.message}`,
    unchanged: 'The file was changed; its state still shows the change as pending, which a resume completes.',
    remedy: `${reason.remedy} Then resume the run.`,
    details: { path },
    cause: reason,
  });
}

/** The file may hold either: the state shows the change as pending, and whoever reads both can tell. */
function commitUnknown(path: string, reason: RekeyError): RekeyError {
  return new RekeyError(reason.code, {
    message: `It is not known whether ${path} holds the new values: ${reason.message}`,
    unchanged:
      'The file was replaced or it was not; its state shows the change as pending, and a resume finds out.',
    remedy: `${reason.remedy} Then resume the run.`,
    details: { path },
    cause: reason,
  });
}
