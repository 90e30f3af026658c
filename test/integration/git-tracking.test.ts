import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isTrackedByGit } from '#electron/environments/git-tracking.ts';

let folder: string;
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
    cwd: folder,
    stdio: 'pipe',
  });
const file = (...path: string[]) => {
  mkdirSync(join(folder, ...path.slice(0, -1)), { recursive: true });
  writeFileSync(join(folder, ...path), 'A=1\n');
  return join(folder, ...path);
};

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rekey-git-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('tracked by git', () => {
  it('nothing is, outside a repository or in an empty one', () => {
    const path = file('.env');
    expect(isTrackedByGit(path, true)).toBe(false);
    git('init', '-q');
    expect(isTrackedByGit(path, true)).toBe(false);
  });

  it.each([2, 3, 4])('a file in an index of version %i', (version) => {
    const tracked = file('.env');
    const deep = file('a', 'b', '.env');
    const ends = file('a', 'x.env');
    const other = file('a', '.env');
    const intended = file('c', '.env');
    git('init', '-q');
    git('config', 'index.version', String(version));
    git('add', '-f', tracked, deep, ends);
    // Makes the index use the extended flags of version 3.
    if (version === 3) git('add', '-f', '--intent-to-add', intended);
    git('update-index', '--index-version', String(version));
    for (const path of [tracked, deep, ends]) expect(isTrackedByGit(path, true)).toBe(true);
    expect(isTrackedByGit(other, true)).toBe(false);
    expect(isTrackedByGit(intended, true)).toBe(version === 3);
    expect(isTrackedByGit(tracked, false)).toBe(version === 4 ? null : true);
  });

  it('also in a linked work tree', () => {
    const path = file('main', '.env');
    execFileSync('git', ['init', '-q'], { cwd: join(folder, 'main') });
    execFileSync('git', ['add', '-f', path], { cwd: join(folder, 'main') });
    const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.org'];
    execFileSync('git', [...identity, 'commit', '-qm', 'x'], { cwd: join(folder, 'main') });
    execFileSync('git', ['worktree', 'add', '-q', '../linked'], { cwd: join(folder, 'main'), stdio: 'pipe' });
    expect(isTrackedByGit(join(folder, 'linked', '.env'), true)).toBe(true);
    expect(isTrackedByGit(file('linked', 'other.env'), true)).toBe(false);
  });

  it('a damaged index is not understood, and git is asked', () => {
    const path = file('.env');
    git('init', '-q');
    writeFileSync(join(folder, '.git', 'index'), 'damaged');
    expect(isTrackedByGit(path, false)).toBeNull();
    expect(isTrackedByGit(path, true)).toBeNull();
  });
});
