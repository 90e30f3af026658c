import type { ChartPoint } from '#renderer/ui/chart/chart.tsx';
import { durationInWords } from '#shared/logic/duration-in-words.ts';
import type { MetricsPoint } from '#shared/model/metrics.ts';

/** One of the five metrics, as a card shows it. */
export interface MetricCard {
  title: string;
  what: string;
  /** The figure of the whole range, or the last one known; null: nothing is known. */
  figure: string | null;
  /** What stands beside the figure. */
  beside: string;
  kind: 'line' | 'bars';
  points: ChartPoint[];
  max: number;
  format: (value: number) => string;
}

/** The procedures' metrics, from the points of a range. */
export function metricCards(points: readonly MetricsPoint[]): MetricCard[] {
  return [successRate(points), duration(points), comingDue(points), compliance(points), availability(points)];
}

const percent = (share: number) => `${Math.round(100 * share)} %`;
const whole = (count: number) => String(Math.round(count));

function successRate(points: readonly MetricsPoint[]): MetricCard {
  const succeeded = sum(points.map(({ rotations }) => rotations.succeeded));
  const all = succeeded + sum(points.map(({ rotations }) => rotations.failed));
  const most = Math.max(1, ...points.map(({ rotations }) => rotations.succeeded + rotations.failed));
  return {
    title: 'Rotation success rate',
    what: 'Rotations that ended: with the new value in use, or rolled back and given up. Drills are not counted.',
    figure: all === 0 ? null : percent(succeeded / all),
    beside: all === 0 ? 'No rotation ended.' : `${succeeded} of ${all} succeeded.`,
    kind: 'bars',
    points: points.map((point) => ({
      label: labelOf(point),
      value: point.rotations.succeeded,
      failed: point.rotations.failed,
    })),
    max: most,
    format: whole,
  };
}

function duration(points: readonly MetricsPoint[]): MetricCard {
  const known = points.flatMap(({ rotations: { duration_ms, succeeded } }) =>
    duration_ms === null ? [] : [{ duration_ms, succeeded }],
  );
  const count = sum(known.map(({ succeeded }) => succeeded));
  const mean = sum(known.map(({ duration_ms, succeeded }) => duration_ms * succeeded)) / count;
  return {
    title: 'Average rotation duration',
    what: 'From the plan until the new value was in use; soaks are not part of it.',
    figure: count === 0 ? null : durationInWords(mean),
    beside: count === 0 ? 'No rotation ended.' : `Over ${count} rotations.`,
    kind: 'line',
    points: points.map((point) => ({ label: labelOf(point), value: point.rotations.duration_ms })),
    max: Math.max(1_000, ...known.map(({ duration_ms }) => duration_ms)),
    format: shortDuration,
  };
}

function comingDue(points: readonly MetricsPoint[]): MetricCard {
  const last = points.findLast(({ due_soon }) => due_soon !== null);
  const counts = points.map(({ due_soon, overdue }) =>
    due_soon === null ? null : due_soon + (overdue ?? 0),
  );
  return {
    title: 'Keys approaching expiry',
    what: 'Keys that are due soon or overdue, at the last health check of each day.',
    figure: last === undefined ? null : String(last.due_soon),
    beside:
      last === undefined
        ? 'Not measured yet.'
        : (last.overdue ?? 0) === 0
          ? 'due soon, none overdue.'
          : `due soon, and ${last.overdue} overdue.`,
    kind: 'line',
    points: points.map((point, index) => ({ label: labelOf(point), value: counts[index] ?? null })),
    max: Math.max(1, ...counts.map((count) => count ?? 0)),
    format: whole,
  };
}

function compliance(points: readonly MetricsPoint[]): MetricCard {
  return shareCard(points, (point) => point.compliance, {
    title: 'Compliance score',
    what: 'Share of keys that are compliant or due soon.',
  });
}

function availability(points: readonly MetricsPoint[]): MetricCard {
  return shareCard(points, (point) => point.availability, {
    title: 'System availability',
    what: 'Share of environments that could be read and whose service answered well, over all health checks.',
  });
}

function shareCard(
  points: readonly MetricsPoint[],
  of: (point: MetricsPoint) => number | null,
  words: Pick<MetricCard, 'title' | 'what'>,
): MetricCard {
  const known = points.flatMap((point) => of(point) ?? []);
  const [first, last] = [known[0], known.at(-1)];
  return {
    ...words,
    figure: last === undefined ? null : percent(last),
    beside:
      first === undefined || last === undefined ? 'Not measured yet.' : compared(first, last, known.length),
    kind: 'line',
    points: points.map((point) => ({ label: labelOf(point), value: of(point) })),
    max: 1,
    format: percent,
  };
}

function compared(first: number, last: number, count: number): string {
  if (count === 1) return 'Measured once.';
  const change = Math.round(100 * last) - Math.round(100 * first);
  if (change === 0) return 'As at the beginning.';
  return `${Math.abs(change)} points ${change > 0 ? 'more' : 'less'} than at the beginning.`;
}

function shortDuration(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 6_000) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}

/** `3 Nov`, or `3–9 Nov` for a week: short enough to stand under a chart. */
function labelOf({ from, to }: MetricsPoint): string {
  return from === to ? dayOf(to) : `${dayOf(from)}–${dayOf(to)}`;
}

function dayOf(date: string): string {
  return new Date(`${date}T00:00:00.000Z`).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
