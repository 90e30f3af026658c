// npm, found the way that works without node_modules and without a shell.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './run-process.mjs';

/** `npm ci` in `folder`: exactly what its lock file says, every archive checked against its integrity hash. */
export function npmCi(what, folder) {
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  // A variable left from an outer `npm run` (INIT_CWD, npm_config_*) is fine; `npm_execpath` is npm itself.
  const npmProgram = process.env.npm_execpath;
  if (npmProgram !== undefined && /\.c?js$/.test(npmProgram) && existsSync(npmProgram)) {
    return runQuietly(what, process.execPath, [npmProgram, ...args], { cwd: folder });
  }
  return runQuietly(what, process.platform === 'win32' ? 'npm.cmd' : 'npm', args, {
    cwd: folder,
    shell: process.platform === 'win32',
  });
}

/**
 * Whether `folder/node_modules` holds what `folder/package-lock.json` pins. npm writes its own record
 * (`node_modules/.package-lock.json`) as the last act of an installation, so an interrupted one is noticed too.
 * A package that is absent must be an optional one: npm leaves out what is made for other systems.
 */
export function isInstalled(folder) {
  const record = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages ?? {};
  const pinned = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages ?? {};
  return Object.entries(pinned).every(([path, entry]) => {
    if (path === '') return true;
    const present = installed[path];
    if (present === undefined) return entry.optional === true || entry.devOptional === true;
    return present.version === entry.version && present.integrity === entry.integrity;
  });
}
