import { z } from 'zod';
import { EnvironmentReference } from './environment.ts';
import { KeyName } from './key.ts';
import { RotationMode, RotationView } from './rotation.ts';

export const RunState = z.enum([
  'draft',
  'running',
  'paused',
  'soaking',
  'blocked',
  'completed',
  'completed-with-deviations',
  'aborted',
  'rolled-back',
]);
export type RunState = z.infer<typeof RunState>;

export const openRunStates: readonly RunState[] = ['draft', 'running', 'paused', 'soaking', 'blocked'];

/** What an open run waits for; null when it can go on by itself. */
export const WaitsFor = z.enum([
  'operator',
  'attestation',
  'soak',
  'decision',
  'probe',
  'supplied-value',
  'unlock',
  'backup-date',
]);
export type WaitsFor = z.infer<typeof WaitsFor>;

export const StepState = z.enum([
  'pending',
  'blocked',
  'ready',
  'active',
  'awaiting-input',
  'awaiting-approval',
  'waiting',
  'verifying',
  'done',
  'failed',
  'skipped',
  'not-applicable',
  'indeterminate',
  'rolling-back',
  'rolled-back',
]);
export type StepState = z.infer<typeof StepState>;

/** A piece of evidence: its text is kept redacted in the run's folder, under its SHA-256. */
export const Evidence = z.object({
  kind: z.enum(['output', 'file', 'attestation', 'note', 'result']),
  label: z.string(),
  sha256: z.string(),
  bytes: z.number().int().min(0),
  redactions: z.number().int().min(0),
  at: z.string(),
  by: z.string(),
});
export type Evidence = z.infer<typeof Evidence>;

export const StepView = z.object({
  id: z.string(),
  state: StepState,
  started_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  /** Milliseconds on the monotonic clock, summed over attempts. */
  duration_ms: z.number().nullable(),
  choice: z.string().nullable(),
  input: z.record(z.string(), z.string()).nullable(),
  skipped_reason: z.string().nullable(),
  error: z
    .object({ code: z.string(), message: z.string(), unchanged: z.string(), remedy: z.string() })
    .nullable(),
  /** Lines that the step's action reports, for people; no secrets. */
  result: z.array(z.string()),
  evidence: z.array(Evidence),
  attempts: z.number().int().min(0),
});
export type StepView = z.infer<typeof StepView>;

export const Deviation = z.object({
  at: z.string(),
  by: z.string(),
  step: z.string().nullable(),
  what: z.string(),
  reason: z.string(),
});
export type Deviation = z.infer<typeof Deviation>;

/** How far one host of a fleet has come in a run: what was last announced or recorded of it. */
export const HostProgress = z.object({
  host: z.string(),
  /** Step of the rotations' path, such as `activate`. */
  step: z.string(),
  /** From 1. */
  wave: z.number().int().min(1),
  /** `unknown`: the connection was lost in between; what became of it is found out when it is tried again. */
  state: z.enum(['working', 'done', 'failed', 'unknown']),
  /** Whether the service of this host was restarted after the change. */
  restarted: z.boolean(),
  at: z.string(),
  /** What went wrong, in words. */
  problem: z.string().nullable(),
});
export type HostProgress = z.infer<typeof HostProgress>;

/** A host that a person left out of a run, with the reason. It stays behind until it is brought up to date. */
export const ExcludedHost = z.object({
  host: z.string(),
  reason: z.string(),
  at: z.string(),
  by: z.string(),
});
export type ExcludedHost = z.infer<typeof ExcludedHost>;

export const RunNote = z.object({ at: z.string(), by: z.string(), text: z.string() });

export const RunSummary = z.object({
  run_id: z.string(),
  /** Id of a runbook, or `rotate` for a rotation without a guide. */
  runbook: z.string(),
  title: z.string(),
  environment: EnvironmentReference,
  state: RunState,
  mode: RotationMode,
  dry_run: z.boolean(),
  drill: z.boolean(),
  keys: z.array(KeyName),
  operator: z.string(),
  reason: z.string().nullable(),
  started_at: z.string(),
  ended_at: z.string().nullable(),
  waits_for: WaitsFor.nullable(),
  /** When a soaking run may go on, RFC 3339. */
  resume_after: z.string().nullable(),
  /** Title of the current step, for lists. */
  current_step: z.string().nullable(),
});
export type RunSummary = z.infer<typeof RunSummary>;

/** A run as the fold of its events: all that is known of it. */
export const RunView = RunSummary.extend({
  /** The host that the run is about; absent where it is about the whole environment. */
  host: z.string().optional(),
  /** Begun by the task `execute-rotations`; absent: by a person. */
  automatic: z.boolean().optional(),
  runbook_sha256: z.string().nullable(),
  runbook_version: z.string().nullable(),
  current_step_id: z.string().nullable(),
  steps: z.array(StepView),
  rotations: z.array(RotationView),
  deviations: z.array(Deviation),
  notes: z.array(RunNote),
  /** Milliseconds of wall-clock jumps noticed during the run. */
  clock_jumps: z.array(z.object({ at: z.string(), milliseconds: z.number() })),
  /** Of a fleet: where each host stands. Absent for a single place. */
  hosts: z.array(HostProgress).optional(),
  excluded_hosts: z.array(ExcludedHost).optional(),
  recovery_file: z.object({ at: z.string(), written: z.boolean(), reason: z.string().nullable() }).nullable(),
});
export type RunView = z.infer<typeof RunView>;
