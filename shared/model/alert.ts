import { z } from 'zod';
import { EnvironmentReference } from './environment.ts';
import type { KeyStatus } from './key.ts';

/** What an alert is about. The first four are the seed's. */
export const alertKinds = [
  'overdue',
  'task-failed',
  'validation',
  'unavailable',
  'compromised',
  'drift',
  'run-blocked',
  'soak-over',
  'run-waits',
  'automatic-halted',
  'check-missed',
  'exception-expired',
  'log',
  'keychain',
  'channel-failed',
] as const;
export const AlertKind = z.enum(alertKinds);
export type AlertKind = z.infer<typeof AlertKind>;

/** The kind of alert that the status of a key is; null where it is none. */
export function alertKindOf(status: KeyStatus): AlertKind | null {
  switch (status) {
    case 'compromised':
    case 'overdue':
      return status;
    case 'missing':
    case 'invalid':
      return 'validation';
    case 'drifted':
      return 'drift';
    default:
      return null;
  }
}

export const AlertSeverity = z.enum(['warning', 'critical']);
export type AlertSeverity = z.infer<typeof AlertSeverity>;

/** Something that is so now and wants a person. Its id is the same as long as it is about the same thing. */
export const AlertCondition = z.object({
  /** Kind and what it is about, such as `overdue/<id of an environment>`. */
  id: z.string().min(1).max(300),
  kind: AlertKind,
  severity: AlertSeverity,
  environment: EnvironmentReference.nullable(),
  keys: z.array(z.string()),
  run_id: z.string().nullable(),
  /** One line, without a value of anything. */
  title: z.string(),
  detail: z.string(),
});
export type AlertCondition = z.infer<typeof AlertCondition>;

/** `alert`/`raised` and `updated`; the event's environment and run are the alert's. */
export const AlertRaisedData = AlertCondition.omit({ environment: true, run_id: true }).extend({
  /** Of an update: it got worse, so that people are told again. */
  worse: z.boolean().optional(),
});
export type AlertRaisedData = z.infer<typeof AlertRaisedData>;

/** `alert`/`resolved` and `returned`: a snooze is over, and it is still so. */
export const AlertNamedData = z.object({ id: z.string() });

/** `alert`/`snoozed`; the event's reason and user say why and who. */
export const AlertSnoozedData = z.object({ id: z.string(), until: z.iso.datetime() });

/** `alert`/`delivered`: a channel took the news of an alert. `notice`: id of the event that was the news. */
export const AlertDeliveredData = z.object({ channel: z.string(), id: z.string(), notice: z.string() });

/** `alert`/`delivery-failed`: the first of a row of failures of a channel. */
export const AlertDeliveryFailedData = z.object({ channel: z.string(), message: z.string() });

export const AlertSnooze = z.object({
  at: z.string(),
  until: z.string(),
  reason: z.string(),
  by: z.string(),
});
export type AlertSnooze = z.infer<typeof AlertSnooze>;

export const AlertNews = z.enum(['raised', 'updated', 'returned', 'resolved']);
export type AlertNews = z.infer<typeof AlertNews>;

/** An alert as its events tell it. */
export const Alert = AlertCondition.extend({
  raised_at: z.string(),
  updated_at: z.string(),
  /** Null while it is so. */
  resolved_at: z.string().nullable(),
  snoozed: AlertSnooze.nullable(),
  /** What channels are to be told last: id and time of the event; null for nothing more. */
  notice: z.object({ id: z.string(), news: AlertNews, at: z.string() }).nullable(),
});
export type Alert = z.infer<typeof Alert>;
