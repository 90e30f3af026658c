import type { RotationWindow } from '../model/environment.ts';

const weekdays: readonly RotationWindow['days'][number][] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/**
 * Whether an instant lies in one of the windows. A window that ends before it begins goes on into the next day; one
 * that ends when it begins lasts the whole day. Its days and times are those of its own time zone.
 */
export function inRotationWindow(windows: readonly RotationWindow[], at: Date): boolean {
  return windows.some((window) => contains(window, at));
}

function contains({ days, from, to, timeZone }: RotationWindow, at: Date): boolean {
  const { day, time } = localTime(at, timeZone);
  const isOn = (index: number) => days.includes(weekdays[(index + 7) % 7] ?? 'sun');
  if (from < to) return isOn(day) && time >= from && time < to;
  return (isOn(day) && time >= from) || (isOn(day - 1) && time < to);
}

/** Day of the week (0: Sunday) and `HH:MM` on the clocks of a time zone. */
function localTime(at: Date, timeZone: string): { day: number; time: string } {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  const day = weekdays.indexOf(part('weekday').toLowerCase() as RotationWindow['days'][number]);
  return { day, time: `${part('hour')}:${part('minute')}` };
}
