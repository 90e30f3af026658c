import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Every file below a folder: path relative to it → mode and SHA-256 of what it holds. */
export type DiskState = ReadonlyMap<string, string>;

/** @param except - takes a path relative to the folder and says what is left out (a folder: with all that is in it) */
export function diskState(root: string, except: (path: string) => boolean = () => false): DiskState {
  const state = new Map<string, string>();
  const visit = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const name = relative(root, path);
      if (except(name)) continue;
      const mode = (lstatSync(path).mode & 0o7777).toString(8);
      state.set(name, `${mode} ${contentOf(path, entry)}`);
      if (entry.isDirectory()) visit(path);
    }
  };
  visit(root);
  return state;
}

function contentOf(
  path: string,
  entry: { isFile(): boolean; isSymbolicLink(): boolean; isDirectory(): boolean },
): string {
  if (entry.isFile()) return createHash('sha256').update(readFileSync(path)).digest('hex');
  if (entry.isSymbolicLink()) return `→ ${readlinkSync(path)}`;
  return entry.isDirectory() ? 'folder' : 'special';
}

/** Paths that came, went or changed between two states. */
export function changedPaths(before: DiskState, after: DiskState): string[] {
  const all = new Set([...before.keys(), ...after.keys()]);
  return [...all].filter((path) => before.get(path) !== after.get(path)).sort();
}
