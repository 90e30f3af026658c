import { z } from 'zod';
import { KeyName } from './key.ts';
import { RotationMode, RotationRecord } from './rotation.ts';
import { HostProgress, RunView, WaitsFor } from './run.ts';

/** What happened to a run as a whole: the `action` of a `run` event. Guided and direct runs write the same ones. */
export const runEventActions = [
  'started',
  /** Stopped where it waits for a person; `data` is `RunPausedData`. */
  'paused',
  'resumed',
  'completed',
  'aborted',
  'rolled-back',
  /** `data.to` is the operator who has the run now. */
  'handed-over',
  'taken-over',
  /** `data.text`. */
  'note',
  /** `data.what`, `data.step`; the reason is the event's. */
  'deviation',
  /** `data.written`: a recovery file was written, or "no recovery if this machine is lost" was recorded. */
  'recovery-file',
  /** `data.milliseconds` by which the wall clock jumped. */
  'clock-jump',
  /** The run took back its own lock on the environment, which its dead process had left. */
  'lock-taken-back',
  /** A host of a fleet: `data` is `RunHostData`. */
  'host',
  /** A person left a host out of the run; `data.host`, and the reason is the event's. */
  'host-excluded',
  /** The Markdown timeline was written. */
  'exported',
] as const;
export const RunEventAction = z.enum(runEventActions);
export type RunEventAction = z.infer<typeof RunEventAction>;

/** `data` of `run`/`started`. The event's reason, environment, drill and user are the run's. */
export const RunStartedData = z.object({
  /** Id of a runbook, or `rotate`. */
  runbook: z.string(),
  title: z.string(),
  mode: RotationMode,
  dry_run: z.boolean(),
  keys: z.array(KeyName),
  /** The host of a fleet that the run is about, where it is about one. */
  host: z.string().optional(),
  /** Begun by the task `execute-rotations`. Absent: a person began it. */
  automatic: z.boolean().optional(),
  runbook_sha256: z.string().nullable(),
  runbook_version: z.string().nullable(),
});
export type RunStartedData = z.infer<typeof RunStartedData>;

export const RunPausedData = z.object({
  waits_for: WaitsFor.nullable(),
  resume_after: z.string().nullable().optional(),
  /** Why, in words. */
  why: z.string().nullable().optional(),
});
export type RunPausedData = z.infer<typeof RunPausedData>;

export const RunHostData = HostProgress.omit({ at: true });
export type RunHostData = z.infer<typeof RunHostData>;

/** A run with the machine's records of its rotations: what services work with. Every RunRecord is a RunView. */
export const RunRecord = RunView.extend({
  rotations: z.array(RotationRecord),
  first_seq: z.number().int(),
  last_seq: z.number().int(),
});
export type RunRecord = z.infer<typeof RunRecord>;
