import { statSync } from 'node:fs';
import { resolve, sep } from 'node:path';

/**
 * Whether others than its owner may read a file, by its mode. A credential that systemd hands over is private whatever
 * its mode says: where the service's user is let in by an access list, the mode shows that list's mask as the group's.
 * Throws the system's error.
 */
export function isOpenToOthers(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const credentials = environment.CREDENTIALS_DIRECTORY;
  if (credentials && resolve(path).startsWith(resolve(credentials) + sep)) return false;
  return process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0;
}
