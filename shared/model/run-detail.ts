import { z } from 'zod';
import { Stage } from './environment.ts';
import { KeyName } from './key.ts';
import { RunView, StepState } from './run.ts';
import { ActionName, InputField, RunbookSubject, StepKind } from './runbook.ts';

/** What a person can do at a step. Which of them are legal now is said by `RunStepDetail.acts`. */
export const stepActNames = [
  'begin',
  'confirm',
  'answer',
  'submit',
  'run-action',
  'add-evidence',
  'attest',
  'skip',
  'retry',
  'probe',
  'wait-over',
  'end-wait-early',
  'commit',
  'decide',
  'override',
  'follow-failure',
  'go-back',
] as const;
export const StepActName = z.enum(stepActNames);
export type StepActName = z.infer<typeof StepActName>;

const Reason = z.string().trim().min(1).max(2_000);
/** At most what an operator pastes from a terminal; larger evidence belongs into a file of its own. */
const EvidenceText = z.string().max(1_000_000);
/** Values from a third party, by key. Wrapped in `Secret` on arrival, cleared by the sender after sending. */
const SuppliedValues = z.record(KeyName, z.string().min(1).max(16_384));

/** One act with what it needs, as the window and the terminal send it. */
export const StepAct = z.discriminatedUnion('act', [
  z.object({ act: z.literal('begin') }).strict(),
  z.object({ act: z.literal('confirm') }).strict(),
  z.object({ act: z.literal('answer'), choice: z.string().max(64) }).strict(),
  z.object({ act: z.literal('submit'), input: z.record(z.string().max(64), z.string().max(8_000)) }).strict(),
  z
    .object({
      act: z.literal('run-action'),
      supplied: SuppliedValues.optional(),
      restoreCompromised: z.boolean().optional(),
    })
    .strict(),
  z
    .object({
      act: z.literal('add-evidence'),
      kind: z.enum(['output', 'file']),
      label: z.string().trim().min(1).max(200),
      text: EvidenceText,
    })
    .strict(),
  z.object({ act: z.literal('attest'), reason: Reason, text: EvidenceText.optional() }).strict(),
  z.object({ act: z.literal('skip'), reason: Reason }).strict(),
  z.object({ act: z.literal('retry'), supplied: SuppliedValues.optional() }).strict(),
  z.object({ act: z.literal('probe') }).strict(),
  z.object({ act: z.literal('wait-over') }).strict(),
  z.object({ act: z.literal('end-wait-early'), reason: Reason }).strict(),
  /** The environment's name, typed by the person: the point of no return. */
  z.object({ act: z.literal('commit'), name: z.string().max(200) }).strict(),
  z
    .object({
      act: z.literal('decide'),
      rotationId: z.string().max(100),
      decision: z.enum(['new-is-primary', 'old-is-primary']),
      reason: Reason,
    })
    .strict(),
  z.object({ act: z.literal('override'), reason: Reason }).strict(),
  z.object({ act: z.literal('follow-failure') }).strict(),
  z.object({ act: z.literal('go-back') }).strict(),
]);
export type StepAct = z.infer<typeof StepAct>;

/** An act that is legal at a step now, ready for a button or a menu line. */
export const StepActOffer = z.object({
  act: StepActName,
  label: z.string(),
  /** The one that the Enter key takes; at most one a step. */
  primary: z.boolean(),
  /** What it asks for: a reason, a choice, the step's inputs, evidence text, the environment's name, a decision. */
  asks: z.array(z.enum(['reason', 'choice', 'input', 'evidence', 'name', 'supplied', 'decision'])),
  /** Makes the run end `completed-with-deviations`. */
  deviation: z.boolean(),
  /** What will follow, in one line; null where the step's text says it. */
  consequence: z.string().nullable(),
});
export type StepActOffer = z.infer<typeof StepActOffer>;

/** A branch of a decision. */
export const BranchDetail = z.object({
  id: z.string(),
  label: z.string(),
  consequence: z.string().nullable(),
  /** Title of the step that follows, or of the runbook that takes over; null when the run ends there. */
  leads_to: z.string().nullable(),
});
export type BranchDetail = z.infer<typeof BranchDetail>;

/** One step of the pinned runbook with all placeholders filled in. The folded StepView is in `run.steps`. */
export const RunStepDetail = z.object({
  id: z.string(),
  title: z.string(),
  kind: StepKind,
  phase: z.string(),
  why: z.string(),
  /** Markdown: paragraphs, lists, emphasis, inline code. */
  instructions: z.string(),
  state: StepState,
  /** False when its conditions do not hold, or a decision led around it. */
  applicable: z.boolean(),
  current: z.boolean(),
  /** Copyable commands with the real paths filled in. */
  commands: z.array(
    z.object({
      platform: z.enum(['any', 'linux', 'macos', 'windows']),
      line: z.string(),
      label: z.string().nullable(),
    }),
  ),
  preconditions: z.array(z.string()),
  expected: z.string().nullable(),
  challenge: z.string().nullable(),
  inputs: z.array(InputField),
  branches: z.array(BranchDetail),
  /** The action in words: "Write the new value into the file"; null where a person acts alone. */
  action: z.string().nullable(),
  /** Which action that is, for screens that offer more than a button for it. */
  action_name: ActionName.nullable(),
  /** Whether running the action changes anything outside Rekey's own records. */
  effects: z.boolean(),
  /** What the action would do here and now, line by line; filled for the current step only. */
  preview: z.array(z.string()),
  acts: z.array(StepActOffer),
  /** Keys whose value a person must supply before the action can run. */
  supplied_keys: z.array(KeyName),
  /** Rotations on which a person must decide, with what was found. */
  decisions: z.array(z.object({ rotation_id: z.string(), key: KeyName, found: z.string() })),
  /** The `rekey` command that does the same; null where only a person can do it. */
  equivalent_command: z.string().nullable(),
  controls: z.array(z.string()),
  evidence: z
    .object({
      kind: z.enum(['output', 'file', 'attestation']),
      required: z.boolean(),
      label: z.string(),
      given: z.boolean(),
    })
    .nullable(),
  /** Milliseconds that the step usually takes; past it the timer is shown as late, nothing more. */
  soft_timer_ms: z.number().nullable(),
  /** RFC 3339: since when the step is active; null when it is not. */
  active_since: z.string().nullable(),
  skippable: z.boolean(),
});
export type RunStepDetail = z.infer<typeof RunStepDetail>;

/** What can be done with the run as a whole. */
export const RunActOffer = z.object({
  act: z.enum([
    'note',
    'pause',
    'resume',
    /** Stops the action that is running, such as a long re-encryption. */
    'stop',
    'hand-over',
    'take-over',
    'roll-back',
    'abort',
    'recovery-file',
    'export',
  ]),
  label: z.string(),
  asks: z.array(z.enum(['reason', 'text', 'operator', 'restore-compromised', 'name'])),
});
export type RunActOffer = z.infer<typeof RunActOffer>;

/** Everything that a screen or a terminal needs to show a guided run. */
export const RunDetail = z.object({
  run: RunView,
  runbook: z.object({
    id: z.string(),
    title: z.string(),
    summary: z.string(),
    version: z.string(),
    owner: z.string(),
    subject: RunbookSubject,
  }),
  /** For a run about this installation: what stands in an environment's place (shared/model/installation.ts). */
  environment: z.object({
    id: z.string(),
    name: z.string(),
    stage: Stage,
    practice: z.boolean(),
    path: z.string(),
  }),
  phases: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      state: z.enum(['pending', 'active', 'done', 'not-applicable']),
    }),
  ),
  steps: z.array(RunStepDetail),
  current_step_id: z.string().nullable(),
  /** Milliseconds since the start, wall-clock jumps taken out, until now or the end of the run. */
  elapsed_ms: z.number(),
  rollback: z.object({
    possible: z.boolean(),
    lines: z.array(z.string()),
    /** True where the old value is the attacker's: rolling back then needs `restoreCompromised` and a reason. */
    restores_compromised: z.boolean(),
  }),
  acts: z.array(RunActOffer),
  /** False when the run belongs to another operator: then only notes and taking over are offered. */
  mine: z.boolean(),
  /** The runbook that a decision handed over to, to be started next. */
  next_runbook: z.object({ id: z.string(), title: z.string(), keys: z.array(KeyName) }).nullable(),
  /** Of a fleet: its hosts, in the order of the waves. */
  hosts: z.array(z.string()).optional(),
  /** Lines for the end of the run: what changed, deviations, next due dates, what is still open. */
  summary: z.array(z.string()),
});
export type RunDetail = z.infer<typeof RunDetail>;
