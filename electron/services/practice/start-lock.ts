import { FileLock } from '#electron/storage/lock.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import type { Clock } from '#shared/model/clock.ts';
import { RekeyError } from '#shared/model/errors.ts';

const waitMs = 30_000;
const pollMs = 20;

/**
 * Runs `task` while no other Rekey starts or resets the practice environment. The lock of a process that died is
 * taken over. Throws `environment-locked` when someone else still holds it after half a minute.
 */
export async function withStartLock<T>(path: string, clock: Clock, task: () => Promise<T>): Promise<T> {
  const lock = new FileLock({ path, identity: ownIdentity(), clock });
  const deadline = clock.monotonic() + waitMs;
  try {
    while (!lock.tryAcquire()) {
      if (clock.monotonic() > deadline) throw busy(lock.holder()?.pid ?? null);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    return await task();
  } finally {
    lock.close();
  }
}

function busy(pid: number | null): RekeyError {
  return new RekeyError('environment-locked', {
    message: `Another Rekey${pid === null ? '' : ` (process ${pid})`} is starting or resetting the practice environment.`,
    remedy: 'Wait until it has finished, then try again.',
  });
}
