import type { KeyName } from '#shared/model/key.ts';
import type {
  AttestedFact,
  BlockDecision,
  RotationMode,
  RotationPlan,
  RotationState,
  RotationView,
} from '#shared/model/rotation.ts';
import type { WaitsFor } from '#shared/model/run.ts';
import type { Secret } from '#shared/model/secret.ts';

/** What someone asks for. The keys are rotated in one run: signing keys before encryption keys. */
export interface RotationRequest {
  environmentId: string;
  keys: readonly KeyName[];
  mode: RotationMode;
  reason: string;
  /** Rotate keys that are not due. */
  force: boolean;
  drill: boolean;
  /** Hosts of a fleet that are left out of what is planned. */
  exclude?: readonly string[];
}

/** How far to go. Each is a state of the rotation machine; the service stops earlier where it must wait. */
export type RotationTarget = Extract<
  RotationState,
  // Only finds out what interrupted effects left, and walks ways back that were asked for.
  | 'planned'
  | 'preflighted'
  | 'pending'
  | 'staged'
  | 'activated'
  | 'adopted'
  | 're-encrypted'
  | 'soaking'
  | 'retired'
  | 'closed'
>;

export interface AdvanceOptions {
  until: RotationTarget;
  /** No person is there to attest or decide: stop with `waits_for` instead of going on unproven. */
  unattended: boolean;
  /** Nobody asked for it either: an old value is retired only where it is proven that nothing needs it. */
  automatic?: boolean;
  /** For keys whose issuer is a third party. */
  suppliedValues?: ReadonlyMap<KeyName, Secret>;
  /** Redacted, for people: "Restarting the service", counts of a re-encryption. */
  onProgress?: (line: string) => void;
  /** Stops what is being done, a running command included. */
  signal?: AbortSignal;
  /** Stops after the effect that is being done; nothing is interrupted. */
  pause?: AbortSignal;
  /** Drives this rotation of the run only. */
  onlyRotation?: string;
  /** Only for retiring before the soak has ended. */
  earlyRetirementReason?: string;
}

export interface RotationProgress {
  rotations: RotationView[];
  waitsFor: WaitsFor | null;
  /** What was done and seen, line by line, for the step's result. */
  lines: string[];
}

/**
 * Drives rotations through the machine of shared/logic/rotation-machine.ts: asks the environment what is true, does
 * one effect, records it, and so on. Every method may be repeated after a crash: effects are idempotent under one
 * rotation id, and an intent without a result is probed before anything else.
 */
export interface RotationService {
  /** What would be done, without an effect: plans with their consequences. Throws `not-due`, `key-unknown`, … */
  plan(request: RotationRequest): Promise<RotationPlan[]>;

  /** Adds planned rotations to a run that exists (guided), durable when it returns. */
  begin(runId: string, request: RotationRequest): Promise<RotationView[]>;

  /** Drives all rotations of the run on; takes the environment's lock for the effects and releases it after. */
  advance(runId: string, options: AdvanceOptions): Promise<RotationProgress>;

  /** Probes an indeterminate or blocked rotation and says what was found; changes nothing in the environment. */
  probe(runId: string): Promise<RotationProgress>;

  /**
   * A person's word that the value is in use, that data was re-encrypted, that a service is stopped, that the old value
   * is refused. Recorded for every rotation of the run that it concerns; changes nothing in the environment.
   */
  attest(
    runId: string,
    what: AttestedFact,
    evidence: { sha256: string; reason: string },
  ): Promise<RotationView[]>;

  /** What rolling back would do, or why it cannot be done. */
  rollbackPlan(runId: string): { possible: boolean; lines: string[]; restoresCompromised: boolean };

  /**
   * The rotation in reverse, as far as it goes without waiting; rotations that were not activated are given up.
   * `restoreCompromised` is needed where the old value is the attacker's. Throws `point-of-no-return`,
   * `compromised-restore`, `illegal-move`.
   */
  rollBack(
    runId: string,
    options: {
      reason: string;
      restoreCompromised: boolean;
      onProgress?: (line: string) => void;
      signal?: AbortSignal;
    },
  ): Promise<RotationProgress>;

  /** Gives up rotations that have not been activated: clears pending, removes what was staged and sealed. */
  abandon(runId: string, reason: string): Promise<RotationView[]>;

  /** A decision on a blocked rotation after a fresh probe: go on as activated, or as not activated. */
  decide(runId: string, rotationId: string, decision: BlockDecision, reason: string): Promise<RotationView>;

  /**
   * Leaves a host of a fleet out of the rest of the run, with a reason: a deviation, and the host stays behind until it
   * is brought up to date. Throws `invalid-input` for a host that the fleet has not, or for its last one.
   */
  excludeHost(runId: string, host: string, reason: string): void;

  /** The exact change that the next activation would make, names only: the dry-run diff. */
  previewChange(runId: string): Promise<{ set: string[]; remove: string[]; restart: boolean }>;

  /** The operator states when the oldest restorable backup made under the old key expires (data keys). */
  recordBackupExpiry(runId: string, date: string): Promise<RotationView[]>;
}
