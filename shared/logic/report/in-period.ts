import type { ReportPeriod } from '../../model/report.ts';

/** Whether an instant (RFC 3339) lies in the period. */
export type InPeriod = (timestamp: string) => boolean;

/** `from` is inclusive, `to` is not. */
export function inPeriodOf(period: Pick<ReportPeriod, 'from' | 'to'>): InPeriod {
  const [from, to] = [Date.parse(period.from), Date.parse(period.to)];
  return (timestamp) => {
    const at = Date.parse(timestamp);
    return at >= from && at < to;
  };
}

/** Milliseconds from one instant to another, never below zero: clocks may have been set back in between. */
export function millisecondsBetween(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}
