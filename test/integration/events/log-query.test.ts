import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileEventLog } from '#electron/services/events/file-event-log.ts';
import type { EventQuery, LogEvent } from '#shared/model/event.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { openLog } from './log-fixture.ts';

const environments = ['Production', 'Staging'].map((name, index) => ({
  id: `0190a000-0000-4000-8000-00000000000${index}`,
  name,
  stage: index === 0 ? ('production' as const) : ('staging' as const),
}));
const count = 2_000;
let log: FileEventLog;
let all: LogEvent[];

beforeAll(() => {
  let wall = Date.parse('2026-01-01T00:00:00.000Z');
  const clock = { now: () => new Date(wall), monotonic: () => wall };
  log = openLog(temporaryFolder(), { clock });
  for (let index = 0; index < count; index += 1) {
    wall += 60_000;
    log.append({
      event_type: index % 3 === 0 ? 'validation' : 'step',
      action: index % 5 === 0 ? 'say "hello"' : 'done',
      environment: environments[index % 2] ?? null,
      run_id: index % 7 === 0 ? `run-${Math.floor(index / 100)}` : null,
      data: { index, long: index % 50 === 0 ? 'Ünï'.repeat(30_000) : null },
    });
  }
  all = [...log.scan()];
});
afterAll(() => log.close());

/** What the query means, the slow way. */
function expected(query: Omit<EventQuery, 'limit'>): LogEvent[] {
  return all
    .filter(
      (event) =>
        (query.environment === undefined ||
          event.environment?.id === query.environment ||
          event.environment?.name === query.environment) &&
        (query.type === undefined || event.event_type === query.type) &&
        (query.runId === undefined || event.run_id === query.runId) &&
        (query.since === undefined || event.timestamp >= query.since) &&
        (query.until === undefined || event.timestamp <= query.until) &&
        (query.beforeSeq === undefined || event.seq < query.beforeSeq),
    )
    .reverse();
}

describe('a query', () => {
  it('finds what it should, page by page, whatever the filter', () => {
    const time = fc
      .integer({ min: -10, max: count + 10 })
      .map((minute) => new Date(Date.parse('2026-01-01T00:00:00.000Z') + minute * 60_000).toISOString());
    const anyQuery = fc.record(
      {
        environment: fc.constantFrom('Production', environments[1]?.id ?? '', 'Nowhere'),
        type: fc.constantFrom('step' as const, 'validation' as const, 'run' as const),
        runId: fc.constantFrom('run-3', 'run-19', 'run-'),
        since: time,
        until: time,
        beforeSeq: fc.nat({ max: count + 5 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anyQuery, fc.integer({ min: 20, max: 700 }), (query, limit) => {
        const found: LogEvent[] = [];
        for (let before: number | null | undefined = query.beforeSeq; before !== null; ) {
          const page = log.query({ ...query, limit, ...(before === undefined ? {} : { beforeSeq: before }) });
          expect(page.events.length).toBeLessThanOrEqual(limit);
          found.push(...page.events);
          before = page.nextBeforeSeq;
        }
        expect(found.map(({ seq }) => seq)).toEqual(expected(query).map(({ seq }) => seq));
      }),
      { numRuns: 40 },
    );
  });

  it('searches values, not the names of fields, without regard to case', () => {
    expect(log.query({ text: 'SAY "HELLO"', limit: 1_000 }).events).toHaveLength(count / 5);
    expect(log.query({ text: 'next_rotation_due', limit: 10 }).events).toHaveLength(0);
    expect(log.query({ text: 'üNÏ', limit: 1_000 }).events).toHaveLength(count / 50);
    expect(log.query({ text: 'operator@example.org', limit: 5 }).events).toHaveLength(5);
  });

  it('reads from any number on', () => {
    for (const seq of [0, 1, 49, 50, 51, 999, count - 1, count, count + 10]) {
      expect([...log.scan(seq)].map((event) => event.seq)).toEqual(
        Array.from({ length: Math.max(0, count - seq) }, (_, index) => seq + index),
      );
    }
  });
});
