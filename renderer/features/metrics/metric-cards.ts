import type { ChartPoint } from '#renderer/ui/chart/chart.tsx';
import { shareInWords } from '#shared/logic/share-in-words.ts';
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
  /** Short, for the axis. */
  format: (value: number) => string;
  /** For the table, where nothing is rounded away. */
  exact: (value: number) => string;
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
  const half = points.slice(0, Math.floor(points.length / 2));
  const before = sum(half.map(({ rotations }) => rotations.succeeded));
  const allBefore = before + sum(half.map(({ rotations }) => rotations.failed));
  // A day has one rotation or none: only halves of the range say something against each other.
  const compared =
    allBefore > 0 && allBefore < all ? ` In the first half of this time, ${before} of ${allBefore}.` : '';
  const most = Math.max(1, ...points.map(({ rotations }) => rotations.succeeded + rotations.failed));
  return {
    title: 'Rotation success rate',
    what: 'Rotations that ended: with the new value in use, or (hollow) rolled back or given up. Drills are not counted.',
    figure: all === 0 ? null : percent(succeeded / all),
    beside: all === 0 ? 'No rotation ended.' : `${succeeded} of ${all} succeeded.${compared}`,
    kind: 'bars',
    points: points.map((point) => ({
      label: labelIn(points, point),
      value: point.rotations.succeeded,
      failed: point.rotations.failed,
    })),
    max: most,
    format: whole,
    exact: whole,
  };
}

function duration(points: readonly MetricsPoint[]): MetricCard {
  const known = points.flatMap(({ rotations: { duration_ms, timed } }) =>
    duration_ms === null ? [] : [{ duration_ms, timed }],
  );
  const count = sum(known.map(({ timed }) => timed));
  const mean = sum(known.map(({ duration_ms, timed }) => duration_ms * timed)) / count;
  const first = known[0];
  return {
    title: 'Average rotation duration',
    what: 'From the plan until the new value was in use; soaks are not part of it.',
    figure: count === 0 ? null : compactDuration(mean),
    beside:
      first === undefined
        ? 'No rotation with a known duration.'
        : `Over ${count} ${count === 1 ? 'rotation' : 'rotations'}.${
            known.length === 1 ? '' : ` At the beginning, ${compactDuration(first.duration_ms)}.`
          }`,
    kind: 'line',
    points: points.map((point) => ({ label: labelIn(points, point), value: point.rotations.duration_ms })),
    max: Math.max(1_000, ...known.map(({ duration_ms }) => duration_ms)),
    format: shortDuration,
    exact: compactDuration,
  };
}

function comingDue(points: readonly MetricsPoint[]): MetricCard {
  const last = points.findLast(({ due_soon }) => due_soon !== null);
  const counts = points.map(({ due_soon, overdue }) =>
    due_soon === null ? null : due_soon + (overdue ?? 0),
  );
  const known = counts.flatMap((count) => count ?? []);
  return {
    title: 'Keys approaching expiry',
    what: 'Keys that are due soon or overdue, at the last health check of each day or week.',
    figure: last === undefined ? null : whole(known.at(-1) ?? 0),
    beside: last === undefined ? 'Not measured yet.' : `${dueWords(last)} ${changeInKeys(known)}`,
    kind: 'line',
    points: points.map((point, index) => ({
      label: labelIn(points, point),
      value: counts[index] ?? null,
    })),
    max: Math.max(1, ...known),
    format: whole,
    exact: whole,
  };
}

function dueWords({ due_soon, overdue }: Pick<MetricsPoint, 'due_soon' | 'overdue'>): string {
  const late = overdue ?? 0;
  if (late === 0) return due_soon === 0 ? 'None due soon or overdue.' : 'Due soon; none overdue.';
  return `${due_soon ?? 0} due soon, ${late} overdue.`;
}

function changeInKeys(known: readonly number[]): string {
  const [first = 0, last = 0] = [known[0], known.at(-1)];
  if (known.length === 1) return 'Measured once.';
  return first === last ? 'As at the beginning.' : `At the beginning, ${first}.`;
}

function compliance(points: readonly MetricsPoint[]): MetricCard {
  return shareCard(points, (point) => point.compliance, {
    title: 'Compliance score',
    what: 'Share of keys that are compliant or due soon.',
    format: percent,
  });
}

function availability(points: readonly MetricsPoint[]): MetricCard {
  return shareCard(points, (point) => point.availability, {
    title: 'System availability',
    what: 'Share of environments that could be read and whose service answered well, over all health checks of each day or week.',
    format: shareInWords,
  });
}

function shareCard(
  points: readonly MetricsPoint[],
  of: (point: MetricsPoint) => number | null,
  words: Pick<MetricCard, 'title' | 'what' | 'format'>,
): MetricCard {
  const known = points.flatMap((point) => of(point) ?? []);
  const [first, last] = [known[0], known.at(-1)];
  return {
    ...words,
    figure: last === undefined ? null : words.format(last),
    beside:
      first === undefined || last === undefined ? 'Not measured yet.' : compared(first, last, known.length),
    kind: 'line',
    points: points.map((point) => ({ label: labelIn(points, point), value: of(point) })),
    max: 1,
    exact: words.format,
  };
}

function compared(first: number, last: number, count: number): string {
  if (count === 1) return 'Measured once.';
  const change = Math.round(100 * last) - Math.round(100 * first);
  if (first === last) return 'As at the beginning.';
  if (change === 0) return `Less than a point ${last > first ? 'more' : 'less'} than at the beginning.`;
  if (Math.abs(change) === 1) return `1 point ${change > 0 ? 'more' : 'less'} than at the beginning.`;
  return `${Math.abs(change)} points ${change > 0 ? 'more' : 'less'} than at the beginning.`;
}

function shortDuration(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 6_000) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3_600)} h`;
}

/** The largest two units that say something: `1 min 33 s`. */
function compactDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return '< 1 s';
  const told = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return told.map(([count, unit]) => `${count} ${unit}`).join(' ');
}

/** `3 Nov`, or `3–9 Nov` for a week: short enough to stand under a chart. With the year where it is not the last one. */
function labelIn(points: readonly MetricsPoint[], { from, to }: MetricsPoint): string {
  const year = to.slice(0, 4);
  const end = year === points.at(-1)?.to.slice(0, 4) ? dayOf(to) : `${dayOf(to)} ${year}`;
  if (from === to) return end;
  return from.slice(0, 7) === to.slice(0, 7) ? `${Number(from.slice(8))}–${end}` : `${dayOf(from)}–${end}`;
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
