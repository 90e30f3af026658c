import { FileLock } from '#electron/storage/lock.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';

// A process that takes the lock at PATH, says so, and keeps it until its standard input ends.
const [path = ''] = process.argv.slice(2);
const lock = new FileLock({ path, identity: ownIdentity(), clock: systemClock });
lock.acquire(5_000);
process.stdout.write('held\n');
process.stdin.on('end', () => lock.close()).resume();
