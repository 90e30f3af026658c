import { z } from 'zod';
import { EnvironmentReference, KeyState } from './environment.ts';
import { Fingerprint, KeyName, Protects, Slots } from './key.ts';

/** States of the rotation machine (docs/architecture.md, "The rotation machine"). */
export const rotationStates = [
  'planned',
  'preflighted',
  'pending',
  'staged',
  'activated',
  'adopted',
  're-encrypted',
  'soaking',
  'retired',
  'archived',
  'closed',
  'rolling-back',
  'rolled-back',
  'abandoned',
  'blocked',
] as const;
export const RotationState = z.enum(rotationStates);
export type RotationState = z.infer<typeof RotationState>;

export const RotationMode = z.enum(['planned', 'emergency']);
export type RotationMode = z.infer<typeof RotationMode>;

export const Adoption = z.enum(['proven', 'attested', 'unproven']);
export type Adoption = z.infer<typeof Adoption>;

/** Everything that Rekey does to the world during a rotation; each is intended, done, then recorded. */
export const effectKinds = [
  'preflight',
  'seal',
  'stage',
  'accept',
  'stop',
  'activate',
  'start',
  'restart',
  'verify',
  'reencrypt',
  'retire',
  'verify-old-refused',
  'soak',
  'archive',
  'destroy',
  'unstage',
  'roll-back',
] as const;
export const EffectKind = z.enum(effectKinds);
export type EffectKind = z.infer<typeof EffectKind>;

/** What is fixed before anything happens. Written to the log with the first event of the rotation. */
export const RotationPlan = z.object({
  rotation_id: z.string(),
  key: KeyName,
  environment: EnvironmentReference,
  protects: Protects,
  slots: Slots,
  mode: RotationMode,
  reason: z.string(),
  requester: z.string(),
  issuer: z.enum(['generated', 'supplied']),
  variables: z.object({ previous: KeyName, next: KeyName }),
  /** Milliseconds for which the old value stays accepted; 0 where there is no overlap. */
  soak_ms: z.number().int().min(0),
  /** Opaque revision of the environment that was planned against. */
  revision: z.string().nullable(),
  old_fingerprint: Fingerprint.nullable(),
  /** The old value is the attacker's: someone marked it, or this is an emergency. Restoring it needs a decision. */
  old_compromised: z.boolean(),
  /** What the environment's state said of the old value, for the way back. */
  old_state: KeyState.nullable(),
  cryptoperiod_days: z.number().int().min(1),
  /** What users may notice, said before it happens; empty when nothing. */
  consequences: z.array(z.string()),
});
export type RotationPlan = z.infer<typeof RotationPlan>;

export const ReencryptionCounts = z.object({
  total: z.number().int().min(0),
  changed: z.number().int().min(0),
  remaining_old: z.number().int().min(0),
});
export type ReencryptionCounts = z.infer<typeof ReencryptionCounts>;

/** One rotation as the fold of its events. */
export const RotationView = z.object({
  rotation_id: z.string(),
  run_id: z.string(),
  key: KeyName,
  environment: EnvironmentReference,
  plan: RotationPlan,
  state: RotationState,
  adoption: Adoption.nullable(),
  old_fingerprint: Fingerprint.nullable(),
  new_fingerprint: Fingerprint.nullable(),
  /** RFC 3339, UTC. */
  retire_after: z.string().nullable(),
  reencryption: ReencryptionCounts.nullable(),
  /** An intent without a result: what must be probed before anything else. */
  indeterminate: EffectKind.nullable(),
  /** Why it is blocked, in words. */
  blocked_reason: z.string().nullable(),
  /** The state to which a decision can bring it back. */
  state_before_block: RotationState.nullable(),
  archived_until: z.string().nullable(),
  /** What the destroy record says was not checked. */
  started_at: z.string(),
  ended_at: z.string().nullable(),
});
export type RotationView = z.infer<typeof RotationView>;

/** What a person may vouch for, with evidence, where no check can prove it. */
export const AttestedFact = z.enum(['adoption', 're-encryption', 'stopped', 'old-refused']);
export type AttestedFact = z.infer<typeof AttestedFact>;

/** A person's decision on a blocked rotation after a fresh probe. */
export const BlockDecision = z.enum(['new-is-primary', 'old-is-primary']);
export type BlockDecision = z.infer<typeof BlockDecision>;

/** A rotation with all that the machine needs to go on: what `RotationView` shows, and its way so far. */
export const RotationRecord = RotationView.extend({
  /** Ids of the steps of the path that are done or were skipped (shared/logic/rotation-path.ts). */
  steps_done: z.array(z.string()),
  indeterminate_step: z.string().nullable(),
  /** What went wrong at the next step, until it is tried again. */
  failed: z
    .object({ step: z.string(), effect: EffectKind, code: z.string(), message: z.string(), at: z.string() })
    .nullable(),
  attested: z.array(AttestedFact),
  /** Whether the health URL answered before the rotation; null when none is configured. */
  healthy_before: z.boolean().nullable(),
  /** Stopped for this rotation (or the attempt was announced) and not started again since. */
  service_stopped: z.boolean(),
  /** When the new value became primary; kept when the effect has to be completed after a crash. */
  activated_at: z.string().nullable(),
  /** Set from the request to roll back on. */
  rollback: z
    .object({
      reason: z.string(),
      restore_compromised: z.boolean(),
      new_compromised: z.boolean(),
      from: RotationState,
    })
    .nullable(),
  /** Set from the request to give up on. */
  abandon_reason: z.string().nullable(),
  /** Set when an emergency of the same key puts an end to the overlap. */
  superseded_by: z.string().nullable(),
  /** Sealed files that must outlive the rotation, because what it left behind is not certain. */
  keep_sealed: z.boolean(),
});
export type RotationRecord = z.infer<typeof RotationRecord>;
