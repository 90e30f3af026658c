import type { Report } from '../../model/report.ts';

/** What the charts of a report show: the same in report.pdf and in the window. Pure, in UTC. */

const day = 86_400_000;

export interface RotationsInInterval {
  /** First day of the interval, YYYY-MM-DD; `until` is the first day after it. */
  from: string;
  until: string;
  label: string;
  planned: number;
  emergency: number;
}

/** Completed rotations by day (up to 2 weeks), by week (up to half a year) or by month. */
export function rotationsOverTime(report: Pick<Report, 'period' | 'rotations'>): RotationsInInterval[] {
  const intervals = intervalsOf(Date.parse(report.period.from), Date.parse(report.period.to));
  for (const { outcome, ended_at, mode } of report.rotations) {
    if (outcome !== 'rotated' || ended_at === null) continue;
    const interval = intervals.find(({ from, until }) => ended_at >= from && ended_at.slice(0, 10) < until);
    if (interval) interval[mode] += 1;
  }
  return intervals;
}

function intervalsOf(from: number, to: number): RotationsInInterval[] {
  const days = (to - from) / day;
  const starts: number[] = [];
  for (let at = from; at < to; at = following(at, days)) starts.push(at);
  return starts.map((start, index) => {
    const date = isoDay(start);
    const label = days > 183 ? date.slice(0, 7) : date.slice(5);
    return { from: date, until: isoDay(starts[index + 1] ?? to), label, planned: 0, emergency: 0 };
  });
}

/** The next interval's first instant: intervals of months begin on their first day. */
function following(at: number, days: number): number {
  if (days <= 14) return at + day;
  if (days <= 183) return at + 7 * day;
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

function isoDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

export interface KeyAge {
  label: string;
  ageDays: number;
  cryptoperiodDays: number;
  /** Age as a share of the cryptoperiod, percent; over 100: overdue. */
  percent: number;
}

/** Observed keys whose age is known, oldest in terms of their cryptoperiod first. */
export function agesByKey(report: Pick<Report, 'population'>): KeyAge[] {
  return report.population.keys
    .flatMap((key) =>
      key.presence === 'observed' && key.age_days !== null
        ? [
            {
              label: `${key.key} · ${key.environment.name}`,
              ageDays: key.age_days,
              cryptoperiodDays: key.cryptoperiod_days,
              percent: Math.floor((100 * key.age_days) / key.cryptoperiod_days),
            },
          ]
        : [],
    )
    .sort((a, b) => b.percent - a.percent || (a.label < b.label ? -1 : 1));
}

const minute = 60_000;
const limits: readonly (readonly [label: string, below: number])[] = [
  ['< 1 min', minute],
  ['< 5 min', 5 * minute],
  ['< 15 min', 15 * minute],
  ['< 1 h', 60 * minute],
  ['< 4 h', 240 * minute],
  ['< 1 d', day],
  ['≥ 1 d', Number.POSITIVE_INFINITY],
];

/** How many rotations took how long, from the plan to the new value in place. */
export function timesToRotate(report: Pick<Report, 'rotations'>): { label: string; count: number }[] {
  const counts = limits.map(([label]) => ({ label, count: 0 }));
  for (const { time_to_rotate_ms: time } of report.rotations) {
    if (time === null) continue;
    const found = counts[limits.findIndex(([, below]) => time < below)];
    if (found) found.count += 1;
  }
  return counts;
}

/** Of the completed rotations: replaced by their due date, after it, or without a known one. */
export function scheduleAdherence(report: Pick<Report, 'rotations'>): {
  onTime: number;
  late: number;
  unknown: number;
} {
  const rotated = report.rotations.filter(({ outcome }) => outcome === 'rotated');
  const onTime = rotated.filter(({ on_time }) => on_time === true).length;
  const late = rotated.filter(({ on_time }) => on_time === false).length;
  return { onTime, late, unknown: rotated.length - onTime - late };
}
