import { z } from 'zod';
import { Severity } from './finding.ts';
import { Fingerprint, KeyName, KeyStatus, Protects, Slots } from './key.ts';

const Count = z.number().int().min(0);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** `data` of `report`/`begun`: the first event of a report; its id is the report's, its time the report's. */
export const ReportBegunData = z.object({
  from: z.string(),
  to: z.string(),
  time_zone: z.string(),
  environments: z.array(z.string()).nullable(),
  paper: z.enum(['A4', 'Letter']),
});
export type ReportBegunData = z.infer<typeof ReportBegunData>;

/** What the rules of an environment say of one key. */
const ObservedRule = z.object({
  key: KeyName,
  purpose: z.string(),
  protects: Protects,
  slots: Slots,
  owner: z.string().nullable(),
  cryptoperiod_days: Count,
  policy_source: z.string(),
  required: z.boolean(),
  protects_account_data: z.boolean().default(false),
});
export type ObservedRule = z.infer<typeof ObservedRule>;

/** `data` of `report`/`observed`: what was read of one environment for the report, so that the log alone tells it. */
export const ReportObservedData = z.object({
  report_id: z.string(),
  reachable: z.boolean(),
  /** The keys that an environment which could not be read should have: required or configured. Else empty. */
  expected: z.array(ObservedRule).default([]),
  compliance_score: z.number().int(),
  findings: z.array(
    z.object({ code: z.string(), severity: Severity, message: z.string(), key: z.string().nullable() }),
  ),
  keys: z.array(
    ObservedRule.extend({
      warning_days: Count,
      status: KeyStatus,
      fingerprint: Fingerprint.nullable(),
      active_since: z.string().nullable(),
      active_since_source: z.enum(['rotation', 'baseline', 'unknown']),
      due_at: z.string().nullable(),
      age_days: Count.nullable(),
      rotation_id: z.string().nullable(),
      compromised: z.object({ at: z.string(), reason: z.string() }).nullable(),
      problems: z.array(z.object({ code: z.string(), severity: Severity, message: z.string() })),
    }),
  ),
});
export type ReportObservedData = z.infer<typeof ReportObservedData>;

/** `data` of `report`/`created`. */
export const ReportCreatedData = z.object({
  report_id: z.string(),
  /** Name of the bundle's folder, not its path. */
  bundle: z.string(),
  /** SHA-256 of the file SHA256SUMS, hex: it stands for every byte of the bundle but its signature. */
  sums_sha256: Sha256,
  log_size: Count,
  log_root: Sha256,
  report_key: z.string(),
  verdict: z.string(),
  /** Recorded afterwards, for a process that ended directly after it had put the bundle in place. */
  recovered: z.literal(true).optional(),
});
export type ReportCreatedData = z.infer<typeof ReportCreatedData>;

/** `data` of `report`/`publish-intended`: what `created` will say when the bundle is in its place. */
export const ReportPublishIntendedData = ReportCreatedData.omit({ recovered: true }).extend({
  /** The folder that the bundle goes into; null for the folder of reports. */
  folder: z.string().nullable(),
});
export type ReportPublishIntendedData = z.infer<typeof ReportPublishIntendedData>;

/** `data` of `report`/`cancelled` and `report`/`failed`: nothing was left behind. */
export const ReportEndedData = z.object({
  report_id: z.string(),
  stage: z.string(),
  /** Of the error; null when it was cancelled. */
  code: z.string().nullable(),
  message: z.string().nullable(),
});
export type ReportEndedData = z.infer<typeof ReportEndedData>;
