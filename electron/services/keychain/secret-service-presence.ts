import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const patienceMilliseconds = 3_000;

/** The same question to the bus itself, with whatever tool there is: nothing is asked of the service. */
const questions = [
  [
    'dbus-send',
    '--session',
    '--print-reply',
    '--dest=org.freedesktop.DBus',
    '/org/freedesktop/DBus',
    'org.freedesktop.DBus.NameHasOwner',
    'string:org.freedesktop.secrets',
  ],
  [
    'gdbus',
    'call',
    '--session',
    '--dest=org.freedesktop.DBus',
    '--object-path=/org/freedesktop/DBus',
    '--method=org.freedesktop.DBus.NameHasOwner',
    'org.freedesktop.secrets',
  ],
] as const;

/**
 * Whether a Secret Service is on this session's bus (Linux), whatever it thinks of us: the keychain library says
 * nothing about one that refuses, and goes on as if there were none. False where nobody can be asked.
 */
export async function isSecretServicePresent(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  for (const [program, ...args] of questions) {
    try {
      const { stdout } = await run(program, args, { timeout: patienceMilliseconds });
      return /\btrue\b/.test(stdout);
    } catch {
      // No such tool, or no bus: the next one says the same, or there is none.
    }
  }
  return false;
}
