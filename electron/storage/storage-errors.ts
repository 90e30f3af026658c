import { RekeyError } from '#shared/model/errors.ts';
import type { LockBusy } from './lock.ts';

/**
 * Another process kept a lock for the whole wait.
 * @param subject - what is being changed, with its verb: "The settings are"
 */
export function busyError({ holder, path }: LockBusy, subject: string): RekeyError {
  const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  return new RekeyError('data-folder-unusable', {
    message: `${subject} being changed by ${who}, which did not finish in time.`,
    remedy: `Try again. If no Rekey runs there any more, remove ${path}.`,
    details: { lock: path, ...(holder ? { host: holder.host, pid: holder.pid } : {}) },
  });
}

/** Whether the operating system refused something: then there is a code and the name of the call. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return (
    error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string' && 'syscall' in error
  );
}

/**
 * A file of the data folder could not be read or written.
 * @param what - the file for people: "The settings"
 */
export function unusableError(
  error: NodeJS.ErrnoException & { code: string },
  what: string,
  path: string,
): RekeyError {
  return new RekeyError('data-folder-unusable', {
    message: `${what} could not be read or written: ${error.code} at ${path}.`,
    remedy: 'Check the permissions of the data folder and the free space on its disk.',
    details: { path, cause: error.code },
    cause: error,
  });
}
