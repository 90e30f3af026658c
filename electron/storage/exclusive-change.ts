import { isRekeyError } from '#shared/model/errors.ts';
import { type FileLockOptions, LockBusy, withFileLock } from './lock.ts';
import { busyError, isSystemError, unusableError } from './storage-errors.ts';

/** Runs an action while no other process runs one under the same lock. */
export type Exclusively = <T>(action: () => T) => T;

/**
 * Changes of one file by one process at a time. What is returned throws `data-folder-unusable`, before the action is
 * run, when another process keeps the lock for the whole wait or when the lock cannot be made.
 * @param what - the file for people, singular: "The passphrase vault"
 */
export function exclusiveChange(
  options: FileLockOptions,
  what: string,
  waitMilliseconds = 10_000,
): Exclusively {
  return (action) => {
    try {
      return withFileLock(options, waitMilliseconds, action);
    } catch (error) {
      if (isRekeyError(error)) throw error;
      if (error instanceof LockBusy) throw busyError(error, `${what} is`);
      throw isSystemError(error) ? unusableError(error, what, options.path) : error;
    }
  };
}
