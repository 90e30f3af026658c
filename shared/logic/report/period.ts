import type { ReportPeriod } from '../../model/report.ts';
import type { ReportRequest } from '../../model/report-making.ts';

const dayMilliseconds = 86_400_000;

/**
 * The instants of a request's days: from the first moment of the first day to the last moment of the last one, in the
 * time zone. Throws a RangeError for a zone that does not exist and for days in the wrong order.
 */
export function reportPeriod(request: Pick<ReportRequest, 'from' | 'to' | 'timeZone'>): ReportPeriod {
  const clock = zoneClock(request.timeZone);
  if (request.from > request.to) throw new RangeError(`${request.from} comes after ${request.to}`);
  return {
    from: new Date(startOfDay(request.from, clock)).toISOString(),
    to: new Date(startOfDay(nextDay(request.to, 1), clock)).toISOString(),
    first_day: request.from,
    last_day: request.to,
    time_zone: request.timeZone,
  };
}

/** Monday to Sunday, the last week that is over at `now` in the time zone. Throws a RangeError for an unknown zone. */
export function lastFullWeek(now: Date, timeZone: string): { from: string; to: string } {
  const today = zoneClock(timeZone)(now.getTime()).slice(0, 10);
  const sinceMonday = (new Date(`${today}T00:00:00.000Z`).getUTCDay() + 6) % 7;
  return { from: nextDay(today, -sinceMonday - 7), to: nextDay(today, -sinceMonday - 1) };
}

/** The seven days before the one that it is at `now` in the time zone. Throws a RangeError for an unknown zone. */
export function lastSevenDays(now: Date, timeZone: string): { from: string; to: string } {
  const today = zoneClock(timeZone)(now.getTime()).slice(0, 10);
  return { from: nextDay(today, -7), to: nextDay(today, -1) };
}

/** The days from the first to the last, both included; both are days of one zone. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / dayMilliseconds) + 1;
}

/** What the clocks of a zone show at an instant, as `YYYY-MM-DDTHH:mm:ss`. */
type ZoneClock = (milliseconds: number) => string;

function zoneClock(timeZone: string): ZoneClock {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  return (milliseconds) => {
    const parts = Object.fromEntries(
      format.formatToParts(milliseconds).map(({ type, value }) => [type, value]),
    );
    const date = `${String(parts.year).padStart(4, '0')}-${parts.month}-${parts.day}`;
    return `${date}T${parts.hour}:${parts.minute}:${parts.second}`;
  };
}

/**
 * The first moment of a day. Where clocks change around midnight a day may begin at 01:00, or have its first hour
 * twice: of the moments that could be its midnight, the earliest that is really of that day.
 */
function startOfDay(date: string, clock: ZoneClock): number {
  const asUtc = Date.parse(`${date}T00:00:00.000Z`);
  const offsetAt = (at: number) => Date.parse(`${clock(at)}.000Z`) - at;
  const moments = [-dayMilliseconds, 0, dayMilliseconds].map((around) => asUtc - offsetAt(asUtc + around));
  const found = moments.filter((moment) => clock(moment).startsWith(date)).sort((a, b) => a - b);
  return found[0] ?? asUtc - offsetAt(asUtc);
}

function nextDay(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00.000Z`) + days * dayMilliseconds).toISOString().slice(0, 10);
}
