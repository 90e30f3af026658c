import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FileEventLog } from '#electron/services/events/file-event-log.ts';
import { moveLog } from '#electron/services/events/log-move.ts';
import { Projection } from '#electron/services/events/projection.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filledLog, logOptions, openLog, sibling, step } from './log-fixture.ts';

interface Counts {
  total: number;
  byAction: Record<string, number>;
}

/** Counts events, and how many of them were folded by this process: what the cache is to save. */
function counting(log: FileEventLog, cacheFile: string, version = 1) {
  const work = { folded: 0 };
  const projection = new Projection<Counts>({
    log,
    cacheFile,
    version,
    initial: () => ({ total: 0, byAction: {} }),
    apply: (state, { action }) => {
      work.folded += 1;
      state.total += 1;
      state.byAction[action] = (state.byAction[action] ?? 0) + 1;
      return state;
    },
    parse: (json) => {
      const state = json as Counts;
      if (typeof state.total !== 'number') throw new Error('not counts');
      return state;
    },
  });
  return { projection, work };
}

function cachedLog(count: number) {
  const data = temporaryFolder();
  const folder = join(data, 'log');
  const cacheFile = join(data, 'cache', 'counts.json');
  const log = filledLog(folder, count);
  const { projection } = counting(log, cacheFile);
  expect(projection.state.total).toBe(count);
  projection.close();
  log.close();
  return { data, folder, cacheFile };
}

describe('a projection', () => {
  it('is current after every append, of this process and of others', () => {
    const folder = temporaryFolder();
    const log = filledLog(folder, 3);
    const { projection, work } = counting(log, join(folder, 'cache', 'counts.json'));
    expect(projection.state).toEqual({ total: 3, byAction: { done: 3 } });
    log.append(step('mine'));
    expect(projection.state.byAction.mine).toBe(1);
    spawnSync(process.execPath, [sibling('append-many.ts'), folder, 'other', '2']);
    expect(projection.state).toEqual({ total: 6, byAction: { done: 3, mine: 1, written: 2 } });
    expect(work.folded).toBe(6);
    projection.close();
    expect(existsSync(join(folder, 'cache'))).toBe(false);
    log.close();
  });

  it('starts from its cache and folds only what came after', () => {
    const { folder, cacheFile } = cachedLog(300);
    expect(statSync(cacheFile).mode & 0o777).toBe(0o600);
    const log = openLog(folder);
    log.append(step('after'));
    const { projection, work } = counting(log, cacheFile);
    expect(projection.state).toEqual({ total: 301, byAction: { done: 300, after: 1 } });
    expect(work.folded).toBe(1);
    log.close();
  });

  const wrong: [string, (cacheFile: string, folder: string) => void][] = [
    ['missing', (file) => rmSync(file)],
    ['empty', (file) => truncateSync(file, 0)],
    ['cut short', (file) => truncateSync(file, statSync(file).size - 3)],
    [
      'altered',
      (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('"total":300', '"total":301')),
    ],
    ['not a cache', (file) => writeFileSync(file, 'hello\nworld')],
    [
      'a folder',
      (file) => {
        rmSync(file);
        mkdirSync(file);
      },
    ],
    [
      'of another log with as many events',
      (file) => {
        const other = cachedLog(300);
        writeFileSync(file, readFileSync(other.cacheFile));
      },
    ],
    [
      'of a longer log',
      (file) => {
        const other = cachedLog(301);
        writeFileSync(file, readFileSync(other.cacheFile));
      },
    ],
  ];
  it.each(wrong)('ignores a cache that is %s', (_name, damage) => {
    const { folder, cacheFile } = cachedLog(300);
    damage(cacheFile, folder);
    const log = openLog(folder);
    const { projection, work } = counting(log, cacheFile);
    expect(projection.state).toEqual({ total: 300, byAction: { done: 300 } });
    expect(work.folded).toBe(300);
    expect(() => projection.close()).not.toThrow();
    log.close();
  });

  it('ignores a cache of another version', () => {
    const { folder, cacheFile } = cachedLog(300);
    const log = openLog(folder);
    const { projection, work } = counting(log, cacheFile, 2);
    expect(projection.state.total).toBe(300);
    expect(work.folded).toBe(300);
    log.close();
  });

  it('does without its cache where it cannot be written', () => {
    const data = temporaryFolder();
    writeFileSync(join(data, 'cache'), 'a file where the folder should be');
    const log = filledLog(join(data, 'log'), 300);
    const { projection } = counting(log, join(data, 'cache', 'counts.json'));
    expect(projection.state.total).toBe(300);
    expect(() => projection.close()).not.toThrow();
    log.close();
  });

  it('remembers what was folded before the log was moved, in this process and in the next', () => {
    const data = temporaryFolder();
    let current = join(data, 'log');
    filledLog(current, 3).close();
    const log = openLog('', { folder: () => current });
    const cacheFile = join(data, 'cache', 'counts.json');
    const { projection } = counting(log, cacheFile);
    expect(projection.state.total).toBe(3);
    moveLog(log, logOptions('', { folder: () => current }), join(data, 'next'), 'why', (to) => {
      current = to;
    });
    log.append(step('after'));
    const expected = { total: 5, byAction: { done: 3, moved: 1, after: 1 } };
    expect(projection.state).toEqual(expected);
    log.close();
    const later = openLog(join(data, 'next'));
    expect(counting(later, cacheFile).projection.state).toEqual(expected);
    later.close();
  });
});
