import { describe, expect, it } from 'vitest';
import { metricCards } from '#renderer/features/metrics/metric-cards.ts';
import type { MetricsPoint } from '#shared/model/metrics.ts';

const day = (date: string, more: Partial<MetricsPoint> = {}): MetricsPoint => ({
  from: date,
  to: date,
  rotations: { succeeded: 0, failed: 0, duration_ms: null, timed: 0 },
  due_soon: null,
  overdue: null,
  compliance: null,
  availability: null,
  ...more,
});
const rotated = (succeeded: number, failed: number, duration_ms: number | null, timed = succeeded) => ({
  rotations: { succeeded, failed, duration_ms, timed },
});
function card(title: string, ...points: MetricsPoint[]) {
  const found = metricCards(points).find((one) => one.title === title);
  if (!found) throw new Error(title);
  return found;
}

it('without a point that says something there is no figure', () => {
  expect(metricCards([day('2026-11-26'), day('2026-11-27')]).map(({ figure }) => figure)).toEqual([
    null,
    null,
    null,
    null,
    null,
  ]);
});

it('one rotation is one rotation', () => {
  const one = card('Average rotation duration', day('2026-11-27', rotated(1, 0, 93_000)));
  expect([one.figure, one.beside]).toEqual(['1 min 33 s', 'Over 1 rotation.']);
});

it('the mean is over the rotations whose duration is known', () => {
  const mean = card(
    'Average rotation duration',
    day('2026-11-26', rotated(9, 0, 10_000, 1)),
    day('2026-11-27', rotated(1, 0, 30_000)),
  );
  expect([mean.figure, mean.beside]).toEqual(['20 s', 'Over 2 rotations. At the beginning, 10 s.']);
});

it('success compares halves of the range, where both have rotations', () => {
  const [early, late] = [day('2026-11-26', rotated(1, 1, null)), day('2026-11-27', rotated(2, 0, null))];
  const beside = (...points: MetricsPoint[]) => card('Rotation success rate', ...points).beside;
  expect(beside(early, late)).toBe('3 of 4 succeeded. In the first half of this time, 1 of 2.');
  expect(beside(day('2026-11-26'), late)).toBe('2 of 2 succeeded.');
  expect(beside(early, day('2026-11-27'))).toBe('1 of 2 succeeded.');
});

it('the figure of due keys is the last point of its line', () => {
  const due = card(
    'Keys approaching expiry',
    day('2026-11-25', { due_soon: 4, overdue: 1 }),
    day('2026-11-26', { due_soon: 2, overdue: 1 }),
    day('2026-11-27'),
  );
  expect(due.figure).toBe('3');
  expect(due.points.map(({ value }) => value)).toEqual([5, 3, null]);
  expect(due.beside).toBe('2 due soon, 1 overdue. At the beginning, 5.');
});

it('a failure among many is not rounded away', () => {
  const available = card('System availability', day('2026-11-27', { availability: 0.998 }));
  expect([available.figure, available.beside]).toEqual(['> 99 %', 'Measured once.']);
});

describe('the label of a point', () => {
  const labels = (...points: MetricsPoint[]) =>
    card('Compliance score', ...points).points.map(({ label }) => label);

  it('is short, and has its year where that is not the last one', () => {
    const weeks = [
      { ...day('2025-11-22'), to: '2025-11-28' },
      { ...day('2026-10-31'), to: '2026-11-06' },
      { ...day('2026-11-21'), to: '2026-11-27' },
    ];
    expect(labels(...weeks)).toEqual(['22–28 Nov 2025', '31 Oct–6 Nov', '21–27 Nov']);
    expect(labels(day('2026-11-27'))).toEqual(['27 Nov']);
  });
});

it('no due key is said in words', () => {
  const due = card('Keys approaching expiry', day('2026-11-27', { due_soon: 0, overdue: 0 }));
  expect([due.figure, due.beside]).toEqual(['0', 'None due soon or overdue. Measured once.']);
});
