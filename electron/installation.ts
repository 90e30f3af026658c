import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder in which Rekey is installed: a checkout, an installed npm package, or the packaged app's archive.
 * Found by climbing from the running module (`import.meta.dirname`) to Rekey's own package.json, because a bundle's
 * modules lie in other folders than their sources.
 */
export function installationFolder(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'rekey') return folder;
    if (dirname(folder) === folder) throw new Error(`No installation of Rekey contains ${from}`);
  }
}

/** A file that Rekey ships, for example `resourceFile(import.meta.dirname, 'runbooks', 'planned.yaml')`. */
export function resourceFile(from: string, ...path: string[]): string {
  return join(installationFolder(from), 'resources', ...path);
}

/**
 * The entry of a worker thread or child process, `electron/workers/NAME.ts`: that file when running from source,
 * the bundle's `workers/NAME.js` when built.
 */
export function workerEntry(from: string, name: string): string {
  const root = installationFolder(from);
  const inside = from.slice(root.length).replaceAll('\\', '/');
  if (inside.startsWith('/out/main')) return join(root, 'out', 'main', 'workers', `${name}.js`);
  if (inside.startsWith('/dist/command')) return join(root, 'dist', 'command', 'workers', `${name}.js`);
  return join(root, 'electron', 'workers', `${name}.ts`);
}

/** Rekey's own version, from its package.json. */
export const appVersion: string = JSON.parse(
  readFileSync(join(installationFolder(import.meta.dirname), 'package.json'), 'utf8'),
).version;
