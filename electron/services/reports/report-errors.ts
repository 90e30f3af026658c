import { type ErrorCode, type ErrorReport, isRekeyError, RekeyError } from '#shared/model/errors.ts';

const reasons: Readonly<Record<string, { code: ErrorCode; why: string; remedy: string }>> = {
  ENOSPC: { code: 'disk-full', why: 'the disk is full', remedy: 'Make room, or choose a folder elsewhere.' },
  EDQUOT: {
    code: 'disk-full',
    why: 'the disk quota is used up',
    remedy: 'Make room, or choose a folder elsewhere.',
  },
  EROFS: {
    code: 'read-only-file-system',
    why: 'the file system is read-only',
    remedy: 'Choose another folder.',
  },
  EACCES: { code: 'no-write-permission', why: 'permission is denied', remedy: 'Choose another folder.' },
  EPERM: { code: 'no-write-permission', why: 'permission is denied', remedy: 'Choose another folder.' },
  EEXIST: { code: 'file-exists', why: 'something of that name exists', remedy: 'Choose another folder.' },
  ENOTEMPTY: { code: 'file-exists', why: 'something of that name exists', remedy: 'Choose another folder.' },
  ENOTDIR: { code: 'not-a-file', why: 'a part of its path is no folder', remedy: 'Choose another folder.' },
};

/** What the system said while a report was written, as the error that people meet; anything else as it is. */
export function writeError(error: unknown): unknown {
  if (isRekeyError(error) || !(error instanceof Error)) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : reasons[code];
  if (reason === undefined) return error;
  return new RekeyError(reason.code, {
    message: `The report cannot be written: ${reason.why}${path ? ` (${path})` : ''}.`,
    unchanged: 'There is no report; what had been written of it was removed.',
    remedy: reason.remedy,
    details: { cause: code ?? '', ...(path ? { path } : {}) },
    cause: error,
  });
}

/** An error that crossed from a thread. */
export function errorOf({ code, details, ...text }: ErrorReport): RekeyError {
  return new RekeyError(code, details ? { ...text, details } : text);
}

export function bundleExists(path: string): RekeyError {
  return new RekeyError('file-exists', {
    message: `${path} exists already.`,
    remedy: 'Move it away, or choose another folder.',
    details: { path },
  });
}

/** Rekey's own checks do not find what it has just written to be right: a defect, or a disk that lies. */
export function notVerified(what: string): RekeyError {
  return new RekeyError('internal', {
    message: `The report was written and does not verify: ${what}.`,
    unchanged: 'It was removed. Nothing else was changed.',
    remedy: 'Check the log with "rekey events verify" and the disk, then try again.',
  });
}
