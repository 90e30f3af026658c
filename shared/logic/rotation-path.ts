import type { EffectKind, RotationPlan, RotationRecord, RotationState } from '../model/rotation.ts';

/**
 * One step on a rotation's way. The path of a plan is fixed when it is planned: which steps there are follows from
 * what the key protects, which slots the consumer reads, the mode, and whether there is an old value at all.
 */
export interface PathStep {
  readonly id: StepId;
  /** What is done to the world; null for a step that only records. */
  readonly effect: EffectKind | null;
  /** The state that the step works towards: `advance until` stops by it. */
  readonly toward: RotationState;
  /** Whether the state is reached when this step is done. */
  readonly reaches: boolean;
}

export type StepId =
  | 'preflight'
  | 'seal'
  | 'stage'
  | 'restart-staged'
  | 'accept'
  | 'stop'
  | 'activate'
  | 'reencrypt'
  | 'start'
  | 'restart'
  | 'verify'
  | 'verify-reencrypted'
  | 'soak'
  | 'retire'
  | 'restart-retired'
  | 'verify-old-refused'
  | 'archive'
  | 'destroy'
  | 'close'
  | 'back-stop'
  | 'roll-back'
  | 'back-reencrypt'
  | 'back-start'
  | 'back-restart'
  | 'back-verify'
  | 'back-verify-reencrypted'
  | 'back-soak'
  | 'back-retire'
  | 'back-restart-retired'
  | 'back-destroy'
  | 'back-close'
  | 'unstage'
  | 'abandon-destroy'
  | 'abandon-close';

/** What kind of rotation a plan is. */
export interface Profile {
  /** There is a value to replace. A missing key has none: nothing overlaps, nothing is re-encrypted. */
  readonly hasOld: boolean;
  /** Old and new are accepted side by side for a while. */
  readonly overlap: boolean;
  /** The new value is accepted everywhere before it is used. */
  readonly staged: boolean;
  /** Rows and files have to be brought under the new value. */
  readonly reencrypts: boolean;
  /** The service must stand still while they are. */
  readonly stopped: boolean;
  readonly soaks: boolean;
}

export function profile(
  plan: Pick<RotationPlan, 'protects' | 'slots' | 'mode' | 'soak_ms' | 'old_fingerprint'>,
): Profile {
  const hasOld = plan.old_fingerprint !== null;
  // An emergency of messages has no overlap: the old value is the attacker's.
  const overlap =
    hasOld && plan.slots !== 'one' && !(plan.mode === 'emergency' && plan.protects === 'messages');
  const reencrypts = hasOld && plan.protects === 'data';
  return {
    hasOld,
    overlap,
    staged: overlap && plan.slots === 'next+previous',
    reencrypts,
    stopped: reencrypts && plan.slots === 'one',
    soaks: overlap && plan.soak_ms > 0,
  };
}

const step = (id: StepId, effect: EffectKind | null, toward: RotationState, reaches = false): PathStep => ({
  id,
  effect,
  toward,
  reaches,
});
const when = (condition: boolean, ...steps: PathStep[]): PathStep[] => (condition ? steps : []);

/** The way from planned to closed. */
export function forwardPath(plan: RotationPlan): PathStep[] {
  const kind = profile(plan);
  return [
    step('preflight', 'preflight', 'preflighted', true),
    step('seal', 'seal', 'pending', true),
    ...when(
      kind.staged,
      step('stage', 'stage', 'staged'),
      step('restart-staged', 'restart', 'staged'),
      step('accept', 'accept', 'staged', true),
    ),
    ...when(kind.stopped, step('stop', 'stop', 'activated')),
    step('activate', 'activate', 'activated', true),
    ...when(kind.stopped, step('reencrypt', 'reencrypt', 'adopted'), step('start', 'start', 'adopted')),
    ...when(!kind.stopped, step('restart', 'restart', 'adopted')),
    step('verify', 'verify', 'adopted', true),
    ...when(kind.reencrypts && !kind.stopped, step('reencrypt', 'reencrypt', 're-encrypted')),
    ...when(kind.reencrypts, step('verify-reencrypted', 'verify', 're-encrypted', true)),
    ...when(kind.soaks, step('soak', 'soak', 'soaking', true)),
    step('retire', 'retire', 'retired', true),
    ...when(kind.overlap, step('restart-retired', 'restart', 'retired')),
    ...when(kind.hasOld, step('verify-old-refused', 'verify-old-refused', 'retired')),
    ...when(plan.protects === 'data' && kind.hasOld, step('archive', 'archive', 'archived', true)),
    step('destroy', 'destroy', 'closed'),
    step('close', null, 'closed', true),
  ];
}

/** The way back after activation: the rotation in reverse, because work was already done under the new value. */
export function reversePath(record: Pick<RotationRecord, 'plan' | 'rollback'>): PathStep[] {
  const kind = profile({ ...record.plan, mode: 'planned' });
  // A compromised new value is not accepted any longer, whatever was signed with it.
  const overlap = kind.overlap && !(record.rollback?.new_compromised && record.plan.protects === 'messages');
  const back = (id: StepId, effect: EffectKind | null) => step(id, effect, 'rolled-back');
  return [
    ...when(kind.stopped, back('back-stop', 'stop')),
    back('roll-back', 'roll-back'),
    ...when(kind.stopped, back('back-reencrypt', 'reencrypt'), back('back-start', 'start')),
    ...when(!kind.stopped, back('back-restart', 'restart')),
    back('back-verify', 'verify'),
    ...when(kind.reencrypts && !kind.stopped, back('back-reencrypt', 'reencrypt')),
    ...when(kind.reencrypts, back('back-verify-reencrypted', 'verify')),
    ...when(overlap && record.plan.soak_ms > 0, back('back-soak', 'soak')),
    ...when(overlap, back('back-retire', 'retire'), back('back-restart-retired', 'restart')),
    back('back-destroy', 'destroy'),
    step('back-close', null, 'rolled-back', true),
  ];
}

/** The way back before activation. */
export function abandonPath(
  record: Pick<RotationRecord, 'plan' | 'steps_done' | 'service_stopped'>,
): PathStep[] {
  // Staging may have been tried whether or not it was finished; taking away what is not there is harmless.
  const staged = profile(record.plan).staged && record.steps_done.includes('seal');
  return [
    ...when(staged, step('unstage', 'unstage', 'abandoned')),
    ...when(record.service_stopped, step('start', 'start', 'abandoned')),
    step('abandon-destroy', 'destroy', 'abandoned'),
    step('abandon-close', null, 'abandoned', true),
  ];
}

/** The rest of a rotation whose overlap an emergency of the same key ends: the emergency does the restart. */
export function supersededPath(plan: RotationPlan): PathStep[] {
  return forwardPath(plan).filter(({ id }) => ['retire', 'archive', 'destroy', 'close'].includes(id));
}

/** The path on which a rotation is now. */
export function currentPath(record: RotationRecord): PathStep[] {
  if (record.abandon_reason !== null) return abandonPath(record);
  if (record.rollback !== null) return reversePath(record);
  if (record.superseded_by !== null) return supersededPath(record.plan);
  return forwardPath(record.plan);
}

/** The first step that is not done, or null at the end of the path. */
export function pendingStep(record: RotationRecord): PathStep | null {
  return currentPath(record).find(({ id }) => !record.steps_done.includes(id)) ?? null;
}

const order: readonly RotationState[] = [
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
];

/** Whether working towards `toward` is asked for by `until`. Ways back are always walked to their end. */
export function within(toward: RotationState, until: RotationState): boolean {
  const index = order.indexOf(toward);
  return index === -1 || index <= order.indexOf(until);
}

/**
 * In which order the rotations of one run take their steps, so that signing keys come before encryption keys, the
 * environment is written once a group, and the service is restarted once for all of them. Lower goes first.
 */
export function stepRank(id: StepId, protects: RotationPlan['protects']): number {
  const rank = rankOf[id];
  const writes = ['stage', 'activate', 'roll-back', 'retire', 'back-retire'].includes(id);
  return writes && protects === 'data' ? rank + 0.5 : rank;
}

const rankOf: Readonly<Record<StepId, number>> = {
  unstage: 0,
  'abandon-destroy': 1,
  'abandon-close': 2,
  preflight: 10,
  seal: 20,
  stage: 30,
  'restart-staged': 40,
  accept: 50,
  // Signing keys are written (60) before the service is stopped (60.2) for an encryption key (60.5).
  activate: 60,
  stop: 60.2,
  'roll-back': 61,
  'back-stop': 61.2,
  // With the service stopped, re-encryption is the pending step of its rotation before the common start.
  reencrypt: 70,
  'back-reencrypt': 70,
  restart: 80,
  start: 80,
  'back-restart': 80,
  'back-start': 80,
  verify: 90,
  'back-verify': 90,
  'verify-reencrypted': 100,
  'back-verify-reencrypted': 100,
  soak: 110,
  'back-soak': 110,
  retire: 120,
  'back-retire': 120,
  'restart-retired': 130,
  'back-restart-retired': 130,
  'verify-old-refused': 140,
  archive: 150,
  destroy: 160,
  'back-destroy': 160,
  close: 170,
  'back-close': 170,
};
