import { LockBusy } from '#electron/storage/lock.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { LogProblem } from '#shared/model/event.ts';

const reasons: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EIO: 'the disk reports an error',
  ENOTDIR: 'a part of its path is not a folder',
  ENOENT: 'its folder does not exist',
};

/** Turns whatever stopped an append into the error that people meet. */
export function appendError(error: unknown, folder: string): RekeyError {
  if (isRekeyError(error)) return error;
  if (error instanceof LockBusy) return busyError(error);
  const code = (error as NodeJS.ErrnoException).code;
  if (typeof code !== 'string') throw error;
  return new RekeyError('log-unwritable', {
    message: `The event log in ${folder} cannot be written: ${reasons[code] ?? code}.`,
    unchanged: 'The event was not recorded, and what it would have announced was not done.',
    remedy:
      'Remove the cause, or continue in another folder: rekey events move --to DIR --reason "why". The new log names the old one.',
    details: { folder, cause: code },
    cause: error,
  });
}

/** The log cannot even be read. */
export function readError(error: unknown, folder: string): RekeyError {
  if (isRekeyError(error)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (typeof code !== 'string') throw error;
  return new RekeyError('log-unwritable', {
    message: `The event log in ${folder} cannot be read: ${reasons[code] ?? code}.`,
    remedy:
      'Make the folder readable again, or continue in another one: rekey events move --to DIR --reason "why".',
    details: { folder, cause: code },
    cause: error,
  });
}

function busyError(busy: LockBusy): RekeyError {
  const { holder } = busy;
  const who = holder === null ? 'someone unknown' : `process ${holder.pid} on ${holder.host}`;
  return new RekeyError('log-busy', {
    message: `The event log is being written by ${who}, and was not released in time.`,
    unchanged: 'The event was not recorded, and what it would have announced was not done.',
    remedy: `Try again. If no Rekey runs there any more, remove the file ${busy.path}.`,
    details: { lock: busy.path, ...(holder ? { host: holder.host, pid: holder.pid } : {}) },
  });
}

/** The log is damaged and nobody has taken note of it. */
export function corruptError(folder: string, problems: readonly LogProblem[]): RekeyError {
  const first = problems[0];
  return new RekeyError('log-corrupt', {
    message: `The event log in ${folder} is damaged: ${first?.message ?? 'it does not fit its hashes.'}`,
    unchanged: 'The log was left as it is; no event was recorded and nothing was rotated.',
    remedy:
      'Look at it with "rekey events verify" and keep a copy. Then continue in it with "rekey events acknowledge --reason WHY", or in a new one with "rekey events move --to DIR --reason WHY".',
    details: {
      folder,
      problems: problems.length,
      first_seq: first?.firstSeq ?? null,
      last_seq: problems.at(-1)?.lastSeq ?? null,
    },
  });
}

export function nothingToAcknowledge(): RekeyError {
  return new RekeyError('invalid-input', {
    message: 'No damage of the event log waits for an acknowledgement.',
    remedy: 'Check the whole log with "rekey events verify".',
  });
}
