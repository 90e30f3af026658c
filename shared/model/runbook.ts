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

/** The closed set of things that a runbook can do. Their code is in electron/services/runbooks/actions/. */
export const actionNames = [
  'environment.status',
  'environment.validate',
  'environment.health',
  'environment.connection',
  'environment.findings',
  'environment.restart',
  'environment.verify',
  'key.mark-compromised',
  'key.clear-compromised',
  'key.check-generated',
  'keychain.probe',
  'log.verify',
  'log.extract',
  'state.backup',
  'message.compose',
  'recovery.offer',
  'rotation.plan',
  'rotation.preview',
  'rotation.preflight',
  'rotation.prepare',
  'rotation.stage',
  'rotation.activate',
  'rotation.adopt',
  'rotation.verify-refused',
  'rotation.reencrypt',
  'rotation.soak',
  'rotation.retire',
  'rotation.close',
  'rotation.rollback',
  'rotation.probe',
  'run.hand-over-to',
  'next-due',
] as const;
export const ActionName = z.enum(actionNames);
export type ActionName = z.infer<typeof ActionName>;

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
    /** Hands over to another runbook for the same environment. */
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

export const StepCommand = z
  .object({
    platform: z.enum(['any', 'linux', 'macos', 'windows']).default('any'),
    /** Placeholders: {{environment}}, {{path}}, {{key}}, {{run}}, {{health_url}}. */
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
  .strict();
export type RunbookStep = z.infer<typeof RunbookStep>;

export const Runbook = z
  .object({
    id: Id,
    title: Line,
    summary: z.string().trim().min(1).max(600),
    owner: Line,
    version: z.string().regex(/^\d+\.\d+$/),
    next_review: z.iso.date(),
    drill_cadence: DurationText.optional(),
    mode: z.enum(['planned', 'emergency']),
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
  errors: z.array(z.object({ line: z.number().nullable(), field: z.string(), message: z.string() })),
});
export type RunbookListing = z.infer<typeof RunbookListing>;
