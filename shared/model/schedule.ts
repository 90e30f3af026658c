import { z } from 'zod';

/** What can be done without a person, as often as somebody likes. The names are those of the command. */
export const taskNames = [
  'health-check',
  'rotation-check',
  'execute-rotations',
  'compliance-report',
] as const;
export const TaskName = z.enum(taskNames);
export type TaskName = z.infer<typeof TaskName>;

/** Those that run at set times. Rotations are executed when a rotation check found some, inside windows. */
export const scheduledTaskNames = ['health-check', 'rotation-check', 'compliance-report'] as const;
export const ScheduledTaskName = z.enum(scheduledTaskNames);
export type ScheduledTaskName = z.infer<typeof ScheduledTaskName>;

/** When a task runs by itself, while a window is open. */
export const TaskSchedule = z
  .object({
    enabled: z.boolean(),
    /** Five fields: minute, hour, day of month, month, day of week. */
    cron: z.string().min(9).max(100),
    /** IANA name: whose clocks `cron` means. */
    timeZone: z.string().min(1).max(64),
    /** When somebody last changed it: what was not due before that is not caught up. Null: as it came. */
    since: z.iso.datetime().nullable(),
  })
  .strict();
export type TaskSchedule = z.infer<typeof TaskSchedule>;

const inUtc = (cron: string): TaskSchedule => ({ enabled: true, cron, timeZone: 'UTC', since: null });

/** The seed's: every four hours, daily at 02:00, weekly on Sundays. */
export const defaultSchedule: Record<ScheduledTaskName, TaskSchedule> = {
  'health-check': inUtc('0 */4 * * *'),
  'rotation-check': inUtc('0 2 * * *'),
  'compliance-report': inUtc('0 6 * * 0'),
};

export const Schedule = z.object({
  'health-check': TaskSchedule.default(defaultSchedule['health-check']),
  'rotation-check': TaskSchedule.default(defaultSchedule['rotation-check']),
  'compliance-report': TaskSchedule.default(defaultSchedule['compliance-report']),
});
export type Schedule = z.infer<typeof Schedule>;
