import type { MetricsDays, MetricsPoint } from '../model/metrics.ts';
import type { MetricsDay, MetricsRecord } from './metrics-fold.ts';

const dayMs = 86_400_000;
/** A point for each day of a month, for each week of more. */
const pointDays: Readonly<Record<MetricsDays, number>> = { 30: 1, 90: 7, 365: 7 };

/** The metrics of the last days, today included, the oldest first. Pure. */
export function metricsSeries(
  { days }: Pick<MetricsRecord, 'days'>,
  range: MetricsDays,
  now: Date,
): MetricsPoint[] {
  const length = pointDays[range];
  const count = Math.ceil(range / length);
  const today = Math.floor(now.getTime() / dayMs);
  return Array.from({ length: count }, (_, index) => {
    const last = today - (count - 1 - index) * length;
    const first = last - length + 1;
    const dates = Array.from({ length }, (_day, offset) => dateOf(first + offset));
    return pointOf(dates, days);
  });
}

function pointOf(dates: readonly string[], days: MetricsRecord['days']): MetricsPoint {
  const known = dates.flatMap((date) => days[date] ?? []);
  const sum = (of: (day: MetricsDay) => number) => known.reduce((total, day) => total + of(day), 0);
  const last = known.findLast((day) => day.sample !== null)?.sample ?? null;
  // No keys: whoever only practises has nothing that could come due, which is not the same as none of it being due.
  const sample = last !== null && last.keys > 0 ? last : null;
  const [durations, asked] = [sum((day) => day.durationCount), sum((day) => day.asked)];
  return {
    from: dates[0] ?? '',
    to: dates.at(-1) ?? '',
    rotations: {
      succeeded: sum((day) => day.succeeded),
      failed: sum((day) => day.failed),
      duration_ms: durations === 0 ? null : Math.round(sum((day) => day.durationSum) / durations),
      timed: durations,
    },
    due_soon: sample?.due_soon ?? null,
    overdue: sample?.overdue ?? null,
    compliance: sample === null ? null : (sample.compliant + sample.due_soon) / sample.keys,
    availability: asked === 0 ? null : sum((day) => day.available) / asked,
  };
}

function dateOf(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}
