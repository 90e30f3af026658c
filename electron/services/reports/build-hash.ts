import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installationFolder } from '#electron/installation.ts';

/** Where the program's own files lie, below the installation: as bundled for the window or the command, or as source. */
const bundles = ['out', 'dist/command'] as const;
const sources = ['electron', 'renderer', 'shared', 'resources'] as const;

/**
 * SHA-256 (hex) over the program that runs: over `HEX  PATH` lines of its own files, sorted by path, as `sha256sum`
 * writes them. Two reports with the same one were made by the same program. `from`: `import.meta.dirname`.
 */
export function buildHash(from: string): string {
  const root = installationFolder(from);
  const inside = from.slice(root.length + 1).replaceAll('\\', '/');
  const bundle = bundles.find((folder) => inside === folder || inside.startsWith(`${folder}/`));
  const folders = bundle === undefined ? sources : [bundle, 'resources'];
  const lines = [...folders.flatMap((folder) => filesBelow(root, folder)), 'package.json']
    .sort()
    .map((path) => `${sha256(readFileSync(join(root, path)))}  ${path}\n`);
  return sha256(lines.join(''));
}

/** Paths with `/`, relative to the root. */
function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(root, path);
    return entry.isFile() ? [path] : [];
  });
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
