import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyMetricsRecord, foldMetrics, type MetricsRecord } from '#shared/logic/metrics-fold.ts';
import { metricsSeries } from '#shared/logic/metrics-series.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { type HealthSample, metricsDays } from '#shared/model/metrics.ts';

const now = new Date('2026-11-27T12:00:00.000Z');
const environment = { id: 'e1', name: 'Shop', stage: 'production' } as const;
const dayMs = 86_400_000;
const daysAgo = (days: number, hour = 9) =>
  new Date(Date.parse('2026-11-27T00:00:00.000Z') - days * dayMs + hour * 3_600_000).toISOString();

const sample = (more: Partial<HealthSample> = {}): HealthSample => ({
  keys: 10,
  compliant: 8,
  due_soon: 1,
  overdue: 1,
  environments: 4,
  available: 4,
  ...more,
});
const checked = (timestamp: string, one: unknown) =>
  ({
    event_type: 'task',
    action: 'succeeded',
    timestamp,
    data: { task: 'health-check', task_run: 'x', good: true, summary: '', sample: one },
  }) as unknown as LogEvent;
const rotation = (timestamp: string, action: string, seconds = 60, drill = false) => {
  const common = {
    event_type: 'key_rotation',
    rotation_id: timestamp,
    environment,
    key_type: 'A',
    drill,
  } as const;
  const activated_at = new Date(Date.parse(timestamp) + seconds * 1_000).toISOString();
  return [
    { ...common, action: 'planned', timestamp, data: {} },
    { ...common, action, timestamp, data: { activated_at } },
  ] as LogEvent[];
};
function folded(...events: LogEvent[]): MetricsRecord {
  const record = emptyMetricsRecord();
  for (const event of events) foldMetrics(record, event);
  return record;
}

describe('a point', () => {
  it('of a day has its rotations, its last sample, and availability over all of them', () => {
    const record = folded(
      ...rotation(daysAgo(1), 'rotated', 60),
      ...rotation(daysAgo(1, 10), 'rotated', 120),
      ...rotation(daysAgo(1, 11), 'rolled-back'),
      ...rotation(daysAgo(1, 12), 'rotated', 5, true),
      checked(daysAgo(1, 1), sample({ available: 2 })),
      checked(daysAgo(1, 5), sample({ due_soon: 2, compliant: 7 })),
    );
    expect(metricsSeries(record, 30, now).at(-2)).toEqual({
      from: '2026-11-26',
      to: '2026-11-26',
      rotations: { succeeded: 2, failed: 1, duration_ms: 90_000, timed: 2 },
      due_soon: 2,
      overdue: 1,
      compliance: 0.9,
      availability: 0.75,
    });
  });

  it('of a time in which nobody measured is a gap, never zero', () => {
    expect(metricsSeries(emptyMetricsRecord(), 30, now)[0]).toEqual({
      from: '2026-10-29',
      to: '2026-10-29',
      rotations: { succeeded: 0, failed: 0, duration_ms: null, timed: 0 },
      due_soon: null,
      overdue: null,
      compliance: null,
      availability: null,
    });
    const nothing = folded(checked(daysAgo(0), sample({ keys: 0, environments: 0, available: 0 })));
    expect(metricsSeries(nothing, 30, now).at(-1)).toMatchObject({
      due_soon: null,
      overdue: null,
      compliance: null,
      availability: null,
    });
  });

  it('counts a rotation whose plan is in another log, without a duration', () => {
    const [, ended] = rotation(daysAgo(0), 'rotated');
    if (!ended) throw new Error('no end');
    expect(metricsSeries(folded(ended), 30, now).at(-1)?.rotations).toEqual({
      succeeded: 1,
      failed: 0,
      duration_ms: null,
      timed: 0,
    });
  });

  it('of a week has the last sample of it', () => {
    const record = folded(
      checked(daysAgo(6), sample({ due_soon: 5 })),
      checked(daysAgo(2), sample({ due_soon: 3 })),
    );
    expect(metricsSeries(record, 90, now).at(-1)).toMatchObject({
      from: '2026-11-21',
      to: '2026-11-27',
      due_soon: 3,
    });
  });

  it('passes over what an older version wrote', () => {
    expect(folded(checked(daysAgo(0), undefined), checked(daysAgo(0), { keys: 'many' })).days).toEqual({});
  });
});

it('property: in every range all rotations of it are counted once, and its days follow each other', () => {
  const ended = fc.record({
    ago: fc.integer({ min: 0, max: 380 }),
    action: fc.constantFrom('rotated', 'abandoned'),
  });
  fc.assert(
    fc.property(fc.array(ended), fc.constantFrom(...metricsDays), (list, range) => {
      const events = list
        .toSorted((a, b) => b.ago - a.ago)
        .flatMap(({ ago, action }, index) =>
          rotation(new Date(Date.parse(daysAgo(ago)) + index).toISOString(), action),
        );
      const points = metricsSeries(folded(...events), range, now);
      for (const [index, point] of points.entries()) {
        const before = points[index - 1];
        if (before) expect(Date.parse(point.from) - Date.parse(before.to)).toBe(dayMs);
      }
      const first = Date.parse(points[0]?.from ?? '');
      const within = list.filter(({ ago }) => Date.parse(daysAgo(ago)) >= first);
      const count = (of: 'succeeded' | 'failed') =>
        points.reduce((sum, { rotations }) => sum + rotations[of], 0);
      expect(count('succeeded')).toBe(within.filter(({ action }) => action === 'rotated').length);
      expect(count('failed')).toBe(within.filter(({ action }) => action === 'abandoned').length);
    }),
    { numRuns: 40 },
  );
});

it('keeps no more than it can show', () => {
  const record = emptyMetricsRecord();
  for (let ago = 500; ago >= 0; ago -= 1) foldMetrics(record, checked(daysAgo(ago), sample()));
  expect(Object.keys(record.days)).toHaveLength(400);
  expect(record.days['2026-11-27']).toBeDefined();
});
