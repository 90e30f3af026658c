import { z } from 'zod';
import { DurationText } from './duration.ts';

export const StepKind = z.enum([
  'info',
  'confirm',
  'input',
  'decision',
  'automatic',
  'command',
  'approval',
  'wait',
  'verify',
  'commit',
]);
export type StepKind = z.infer<typeof StepKind>;

/**
 * The closed set of things that a runbook can do. What each means is in shared/logic/runbook-actions.ts, its code in
 * electron/services/runbooks/actions/.
 */
export const actionNames = [
  'environment.status',
  'environment.validate',
  'environment.health',
  'environment.connection',
  'environment.findings',
  'environment.restart',
  'environment.verify',
  'environment.next-due',
  'host.compare',
  'host.catch-up',
  'host.restart',
  'host.verify',
  'key.mark-compromised',
  'key.clear-compromised',
  'key.check-generated',
  'keychain.probe',
  'log.verify',
  'log.extract',
  'state.backup',
  'message.compose',
  'recovery.check',
  'recovery.decline',
  'rotation.plan',
  'rotation.preview',
  'rotation.preflight',
  'rotation.prepare',
  'rotation.stage',
  'rotation.activate',
  'rotation.adopt',
  'rotation.reencrypt',
  'rotation.soak',
  'rotation.retire',
  'rotation.backup-expiry',
  'rotation.close',
  'rotation.rollback-plan',
  'rotation.rollback',
  'rotation.probe',
  'runs.recent',
  'signer.show',
  'signer.checkpoints',
  'signer.trust-point',
  'signer.replace',
  'signer.export',
] as const;
export const ActionName = z.enum(actionNames);
export type ActionName = z.infer<typeof ActionName>;

/** What a run is about: an environment, one host of a fleet, or the keys of this installation itself. */
export const RunbookSubject = z.enum(['environment', 'host', 'installation']);
export type RunbookSubject = z.infer<typeof RunbookSubject>;

const Id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'use lower-case letters, digits and hyphens');
const Line = z.string().trim().min(1).max(300);

/**
 * When a step applies. All given conditions must hold: the choice made in an earlier decision, the kind of keys in
 * the run, the mode, or what the environment has configured.
 */
export const Condition = z
  .object({
    choice: z.record(Id, z.union([Id, z.array(Id)])).optional(),
    protects: z.enum(['messages', 'data']).optional(),
    slots: z.array(z.enum(['one', 'previous', 'next+previous'])).optional(),
    keys: z.array(z.string()).optional(),
    configured: z.array(z.string()).optional(),
    unconfigured: z.array(z.string()).optional(),
    mode: z.enum(['planned', 'emergency']).optional(),
  })
  .strict();
export type Condition = z.infer<typeof Condition>;

export const Branch = z
  .object({
    id: Id,
    label: Line,
    /** Step to go to; default: the next one. `end` completes the run. */
    goto: z.union([Id, z.literal('end')]).optional(),
    /** Ends this run and offers another runbook for the same environment and keys. */
    runbook: Id.optional(),
    consequence: Line.optional(),
  })
  .strict();

export const InputField = z
  .object({
    id: Id,
    label: Line,
    kind: z.enum(['text', 'multiline', 'date', 'datetime', 'duration', 'keys']),
    required: z.boolean().default(true),
    hint: Line.optional(),
  })
  .strict();
export type InputField = z.infer<typeof InputField>;

export const StepCommand = z
  .object({
    platform: z.enum(['any', 'linux', 'macos', 'windows']).default('any'),
    /** Placeholders as in the instructions: shared/logic/placeholders.ts. */
    line: z.string().min(1).max(2000),
    label: Line.optional(),
  })
  .strict();

export const OnFailure = z.union([z.enum(['retry', 'rollback', 'stop']), z.object({ goto: Id }).strict()]);

export const RunbookStep = z
  .object({
    id: Id,
    title: Line,
    kind: StepKind,
    phase: Id,
    why: Line,
    /** Markdown: paragraphs, lists, emphasis, inline code. */
    instructions: z.string().trim().min(1).max(8000),
    when: Condition.optional(),
    action: ActionName.optional(),
    with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    commands: z.array(StepCommand).max(10).default([]),
    preconditions: z.array(Line).max(10).default([]),
    /** What a person should see when it went well; for `confirm`, the expected response. */
    expected: Line.optional(),
    challenge: Line.optional(),
    inputs: z.array(InputField).max(10).default([]),
    branches: z.array(Branch).max(10).default([]),
    /** For `wait`: until the soak of the run's rotations is over, or for a time from the step's start. */
    until: z.union([z.literal('soak'), DurationText]).optional(),
    /** Stops the action after this time. Never given to what must not be stopped half-way. */
    timeout: DurationText.optional(),
    soft_timer: DurationText.optional(),
    on_failure: OnFailure.default('retry'),
    skippable: z.boolean().default(false),
    evidence: z
      .object({
        kind: z.enum(['output', 'file', 'attestation']),
        required: z.boolean(),
        label: Line.optional(),
      })
      .strict()
      .optional(),
    controls: z.array(Line).max(10).default([]),
    goto: z.union([Id, z.literal('end')]).optional(),
  })
  .strict()
  .superRefine((step, context) => {
    const issue = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (step.kind === 'decision' && step.branches.length < 2)
      issue('branches', 'a decision needs two branches');
    if (step.kind !== 'decision' && step.branches.length > 0)
      issue('branches', 'only a decision has branches');
    if (step.kind === 'confirm' && !step.challenge) issue('challenge', 'a confirm step needs a challenge');
    if (step.kind === 'confirm' && !step.expected)
      issue('expected', 'a confirm step needs the expected response');
    if (step.kind === 'input' && step.inputs.length === 0) issue('inputs', 'an input step needs inputs');
    if (step.kind !== 'input' && step.inputs.length > 0) issue('inputs', 'only an input step has inputs');
    if (step.kind === 'automatic' && !step.action) issue('action', 'an automatic step needs an action');
    if (step.kind === 'verify' && !step.action && !step.expected) {
      issue('expected', 'a verify step without an action says what a person must see');
    }
    if (step.kind === 'command' && step.commands.length === 0)
      issue('commands', 'a command step needs a command');
    if (step.kind === 'wait' && !step.until) issue('until', 'a wait needs a time, such as 15m, or soak');
    if (step.until === 'soak' && step.action !== 'rotation.soak') {
      issue('action', 'waiting for the soak needs the action rotation.soak');
    }
    if (step.kind !== 'wait' && step.until) issue('until', 'only a wait has a time to wait');
    if (step.with && !step.action) issue('with', 'there is no action that takes this');
  });
export type RunbookStep = z.infer<typeof RunbookStep>;

export const Runbook = z
  .object({
    id: Id,
    title: Line,
    summary: z.string().trim().min(1).max(600),
    owner: Line,
    version: z.string().regex(/^\d+\.\d+$/, 'write two numbers with a dot between them, such as 1.0'),
    next_review: z.iso.date(),
    drill_cadence: DurationText.optional(),
    mode: z.enum(['planned', 'emergency']),
    subject: RunbookSubject.default('environment'),
    /** How many keys a run takes: chosen at start, all of the environment, or none (recovery, troubleshooting). */
    keys: z.enum(['choose', 'all', 'none']),
    phases: z
      .array(z.object({ id: Id, title: Line }).strict())
      .min(1)
      .max(12),
    steps: z.array(RunbookStep).min(1).max(100),
  })
  .strict();
export type Runbook = z.infer<typeof Runbook>;

/** A runbook file as it was found: valid, or with errors that name line and field. */
export const RunbookListing = z.object({
  id: z.string(),
  title: z.string(),
  summary: z.string(),
  source: z.enum(['built-in', 'custom']),
  file: z.string(),
  version: z.string().nullable(),
  owner: z.string().nullable(),
  next_review: z.string().nullable(),
  review_overdue: z.boolean(),
  drill_cadence: z.string().nullable(),
  last_drill: z.string().nullable(),
  drill_overdue: z.boolean(),
  mode: z.enum(['planned', 'emergency']).nullable(),
  keys: z.enum(['choose', 'all', 'none']).nullable(),
  subject: RunbookSubject.nullable(),
  errors: z.array(z.object({ line: z.number().nullable(), field: z.string(), message: z.string() })),
});
export type RunbookListing = z.infer<typeof RunbookListing>;
