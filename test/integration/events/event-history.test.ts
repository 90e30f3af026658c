import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { EventHistory } from '#electron/services/events/event-history.ts';
import { moveLog } from '#electron/services/events/log-move.ts';
import type { EventQuery, ListedEvent } from '#shared/model/event.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { logOptions, openLog, step } from './log-fixture.ts';

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const log of opened.splice(0)) log.close();
});

/** A history of several logs, each with so many steps of its own after the event of the move. */
function movedThrough(...counts: number[]) {
  const root = temporaryFolder();
  const folderOf = (index: number) => join(root, `log-${index}`);
  let current = folderOf(0);
  const options = logOptions('', { folder: () => current });
  const log = openLog('', { folder: () => current });
  opened.push(log);
  const moveTo = (folder: string) =>
    moveLog(log, options, folder, 'a test', (to) => {
      current = to;
    });
  counts.forEach((count, index) => {
    if (index > 0) moveTo(folderOf(index));
    for (let n = 0; n < count; n += 1) log.append(step(n % 3 === 0 ? 'third' : 'other', { log: index, n }));
  });
  return { log, history: new EventHistory(log), folderOf, moveTo };
}

/** As a person would say it: which log, which number, what. */
const words = ({ earlier_log, seq, action }: ListedEvent) =>
  `${earlier_log?.at(-1) ?? 'current'} ${seq} ${action}`;

function pages(history: EventHistory, query: Partial<EventQuery> & { limit: number }): ListedEvent[][] {
  const all: ListedEvent[][] = [];
  for (let from = {}; ; ) {
    const { events, next } = history.query({ ...query, ...from });
    all.push(events);
    if (next === null) return all;
    from = next;
  }
}

describe('the history across moves of the log', () => {
  it('goes on in the logs before, newest first, each event marked with its log', () => {
    const { history, folderOf } = movedThrough(3, 2, 1);
    const { events, next, logs, unreadable } = history.query({ limit: 100 });
    expect(events.map(words)).toEqual([
      'current 1 third',
      'current 0 moved',
      '1 2 other',
      '1 1 third',
      '1 0 moved',
      '0 2 other',
      '0 1 other',
      '0 0 third',
    ]);
    expect(next).toBeNull();
    expect(unreadable).toBeNull();
    expect(logs.map(({ folder, nextSeq }) => [folder, nextSeq])).toEqual([
      [folderOf(2), 2],
      [folderOf(1), 3],
      [folderOf(0), 3],
    ]);
    expect(new Set(logs.map(({ id }) => id)).size).toBe(3);
  });

  it('gives each event once, however long the pages are and whatever is asked for', () => {
    const { history } = movedThrough(7, 0, 5, 4);
    const everything = history.query({ limit: 1000 }).events;
    expect(everything).toHaveLength(7 + 1 + 6 + 5);
    const random = fc.record({
      limit: fc.integer({ min: 1, max: 25 }),
      only: fc.constantFrom('third', 'moved', null),
    });
    fc.assert(
      fc.property(random, ({ limit, only }) => {
        const found = pages(history, { limit, ...(only === null ? {} : { text: only }) });
        const expected = everything.filter(({ action }) => only === null || action === only);
        expect(found.flat().map(words)).toEqual(expected.map(words));
        expect(found.slice(0, -1).every(({ length }) => length === limit)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('goes on at the same place when the log was moved between two pages', () => {
    const { history, log, moveTo } = movedThrough(6);
    const first = history.query({ limit: 2 });
    moveTo(join(temporaryFolder(), 'next'));
    log.append(step('later'));
    const { events } = history.query({ limit: 10, ...first.next });
    expect(events.map(({ seq }) => seq)).toEqual([3, 2, 1, 0]);
    expect(history.query({ limit: 3 }).events.map(({ seq }) => seq)).toEqual([1, 0, 5]);
  });

  it('says which log cannot be read, and shows the others', () => {
    const { history, folderOf } = movedThrough(2, 2, 2);
    const before = history.query({ limit: 100 });
    renameSync(folderOf(0), `${folderOf(0)}-elsewhere`);
    const after = history.query({ limit: 100 });
    expect(after.unreadable).toBe(folderOf(0));
    expect(after.events).toEqual(before.events.filter(({ earlier_log }) => earlier_log !== folderOf(0)));
    const lost = { log: before.logs.at(-1)?.id ?? '', beforeSeq: 1 };
    expect(() => history.query({ limit: 1, ...lost })).toThrow(
      expect.objectContaining({ code: 'invalid-input', remedy: expect.stringContaining('readable') }),
    );
    renameSync(`${folderOf(0)}-elsewhere`, folderOf(0));
    expect(history.query({ limit: 100 })).toEqual(before);
  });

  it('ends where the move says that the earlier log ended', () => {
    const { history, folderOf } = movedThrough(3, 1);
    const text = join(folderOf(0), 'events.jsonl');
    const [first = ''] = readFileSync(text, 'utf8').split('\n');
    appendFileSync(text, `${first.replace('"seq":0,', '"seq":3,')}\n{"torn`);
    expect(history.query({ limit: 10 }).events.map(words)).toEqual([
      'current 1 third',
      'current 0 moved',
      '0 2 other',
      '0 1 other',
      '0 0 third',
    ]);
  });

  it('leaves out what is damaged in an earlier log, and no more', () => {
    const { history, folderOf } = movedThrough(4, 1);
    const text = join(folderOf(0), 'events.jsonl');
    const lines = readFileSync(text, 'utf8').split('\n');
    writeFileSync(text, lines.with(1, 'x'.repeat(lines[1]?.length ?? 0)).join('\n'));
    expect(history.query({ limit: 10 }).events.map(({ seq }) => seq)).toEqual([1, 0, 3, 2, 0]);
  });

  it('ends when folders that name each other make a circle', () => {
    const { history, folderOf, moveTo } = movedThrough(1, 1);
    rmSync(folderOf(0), { recursive: true });
    moveTo(folderOf(0));
    expect(existsSync(folderOf(0))).toBe(true);
    expect(history.query({ limit: 10 }).events.map(words)).toEqual([
      'current 0 moved',
      '1 1 third',
      '1 0 moved',
    ]);
  });

  it('finds what is wanted, oldest first', () => {
    const { history } = movedThrough(4, 4);
    const { events, unreadable } = history.matching(({ action }) => action === 'third');
    expect(events.map(words)).toEqual(['0 0 third', '0 3 third', 'current 1 third', 'current 4 third']);
    expect(unreadable).toBeNull();
  });

  it('is empty where there is no log yet, and creates nothing', () => {
    const folder = join(temporaryFolder(), 'log');
    const log = openLog(folder);
    opened.push(log);
    expect(new EventHistory(log).query({ limit: 10 })).toEqual({
      events: [],
      next: null,
      logs: [],
      unreadable: null,
    });
    expect(existsSync(folder)).toBe(false);
  });
});
