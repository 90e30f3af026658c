import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  makePrivateFolder,
  removeStaleTemporaries,
  temporaryPathFor,
  writeFileAtomic,
} from '#electron/storage/atomic-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const isRoot = process.getuid?.() === 0;
const folder = temporaryFolder;
const originals = { ...fs };
const { openSync, writeSync, fsyncSync, fchmodSync, closeSync, renameSync } = originals;
const unpatched = { openSync, writeSync, fsyncSync, fchmodSync, closeSync, renameSync };

/** Replaces functions of node:fs, in named imports too, until the test is over. */
function patch(changes: Partial<Record<keyof typeof fs, unknown>>): void {
  Object.assign(fs, changes);
  syncBuiltinESMExports();
}

afterEach(() => {
  Object.assign(fs, unpatched);
  syncBuiltinESMExports();
});

describe('replacing a file', () => {
  it('writes beside, syncs, renames and syncs the folder, in this order', () => {
    const path = join(folder(), 'file');
    const trace: string[] = [];
    const opened = new Map<number, string>();
    const traced = ['fsyncSync', 'renameSync', 'writeSync', 'fchmodSync'] as const;
    patch({
      openSync: (...args: Parameters<typeof fs.openSync>) => {
        const descriptor = originals.openSync(...args);
        opened.set(descriptor, String(args[0]) === join(path, '..') ? 'folder' : 'temporary');
        trace.push(`open ${opened.get(descriptor)}`);
        return descriptor;
      },
      ...Object.fromEntries(
        traced.map((name) => [
          name,
          (...args: unknown[]) => {
            const target = typeof args[0] === 'number' ? opened.get(args[0]) : 'temporary';
            trace.push(`${name.replace('Sync', '')} ${target}`);
            return (originals[name] as (...all: unknown[]) => unknown)(...args);
          },
        ]),
      ),
    });
    writeFileAtomic(path, 'content');
    expect(trace).toEqual([
      'open temporary',
      'write temporary',
      'fchmod temporary',
      'fsync temporary',
      'rename temporary',
      'open folder',
      'fsync folder',
    ]);
    expect(readFileSync(path, 'utf8')).toBe('content');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('gives the file the mode asked for, whatever the umask', () => {
    const path = join(folder(), 'file');
    const before = process.umask(0o077);
    writeFileAtomic(path, 'content', { mode: 0o664 });
    process.umask(before);
    expect(statSync(path).mode & 0o777).toBe(0o664);
  });

  it.skipIf(!isRoot)('gives the file the owner asked for (needs root)', () => {
    const path = join(folder(), 'file');
    writeFileAtomic(path, 'content', { owner: { uid: 12_345, gid: 23_456 } });
    expect(statSync(path)).toMatchObject({ uid: 12_345, gid: 23_456 });
  });

  it('leaves the old content, and nothing beside it, whatever fails', () => {
    const failing = ['writeSync', 'fsyncSync', 'fchmodSync', 'closeSync', 'renameSync'] as const;
    for (const name of failing) {
      const path = join(folder(), 'file');
      writeFileSync(path, 'old');
      patch({
        [name]: () => {
          Object.assign(fs, unpatched);
          syncBuiltinESMExports();
          throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        },
      });
      expect(() => writeFileAtomic(path, 'new'), name).toThrow('no space');
      expect(readFileSync(path, 'utf8')).toBe('old');
      expect(readdirSync(join(path, '..'))).toEqual(['file']);
    }
  });

  it('stops when told so before the rename, with the new content not in place', () => {
    const path = join(folder(), 'file');
    writeFileSync(path, 'old');
    const refuse = () => {
      throw new Error('changed meanwhile');
    };
    expect(() => writeFileAtomic(path, 'new', { beforeRename: refuse })).toThrow('changed meanwhile');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(join(path, '..'))).toEqual(['file']);
  });

  it('writes all bytes when the system takes a few at a time', () => {
    const path = join(folder(), 'file');
    patch({
      writeSync: (
        descriptor: number,
        bytes: Uint8Array,
        offset: number,
        length: number,
        position: number | null,
      ) => originals.writeSync(descriptor, bytes, offset, Math.min(3, length), position),
    });
    writeFileAtomic(path, 'a longer content than three bytes');
    expect(readFileSync(path, 'utf8')).toBe('a longer content than three bytes');
  });
});

describe('temporary files', () => {
  it('are recognised and removed after a crash; other files are not', () => {
    const home = folder();
    const path = join(home, '.env');
    const stale = temporaryPathFor(path);
    expect(stale).toMatch(/\/\.\.env\.rekey-[0-9a-f]{16}\.tmp$/);
    const others = ['.env', '..env.rekey-short.tmp', '.other.rekey-0123456789abcdef.tmp', '..env.tmp'];
    for (const name of [...others.map((name) => join(home, name)), stale]) writeFileSync(name, 'x');
    expect(removeStaleTemporaries(path)).toEqual([stale]);
    expect(readdirSync(home).sort()).toEqual(others.sort());
    expect(removeStaleTemporaries(join(home, 'missing', 'file'))).toEqual([]);
  });
});

describe('a private folder', () => {
  it('is made with its parents, for its owner only, and left alone when it exists', () => {
    const home = folder();
    makePrivateFolder(join(home, 'a', 'b'));
    for (const made of ['a', 'a/b']) expect(statSync(join(home, made)).mode & 0o777).toBe(0o700);
    mkdirSync(join(home, 'shared'));
    chmodSync(join(home, 'shared'), 0o755);
    makePrivateFolder(join(home, 'shared'));
    expect(statSync(join(home, 'shared')).mode & 0o777).toBe(0o755);
    expect(existsSync(join(home, 'shared'))).toBe(true);
  });
});
