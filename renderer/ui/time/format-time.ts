const locale = 'en-GB';
const dateAndTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
const dateAndSeconds = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
const dateOnly = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const minute = 60_000;
const hour = 60 * minute;
export const day = 24 * hour;

/** `23 Nov 2026, 14:05` in the machine's time zone. */
export function localDateTime(time: string | number): string {
  return format(dateAndTime, time);
}

/** `23 Nov 2026, 14:05:09` in the machine's time zone. */
export function localDateTimeSeconds(time: string | number): string {
  return format(dateAndSeconds, time);
}

/** `23 Nov 2026` in the machine's time zone. */
export function localDate(time: string | number): string {
  return format(dateOnly, time);
}

/** `2026-11-23 13:05:09 UTC`. */
export function utcTime(time: string | number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime())
    ? String(time)
    : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `in 3 days`, `2 hours ago`, `now`: in the largest unit that says something. */
export function relativeTime(time: string | number, now: number): string {
  const difference = new Date(time).getTime() - now;
  const size = Math.abs(difference);
  if (Number.isNaN(difference)) return String(time);
  if (size < 45_000) return 'just now';
  if (size < 45 * minute) return relative.format(Math.round(difference / minute), 'minute');
  if (size < 22 * hour) return relative.format(Math.round(difference / hour), 'hour');
  if (size < 26 * day) return relative.format(Math.round(difference / day), 'day');
  if (size < 320 * day) return relative.format(Math.round(difference / (30 * day)), 'month');
  return relative.format(Math.round(difference / (365 * day)), 'year');
}

/** `12 days left`, `due within a day`, `3 days overdue`: whole days. */
export function dueInWords(time: string, now: number): string {
  const left = new Date(time).getTime() - now;
  const days = Math.floor(Math.abs(left) / day);
  if (days === 0) return left < 0 ? 'just overdue' : 'due within a day';
  return `${daysInWords(days)} ${left < 0 ? 'overdue' : 'left'}`;
}

/** `1 day`, `12 days`. */
export function daysInWords(days: number): string {
  return `${days} ${days === 1 ? 'day' : 'days'}`;
}

/** `0:42`, `12:05`, `1:02:33`: for clocks that count while one looks. */
export function clockTime(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

function format(formatter: Intl.DateTimeFormat, time: string | number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : formatter.format(date);
}
