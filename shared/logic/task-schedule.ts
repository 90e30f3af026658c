import { Cron } from 'croner';
import type { TaskSchedule } from '../model/schedule.ts';

/** What keeps a schedule from being used, in words; null when nothing does. */
export function scheduleProblem({ cron, timeZone }: Pick<TaskSchedule, 'cron' | 'timeZone'>): string | null {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    return `There is no time zone "${timeZone}". It is written like Europe/Berlin, or UTC.`;
  }
  try {
    return occurrences({ cron, timeZone }).nextRun() === null
      ? `"${cron}" is never: there is no such day.`
      : null;
  } catch {
    return `"${cron}" is no schedule. It has five fields: minute, hour, day of month, month, day of week.`;
  }
}

/** The first time after an instant at which the task is to run; null while its schedule is off. */
export function nextRun(schedule: TaskSchedule, after: Date): Date | null {
  return schedule.enabled ? occurrences(schedule).nextRun(after) : null;
}

/** What is known of the times of a schedule. */
export interface MetTimes {
  /** Nothing from before this is caught up. */
  since: Date;
  /** The times, RFC 3339, that were met: for which the task ran to an end. */
  met: readonly string[];
}

/**
 * The time for which the task is to run now, or null. Of those that were missed (a machine that slept) only the last:
 * they are caught up once, not in a burst. Where clocks are set forward or back for summer time, each time of day is met
 * once. A clock that was set back passes times again that were met: they are not met twice.
 */
export function dueRun(schedule: TaskSchedule, { since, met }: MetTimes, now: Date): Date | null {
  if (!schedule.enabled) return null;
  // The library asks for the times before an instant: one that is now counts.
  const [last] = occurrences(schedule).previousRuns(1, new Date(now.getTime() + 1));
  if (last === undefined || last <= since) return null;
  const [from, to] = [last.toISOString(), now.toISOString()];
  // A later time that was met stands for this one: the schedule was another then.
  return met.some((time) => time === from || (time > from && time <= to)) ? null : last;
}

function occurrences({ cron, timeZone }: Pick<TaskSchedule, 'cron' | 'timeZone'>): Cron {
  return new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true });
}
