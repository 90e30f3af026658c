import { z } from 'zod';
import { Deviation, Evidence, RunState, StepState, StepView, WaitsFor } from './run.ts';

/** What happened to a step of a guided run: the `action` of a `step` event. */
export const stepEventActions = [
  /** The run stands at this step now (its start, or after going back). */
  'entered',
  /** A person or an action began; for an action with effects this is the intent, durable before the effect. */
  'started',
  /** An action stopped where it waits for a person, a time or a decision. */
  'waiting',
  'completed',
  'failed',
  'attested',
  'skipped',
  /** A failed step that a person went past, with a reason. */
  'overridden',
  /** A wait that a person ended before its time, with a reason. */
  'ended-early',
  'evidence-added',
  /** A read-only look that a step offers while it stays where it is. */
  'inspected',
  /** A crash left an active step without a result. */
  'found-indeterminate',
  /** What a probe of an indeterminate step found. */
  'probed',
  'rolled-back',
] as const;
export const StepEventAction = z.enum(stepEventActions);
export type StepEventAction = z.infer<typeof StepEventAction>;

/**
 * `data` of a `step` event. It says what became of the step and where the run stands after it, so that a run can be
 * folded from its events alone, without the runbook.
 */
export const StepEventData = z.object({
  step: z.string(),
  title: z.string(),
  /** State of the step after the event. */
  state: StepState,
  /** Where the run stands after the event; null when it has passed its last step. */
  current: z.object({ id: z.string(), title: z.string(), state: StepState }).nullable(),
  run_state: RunState,
  waits_for: WaitsFor.nullable(),
  /** RFC 3339. */
  resume_after: z.string().nullable(),
  /** Whether what was started changes anything outside Rekey's own records. */
  effects: z.boolean().optional(),
  choice: z.string().nullable().optional(),
  input: z.record(z.string(), z.string()).nullable().optional(),
  error: StepView.shape.error.optional(),
  result: z.array(z.string()).optional(),
  evidence: z.array(Evidence).optional(),
  /** Monotonic milliseconds of the attempt that ended with this event. */
  duration_ms: z.number().optional(),
  /** Steps that were passed over because they do not apply. */
  not_applicable: z.array(z.string()).optional(),
  deviation: Deviation.shape.what.optional(),
  /** A runbook that takes over when this run has ended. */
  next_runbook: z.string().optional(),
});
export type StepEventData = z.infer<typeof StepEventData>;

/** A `step` event before the log adds its time and identity. */
export interface StepEventDraft {
  action: StepEventAction;
  reason: string | null;
  data: StepEventData;
}
