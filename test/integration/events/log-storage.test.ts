import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Checkpoints } from '#electron/services/events/checkpoints.ts';
import type { FileEventLog } from '#electron/services/events/file-event-log.ts';
import { exportLog } from '#electron/services/events/log-export.ts';
import { moveLog } from '#electron/services/events/log-move.ts';
import type { Clock } from '#shared/model/clock.ts';
import { UnsealedSigningKeys } from '../../support/unsealed-signing-keys.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filledLog, logOptions, openLog, step } from './log-fixture.ts';

const isRoot = process.getuid?.() === 0;
const mounts: string[] = [];

/** A file system of its own, so small that it fills up; null where this process may not mount one. */
function smallDisk(kilobytes: number): string | null {
  const folder = temporaryFolder();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder]);
  if (mounted.status !== 0) return null;
  mounts.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of mounts.splice(0)) spawnSync('umount', ['-l', folder]);
});

describe.skipIf(!isRoot)('a full disk (needs root, to mount a small one)', () => {
  it('stops the append, leaves no half of it, and the log goes on when there is space again', async () => {
    const disk = smallDisk(256) as string;
    expect(disk).not.toBeNull();
    const folder = join(disk, 'log');
    const log = openLog(folder);
    let appended = 0;
    const fill = () => {
      for (;;) {
        log.append(step('filling', { text: 'x'.repeat(3_000) }));
        appended += 1;
      }
    };
    expect(fill).toThrow(
      expect.objectContaining({ code: 'log-unwritable', message: expect.stringContaining('full') }),
    );
    expect(appended).toBeGreaterThan(10);
    expect(readFileSync(join(folder, 'events.jsonl')).at(-1)).toBe(0x0a);
    expect(log.size()).toBe(appended);
    expect(log.health()).toMatchObject({ state: 'unwritable', size: appended });
    expect(log.query({ limit: 1 }).events[0]?.seq).toBe(appended - 1);
    spawnSync('mount', ['-o', 'remount,size=1m', disk]);
    expect(log.append(step('after')).seq).toBe(appended);
    expect(log.health().state).not.toBe('unwritable');
    expect(await log.verify()).toMatchObject({ intact: true, size: appended + 1 });
    log.close();
  });

  it('can be left for another folder, whose first event names the old log', async () => {
    const disk = smallDisk(128) as string;
    const folder = join(disk, 'log');
    let current = folder;
    const options = logOptions('', { folder: () => current });
    const log = openLog('', { folder: () => current });
    try {
      for (;;) log.append(step('filling', { text: 'x'.repeat(2_000) }));
    } catch {
      // Full.
    }
    const { size, root } = log.health();
    const target = join(temporaryFolder(), 'log');
    const moved = moveLog(log, options, target, 'the disk is full', (to) => {
      current = to;
    });
    expect(moved).toMatchObject({
      seq: 0,
      event_type: 'log',
      action: 'moved',
      reason: 'the disk is full',
      data: { previous_folder: folder, previous_size: size, previous_root: root },
    });
    expect(log.append(step('after')).seq).toBe(1);
    expect([...log.earlier()]).toHaveLength(size);
    expect(await log.verify()).toMatchObject({ intact: true, size: 2 });
    log.close();
  });
});

describe('a folder that cannot be written', () => {
  it('stops the append with the reason', () => {
    const parent = temporaryFolder();
    writeFileSync(join(parent, 'log'), 'a file where the folder should be');
    const log = openLog(join(parent, 'log'));
    expect(() => log.append(step('x'))).toThrow(expect.objectContaining({ code: 'log-unwritable' }));
    expect(log.health()).toMatchObject({ state: 'unwritable' });
    expect(readFileSync(join(parent, 'log'), 'utf8')).toBe('a file where the folder should be');
    log.close();
  });

  it.skipIf(!isRoot)('on a read-only file system can still be read (needs root, to mount one)', () => {
    const disk = smallDisk(512) as string;
    const folder = join(disk, 'log');
    filledLog(folder, 3).close();
    spawnSync('mount', ['-o', 'remount,ro', disk]);
    const log = openLog(folder);
    expect(log.size()).toBe(3);
    expect(log.query({ limit: 10 }).events).toHaveLength(3);
    expect(() => log.append(step('x'))).toThrow(
      expect.objectContaining({ code: 'log-unwritable', message: expect.stringContaining('read-only') }),
    );
    expect(log.health()).toMatchObject({ state: 'unwritable', size: 3 });
    log.close();
  });
});

describe('moving', () => {
  function movable(count: number) {
    const first = join(temporaryFolder(), 'log');
    let current = first;
    filledLog(first, count).close();
    const options = logOptions('', { folder: () => current });
    const log = openLog('', { folder: () => current });
    const relocate = (to: string) => {
      current = to;
    };
    return { log, options, relocate, first };
  }

  it('twice keeps the whole history readable in order', () => {
    const { log, options, relocate, first } = movable(3);
    expect(log.size()).toBe(3);
    const generation = log.tip().generation;
    const second = join(temporaryFolder(), 'b');
    const third = join(temporaryFolder(), 'c');
    moveLog(log, options, second, 'one', relocate);
    log.append(step('in the second'));
    expect(log.tip()).toMatchObject({ size: 2, nextSeq: 2 });
    expect(log.tip().generation).not.toBe(generation);
    moveLog(log, options, third, 'two', relocate);
    log.append(step('in the third'));
    const all = [...log.earlier(), ...log.scan()].map(({ action, seq }) => `${seq} ${action}`);
    expect(all).toEqual([
      '0 done',
      '1 done',
      '2 done',
      '0 moved',
      '1 in the second',
      '0 moved',
      '1 in the third',
    ]);
    rmSync(first, { recursive: true });
    expect([...log.earlier()].map(({ action }) => action)).toEqual(['moved', 'in the second']);
    log.close();
  });

  it('can be repeated when it was interrupted before it was made known', () => {
    const { log, options, relocate } = movable(2);
    const target = join(temporaryFolder(), 'next');
    expect(() =>
      moveLog(log, options, target, 'first try', () => {
        throw new Error('interrupted');
      }),
    ).toThrow('interrupted');
    expect(log.append(step('still in the old one')).seq).toBe(2);
    expect(() => moveLog(log, options, target, 'second try', relocate)).not.toThrow();
    expect([...log.earlier()].map(({ action }) => action)).toEqual(['done', 'done', 'still in the old one']);
    expect([...log.scan()].map(({ reason }) => reason)).toEqual(['first try', 'second try']);
    log.close();
  });

  it('is refused into a folder that holds another log, and to where the log is', () => {
    const { log, options, relocate, first } = movable(2);
    const occupied = join(temporaryFolder(), 'occupied');
    filledLog(occupied, 2).close();
    expect(() => moveLog(log, options, occupied, 'why', relocate)).toThrow(
      expect.objectContaining({ code: 'file-exists' }),
    );
    expect(() => moveLog(log, options, first, 'why', relocate)).toThrow(
      expect.objectContaining({ code: 'invalid-input' }),
    );
    expect(log.append(step('after')).seq).toBe(2);
    log.close();
  });

  it('ends a corruption without touching the damaged log', () => {
    const { log, options, relocate, first } = movable(4);
    writeFileSync(
      join(first, 'events.jsonl'),
      readFileSync(join(first, 'events.jsonl'), 'utf8').split('\n').slice(0, 2).join('\n').concat('\n'),
    );
    expect(() => log.append(step('x'))).toThrow(expect.objectContaining({ code: 'log-corrupt' }));
    const damaged = readFileSync(join(first, 'events.jsonl'));
    const event = moveLog(log, options, join(temporaryFolder(), 'next'), 'damaged', relocate);
    expect(event.data).toMatchObject({ previous_state: 'corrupt', previous_size: 2 });
    expect(log.append(step('after')).seq).toBe(1);
    expect(readFileSync(join(first, 'events.jsonl')).equals(damaged)).toBe(true);
    log.close();
  });
});

describe('exporting', () => {
  const unsigned = (folder: string, log: FileEventLog) => {
    const { clock, identity } = logOptions(folder);
    const keys = new UnsealedSigningKeys();
    const checkpoints = new Checkpoints({ log, folder: () => folder, keys, clock, identity, warn: () => {} });
    return { log, checkpoints, clock };
  };

  it('copies the log byte for byte, with size and root, readable by its owner only', async () => {
    const folder = temporaryFolder();
    const log = filledLog(folder, 5);
    const out = join(temporaryFolder(), 'export');
    const exported = await exportLog(unsigned(folder, log), out);
    expect(exported).toEqual({
      folder: out,
      size: 6,
      root: log.root(),
      signed: false,
      unsigned_because: 'There are no signing keys yet.',
    });
    expect(readFileSync(join(out, 'events.jsonl')).equals(readFileSync(join(folder, 'events.jsonl')))).toBe(
      true,
    );
    expect(JSON.parse(readFileSync(join(out, 'root.json'), 'utf8'))).toMatchObject({
      size: 6,
      root: log.root(),
    });
    expect(log.query({ limit: 1 }).events[0]).toMatchObject({ action: 'exported', data: { folder: out } });
    expect(statSync(out).mode & 0o777).toBe(0o700);
    for (const name of ['events.jsonl', 'root.json'])
      expect(statSync(join(out, name)).mode & 0o777).toBe(0o600);
    await expect(exportLog(unsigned(folder, log), out)).rejects.toMatchObject({ code: 'file-exists' });
    log.close();
  });

  it('copies a damaged log too, and says so', async () => {
    const folder = temporaryFolder();
    const log = filledLog(folder, 5);
    const path = join(folder, 'events.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"index":2', '"index":7'));
    expect(await log.verify()).toMatchObject({ intact: false });
    const out = join(temporaryFolder(), 'export');
    await exportLog(unsigned(folder, log), out);
    expect(JSON.parse(readFileSync(join(out, 'root.json'), 'utf8'))).toMatchObject({
      size: 5,
      state: 'corrupt',
    });
    log.close();
  });
});

describe('the files', () => {
  it('are private, and reading alone creates none', () => {
    const folder = join(temporaryFolder(), 'data', 'log');
    const log = openLog(folder);
    expect(log.size()).toBe(0);
    expect(log.query({ limit: 5 })).toEqual({ events: [], nextBeforeSeq: null });
    expect(log.root()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(existsSync(folder)).toBe(false);
    log.append(step('first'));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'events.jsonl')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'hashes')).mode & 0o777).toBe(0o600);
    log.close();
  });

  it('survive that someone removes the lock file kept for taking the lock', () => {
    const folder = temporaryFolder();
    const log = filledLog(folder, 2);
    for (const name of ['events.jsonl']) chmodSync(join(folder, name), 0o600);
    mkdirSync(join(folder, 'other'));
    for (const name of spawnSync('ls', ['-A', folder], { encoding: 'utf8' }).stdout.split('\n')) {
      if (name.startsWith('.lock.')) unlinkSync(join(folder, name));
    }
    expect(log.append(step('after')).seq).toBe(2);
    log.close();
  });
});

describe('clock jumps', () => {
  it('are events of their own, before the event in which they were noticed', () => {
    let wall = Date.parse('2026-11-23T08:00:00.000Z');
    let monotonic = 0;
    const clock: Clock = { now: () => new Date(wall), monotonic: () => monotonic };
    const pass = (milliseconds: number, jump = 0) => {
      monotonic += milliseconds;
      wall += milliseconds + jump;
    };
    const folder = temporaryFolder();
    const log = openLog(folder, { clock });
    log.append(step('a'));
    pass(3_600_000);
    log.append(step('b'));
    pass(1_000, -60_000);
    log.append(step('c'));
    pass(1_000);
    log.append(step('d'));
    log.close();
    wall -= 3_600_000;
    const later = openLog(folder, { clock });
    later.append(step('e'));
    later.append(step('f'));
    expect([...later.scan()].map(({ action, data }) => [action, data?.milliseconds ?? null])).toEqual([
      ['a', null],
      ['b', null],
      ['clock-jumped', -60_000],
      ['c', null],
      ['d', null],
      ['clock-jumped', -3_600_000],
      ['e', null],
      ['f', null],
    ]);
    later.close();
  });
});
