import { readFileSync, writeFileSync } from 'node:fs';
import { FileLock } from '#electron/storage/lock.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';

// A process that raises the number in FILE, COUNT times, each under the lock; with `die`, it is killed holding it.
const [lockPath = '', file = '', count = '0', die] = process.argv.slice(2);
const lock = new FileLock({ path: lockPath, identity: ownIdentity(), clock: systemClock });
for (let round = 0; round < Number(count); round += 1) {
  lock.acquire(20_000);
  const number = Number(readFileSync(file, 'utf8'));
  writeFileSync(file, String(number + 1));
  if (die && round === Number(count) - 1) process.kill(process.pid, 'SIGKILL');
  lock.release();
}
lock.close();
