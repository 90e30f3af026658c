import { z } from 'zod';
import { EnvironmentReference } from './environment.ts';
import { KeyName } from './key.ts';

/** A finding's code, as reports and status show it. */
export const FindingCode = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  .max(64);

/** A risk that somebody accepts for a time: who, why, until when (docs/decisions/0009-exceptions-are-events.md). */
export const RiskException = z.object({
  /** The id of the event that added it. */
  id: z.string(),
  environment: EnvironmentReference,
  /** Null: all keys of the environment. */
  key: KeyName.nullable(),
  /** Which findings it accepts, by code; empty: all of them. */
  codes: z.array(z.string()),
  reason: z.string(),
  accepted_by: z.string(),
  /** RFC 3339. */
  from: z.string(),
  /** RFC 3339; from then on it accepts nothing. */
  until: z.string(),
  /** `expired` by itself, `ended` by a person before its time. */
  state: z.enum(['active', 'expired', 'ended']),
  ended_at: z.string().nullable(),
  ended_by: z.string().nullable(),
});
export type RiskException = z.infer<typeof RiskException>;

/** `data` of `exception`/`added`. The event's reason, environment, key and user are the exception's. */
export const ExceptionAddedData = z.object({ codes: z.array(z.string()), until: z.iso.datetime() });
/** `data` of `exception`/`ended`. The reason is the event's. */
export const ExceptionEndedData = z.object({ exception_id: z.string() });

/** What is asked for when one is added. */
export const ExceptionRequest = z
  .object({
    environment: z.string(),
    key: KeyName.nullable().default(null),
    codes: z.array(FindingCode).max(50).default([]),
    reason: z.string().trim().min(1).max(2_000),
    /** A day (until its end, UTC), or RFC 3339. */
    until: z.union([z.iso.date(), z.iso.datetime({ offset: true })]),
  })
  .strict();
export type ExceptionRequest = z.input<typeof ExceptionRequest>;
