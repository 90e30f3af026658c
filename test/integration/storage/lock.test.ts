import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { FileLock, LockBusy, withFileLock } from '#electron/storage/lock.ts';
import { ownIdentity, processFate } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const counter = join(import.meta.dirname, 'take-lock-and-count.ts');

const folder = temporaryFolder;

function lockAt(path: string): FileLock {
  return new FileLock({ path, identity: ownIdentity(), clock: systemClock });
}

/** A process that has ended, with the identity that it had. */
async function deadIdentity() {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const namespace = ownIdentity().processStart.split(':')[1];
  const identity = { ...ownIdentity(), pid: child.pid as number, processStart: `${start}:${namespace}` };
  expect(processFate(identity, ownIdentity())).toBe('alive');
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
  return identity;
}

describe('the identity of a process', () => {
  it('tells alive, dead, another process of the same number, an earlier boot and another machine apart', async () => {
    const own = ownIdentity();
    expect(processFate(own, own)).toBe('alive');
    expect(processFate(await deadIdentity(), own)).toBe('dead');
    expect(processFate({ ...own, processStart: own.processStart.replace(/^\d+/, '1') }, own)).toBe('dead');
    expect(processFate({ ...own, bootId: 'another' }, own)).toBe('earlier-boot');
    expect(processFate({ ...own, host: `not-${hostname()}` }, own)).toBe('elsewhere');
    expect(processFate({ ...own, processStart: own.processStart.replace(/\d+$/, '1') }, own)).toBe(
      'elsewhere',
    );
  });

  it('is careful where the system tells no start time: whatever has the number counts as the same process', () => {
    const own = ownIdentity();
    expect(processFate({ ...own, processStart: '' }, { ...own, processStart: '' })).toBe('alive');
  });

  it('counts a process that only waits to be reaped as dead', async () => {
    // The shell starts a process and becomes `sleep`, which does not reap it when it ends, after that.
    const parent = spawn('sh', ['-c', 'sleep 0.5 & echo $!; exec sleep 60']);
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    const state = () => /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    while (state() !== 'Z') await new Promise((resolve) => setTimeout(resolve, 5));
    expect(processFate({ ...ownIdentity(), pid }, ownIdentity())).toBe('dead');
    parent.kill('SIGKILL');
  });
});

describe('a lock', () => {
  it('is held by one at a time, in one process and between processes', () => {
    const path = join(folder(), 'lock');
    const first = lockAt(path);
    const second = lockAt(path);
    expect(first.tryAcquire()).toBe(true);
    expect(second.tryAcquire()).toBe(false);
    expect(second.holder()).toMatchObject({ pid: process.pid, host: hostname() });
    expect(() => second.acquire(20)).toThrow(LockBusy);
    first.release();
    expect(second.tryAcquire()).toBe(true);
    first.release();
    expect(existsSync(path)).toBe(true);
    second.close();
    first.close();
    expect(readdirSync(join(path, '..'))).toEqual([]);
  });

  it('loses no update of four processes that race', async () => {
    const home = folder();
    const file = join(home, 'number');
    writeFileSync(file, '0');
    const count = 250;
    await Promise.all(
      [1, 2, 3, 4].map(() => run(process.execPath, [counter, join(home, 'lock'), file, String(count)])),
    );
    expect(readFileSync(file, 'utf8')).toBe(String(4 * count));
    expect(readdirSync(home)).toEqual(['number']);
  });

  it('loses no update when processes keep dying while they hold it', async () => {
    const home = folder();
    const file = join(home, 'number');
    writeFileSync(file, '0');
    const rounds = 8;
    for (let round = 0; round < rounds; round += 1) {
      const racing = [0, 1, 2].map((index) =>
        run(process.execPath, [
          counter,
          join(home, 'lock'),
          file,
          '20',
          ...(index === 0 ? ['die'] : []),
        ]).catch((error) => expect(error.signal).toBe('SIGKILL')),
      );
      await Promise.all(racing);
    }
    expect(readFileSync(file, 'utf8')).toBe(String(rounds * 3 * 20));
    withFileLock({ path: join(home, 'lock'), identity: ownIdentity(), clock: systemClock }, 5_000, () => {});
    expect(readdirSync(home)).toEqual(['number']);
  });

  it('of a dead owner is taken over by exactly one of many who notice at once', async () => {
    const identity = await deadIdentity();
    for (let round = 0; round < 20; round += 1) {
      const path = join(folder(), 'lock');
      writeFileSync(path, JSON.stringify({ ...identity, token: '0123456789abcdef' }));
      const locks = Array.from({ length: 5 }, () => lockAt(path));
      expect(locks.filter((lock) => lock.tryAcquire())).toHaveLength(1);
      for (const lock of locks) lock.close();
      expect(readdirSync(join(path, '..'))).toEqual([]);
    }
  });

  it('is taken over although somebody died taking it over, at each step', async () => {
    const identity = await deadIdentity();
    const dead = { ...identity, token: '0123456789abcdef' };
    const guard = { ...identity, token: 'fedcba9876543210' };
    const leftovers: Record<string, object>[] = [
      { lock: dead, [`lock.${dead.token}`]: guard },
      { lock: dead, [`lock.${dead.token}`]: guard, '.lock.rekey-0000000000000000.tmp': guard },
      { lock: { ...guard }, [`lock.${dead.token}`]: { ...identity, token: '1111111111111111' } },
      { lock: dead, [`.lock.${dead.token}.rekey-2222222222222222.tmp`]: guard },
    ];
    for (const files of leftovers) {
      const home = folder();
      for (const [name, record] of Object.entries(files))
        writeFileSync(join(home, name), JSON.stringify(record));
      const lock = lockAt(join(home, 'lock'));
      lock.acquire(1_000);
      expect(lock.holder()).toMatchObject({ pid: process.pid });
      lock.close();
      expect(readdirSync(home)).toEqual([]);
    }
  });

  it('that a power cut emptied is taken over after it stayed unreadable for a second', () => {
    const home = folder();
    writeFileSync(join(home, 'lock'), '');
    const lock = lockAt(join(home, 'lock'));
    expect(() => lock.acquire(300)).toThrow(LockBusy);
    lock.acquire(3_000);
    lock.close();
    expect(readdirSync(home)).toEqual([]);
  });

  it('held on another machine is never taken over', () => {
    const home = folder();
    const record = { ...ownIdentity(), host: `not-${hostname()}`, pid: 1, token: '0123456789abcdef' };
    writeFileSync(join(home, 'lock'), JSON.stringify(record));
    const lock = lockAt(join(home, 'lock'));
    expect(() => lock.acquire(50)).toThrow(expect.objectContaining({ holder: record }));
    lock.close();
    expect(readdirSync(home)).toEqual(['lock']);
  });

  it('that a person removed, and another took, is not released by the first after a while', async () => {
    const path = join(folder(), 'lock');
    const first = lockAt(path);
    first.acquire(0);
    unlinkSync(path);
    const second = lockAt(path);
    second.acquire(0);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    first.release();
    expect(existsSync(path)).toBe(true);
    second.close();
    first.close();
  });

  it('can be taken again when the file kept for taking it is gone', () => {
    const path = join(folder(), 'lock');
    const lock = lockAt(path);
    lock.acquire(0);
    lock.release();
    for (const name of readdirSync(join(path, '..'))) {
      renameSync(join(path, '..', name), join(path, '..', 'elsewhere'));
    }
    lock.acquire(0);
    lock.close();
    expect(readdirSync(join(path, '..'))).toEqual(['elsewhere']);
  });

  it('sweeps what dead processes left for taking it, and nothing that is not its own', async () => {
    const home = folder();
    const dead = JSON.stringify({ ...(await deadIdentity()), token: '0123456789abcdef' });
    const alive = JSON.stringify({ ...ownIdentity(), token: 'aaaaaaaaaaaaaaaa' });
    const names = {
      '.lock.rekey-0000000000000001.tmp': dead,
      '.lock.rekey-0000000000000002.tmp': alive,
      '.lock.rekey-0000000000000003.tmp': '{"half": ',
      'lock.txt': 'mine',
    };
    for (const [name, text] of Object.entries(names)) writeFileSync(join(home, name), text);
    withFileLock({ path: join(home, 'lock'), identity: ownIdentity(), clock: systemClock }, 0, () => {});
    expect(readdirSync(home).sort()).toEqual(['.lock.rekey-0000000000000002.tmp', 'lock.txt']);
  });
});
