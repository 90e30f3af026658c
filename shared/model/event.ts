import { z } from 'zod';
import { EnvironmentReference } from './environment.ts';
import { ComplianceStatus } from './key.ts';

export const EventType = z.enum([
  'key_rotation',
  'run',
  'step',
  'key',
  'environment',
  'validation',
  'health_check',
  'keychain',
  'recovery',
  'practice',
  'task',
  'alert',
  'report',
  'exception',
  'settings',
  'access',
  'log',
]);
export type EventType = z.infer<typeof EventType>;

/** One line of the log. All fields are always present, null where not applicable; the seed's own come first. */
export const LogEvent = z.object({
  timestamp: z.string(),
  event_type: EventType,
  key_type: z.string().nullable(),
  action: z.string(),
  reason: z.string().nullable(),
  user_id: z.string(),
  compliance_status: ComplianceStatus.nullable(),
  next_rotation_due: z.string().nullable(),
  seq: z.number().int().min(0),
  id: z.uuid(),
  environment: EnvironmentReference.nullable(),
  run_id: z.string().nullable(),
  rotation_id: z.string().nullable(),
  drill: z.boolean().nullable(),
  user_id_source: z.enum(['declared', 'system']),
  host: z.string(),
  os_user: z.string(),
  app_version: z.string(),
  data: z.record(z.string(), z.unknown()).nullable(),
});
export type LogEvent = z.infer<typeof LogEvent>;

/** What a service hands to the log; the log adds time, sequence, identity and machine. */
export interface EventDraft {
  event_type: EventType;
  action: string;
  key_type?: string | null;
  reason?: string | null;
  compliance_status?: ComplianceStatus | null;
  next_rotation_due?: string | null;
  environment?: EnvironmentReference | null;
  run_id?: string | null;
  rotation_id?: string | null;
  drill?: boolean | null;
  /** Default: the configured operator (`declared`), or `system` where nobody acted. */
  by?: { user_id: string; source: 'declared' | 'system' };
  /** Typed per event_type; JSON only; never a secret. */
  data?: Record<string, unknown> | null;
}

/** Tells logs apart, wherever they lie: the first 16 hex digits of the SHA-256 of the first line. */
export const LogId = z.string().regex(/^[0-9a-f]{16}$/);

export const EventQuery = z.object({
  environment: z.string().optional(),
  type: EventType.optional(),
  runId: z.string().optional(),
  /** RFC 3339, inclusive. */
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  text: z.string().max(200).optional(),
  /** Newest first; continues below this sequence number. */
  beforeSeq: z.number().int().min(0).optional(),
  /** The log in which `beforeSeq` counts: each begins at 0. Default: the one that is written now. */
  log: LogId.optional(),
  limit: z.number().int().min(1).max(1000).default(200),
});
export type EventQuery = z.infer<typeof EventQuery>;

/** An event as lists show it. */
export const ListedEvent = LogEvent.extend({
  /** Folder of the earlier log that it stands in; null for the log that is written now. */
  earlier_log: z.string().nullable(),
});
export type ListedEvent = z.infer<typeof ListedEvent>;

/** A page of the whole history: this log, and after its first event the logs that it continues. */
export const EventPage = z.object({
  /** Newest first. */
  events: z.array(ListedEvent),
  /** Where the list goes on; null at its end. */
  next: z.object({ log: LogId, beforeSeq: z.number().int().min(0) }).nullable(),
  /** Every log of the history, the latest first; `nextSeq` is one more than the number of its last event. */
  logs: z.array(z.object({ id: LogId, folder: z.string(), nextSeq: z.number().int().min(0) })),
  /** Folder of an earlier log that cannot be read now, so that the history seems to begin after it. */
  unreadable: z.string().nullable(),
});
export type EventPage = z.infer<typeof EventPage>;

export const LogProblem = z.object({
  code: z.string(),
  message: z.string(),
  firstSeq: z.number().int().nullable(),
  lastSeq: z.number().int().nullable(),
});
export type LogProblem = z.infer<typeof LogProblem>;

/** Result of `events verify`. */
export const LogVerification = z.object({
  intact: z.boolean(),
  size: z.number().int(),
  root: z.string(),
  first_seq: z.number().int().nullable(),
  last_seq: z.number().int().nullable(),
  problems: z.array(LogProblem),
});
export type LogVerification = z.infer<typeof LogVerification>;

/** What the window and `status` say about the log at a glance. */
export const LogHealth = z.object({
  folder: z.string(),
  size: z.number().int(),
  root: z.string().nullable(),
  state: z.enum(['ok', 'repaired', 'corrupt', 'corrupt-acknowledged', 'unwritable']),
  message: z.string().nullable(),
});
export type LogHealth = z.infer<typeof LogHealth>;

/** Whether nothing can be recorded now: then nothing else is done either. */
export function takesNoEvents(state: LogHealth['state']): boolean {
  return state === 'corrupt' || state === 'unwritable';
}
