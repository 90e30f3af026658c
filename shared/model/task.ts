import { z } from 'zod';
import { EnvironmentReference } from './environment.ts';
import { ErrorCode } from './errors.ts';
import { LogHealth } from './event.ts';
import { KeyName, KeyStatus } from './key.ts';
import { KeychainProbe } from './keychain.ts';
import { HealthSample } from './metrics.ts';
import { WaitsFor } from './run.ts';
import { TaskName, TaskSchedule } from './schedule.ts';

/** Whether Rekey itself and what it works with are there: no word about whether keys are compliant. */
export const HealthCheckResult = z.object({
  healthy: z.boolean(),
  log: LogHealth.shape.state,
  keychain: KeychainProbe.shape.state,
  environments: z.array(
    EnvironmentReference.extend({
      /** Of a fleet: every host answers. */
      reachable: z.boolean(),
      /** What the health URL says; `silent`: nothing. */
      service: z.enum(['healthy', 'failing', 'silent', 'not-configured']),
    }),
  ),
  /** What is wrong, in words, one line each. */
  problems: z.array(z.string()),
  /** For the metrics over time. */
  sample: HealthSample,
});
export type HealthCheckResult = z.infer<typeof HealthCheckResult>;

const CheckedKey = z.object({
  environment: EnvironmentReference,
  key: KeyName,
  status: KeyStatus,
  due_at: z.string().nullable(),
});

/** Which keys are due for rotation now, and which is the next. */
export const RotationCheckResult = z.object({
  /** The worst first. */
  due: z.array(CheckedKey),
  /** Of those that are not due yet. */
  next: CheckedKey.nullable(),
  /** Environments that could not be read, of a fleet not on every host: nobody knows what is due there. */
  unreachable: z.array(EnvironmentReference),
  /** Environments in which `execute-rotations` has something to do, inside their windows. */
  automatic: z.array(EnvironmentReference),
});
export type RotationCheckResult = z.infer<typeof RotationCheckResult>;

/** A run that `execute-rotations` began or carried on. */
export const ExecutedRun = z.object({
  environment: EnvironmentReference,
  run_id: z.string(),
  keys: z.array(KeyName),
  /** `waits`: for a person, as it is meant to. `failed`: it halts what is automatic there. */
  outcome: z.enum(['completed', 'soaking', 'waits', 'failed']),
  waits_for: WaitsFor.nullable(),
  /** What it waits for, or what went wrong, in words. */
  why: z.string().nullable(),
});
export type ExecutedRun = z.infer<typeof ExecutedRun>;

/** What was rotated without a person, and what was left alone although it is switched on. */
export const ExecuteRotationsResult = z.object({
  /** Where something was looked for: environments inside their windows that do not stand still. */
  environments: z.array(EnvironmentReference),
  runs: z.array(ExecutedRun),
  left: z.array(
    z.object({
      environment: EnvironmentReference,
      /** Null: the whole environment. */
      key: KeyName.nullable(),
      why: z.string(),
    }),
  ),
});
export type ExecuteRotationsResult = z.infer<typeof ExecuteRotationsResult>;

/** The seed's example: at most so many keys in one execution. */
export const defaultMaxRotations = 5;

/** Automatic rotation of an environment stands still, until a person says that it may go on. */
export const AutomaticHalt = z.object({
  environment: EnvironmentReference,
  at: z.string(),
  why: z.string(),
  run_id: z.string().nullable(),
});
export type AutomaticHalt = z.infer<typeof AutomaticHalt>;

/** The report on the last seven days. */
export const ComplianceReportResult = z.object({
  from: z.string(),
  to: z.string(),
  bundle: z.string(),
  verdict: z.string(),
});
export type ComplianceReportResult = z.infer<typeof ComplianceReportResult>;

export interface TaskResults {
  'health-check': HealthCheckResult;
  'rotation-check': RotationCheckResult;
  'execute-rotations': ExecuteRotationsResult;
  'compliance-report': ComplianceReportResult;
}

/** `task`/`started`: a run of a task; its event's id names it. */
export const TaskStartedData = z.object({
  task: TaskName,
  /** The time of its schedule for which it runs, RFC 3339; null: somebody started it. */
  scheduled_for: z.iso.datetime().nullable(),
});

/** `task`/`succeeded`: it did what it is for, whatever it found. `good`: what it found needs nobody. */
export const TaskSucceededData = z.object({
  task: TaskName,
  task_run: z.string(),
  good: z.boolean(),
  summary: z.string(),
  /**
   * Ids of environments. Of a health check: whose service does not answer well; of a rotation check: where
   * `execute-rotations` has something to do; of that: where it was.
   */
  environments: z.array(z.string()).optional().catch(undefined),
  /** Of a health check. */
  sample: HealthSample.optional().catch(undefined),
});
export type TaskSucceededData = z.infer<typeof TaskSucceededData>;

/** `task`/`failed`: it could not do what it is for. */
export const TaskFailedData = z.object({
  task: TaskName,
  task_run: z.string(),
  code: ErrorCode,
  message: z.string(),
});

/** One run of a task, as the log tells it. */
export const TaskRun = z.object({
  id: z.string(),
  task: TaskName,
  started_at: z.string(),
  scheduled_for: z.string().nullable(),
  by: z.string(),
  /** `begun`: the log knows no end; it is under way, or was interrupted. */
  outcome: z.enum(['begun', 'succeeded', 'failed']),
  ended_at: z.string().nullable(),
  /** Why it failed; null: it did not. */
  code: ErrorCode.nullable(),
  good: z.boolean().nullable(),
  /** In words; of a failed one, why. */
  summary: z.string().nullable(),
});
export type TaskRun = z.infer<typeof TaskRun>;

/** A task with its schedule, as the window and `task list` show it. */
export const TaskView = z.object({
  task: TaskName,
  /** Null: it has no times of its own. */
  schedule: TaskSchedule.nullable(),
  /** Null while its schedule is off, or where it has none. */
  next_at: z.string().nullable(),
  /** Null: it never ran. */
  last: TaskRun.nullable(),
});
export type TaskView = z.infer<typeof TaskView>;
