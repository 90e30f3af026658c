import { join } from 'node:path';
import { FileLock } from '#electron/storage/lock.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';

// A process that takes the log's lock and is killed while it holds it.
const [folder = ''] = process.argv.slice(2);
const lock = new FileLock({ path: join(folder, 'lock'), identity: ownIdentity(), clock: systemClock });
lock.acquire(5_000);
process.kill(process.pid, 'SIGKILL');
