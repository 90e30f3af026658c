import type { LogEvent } from '../model/event.ts';
import {
  Adoption,
  AttestedFact,
  type EffectKind,
  effectKinds,
  ReencryptionCounts,
  RotationPlan,
  type RotationRecord,
  RotationState,
} from '../model/rotation.ts';
import { assertLegal, hasEnded, illegalMove } from './rotation-moves.ts';
import { currentPath, forwardPath, type PathStep, pendingStep } from './rotation-path.ts';

/** What the fold needs of an event; the whole LogEvent fits. */
export type RotationEvent = Pick<
  LogEvent,
  'timestamp' | 'action' | 'reason' | 'run_id' | 'rotation_id' | 'key_type' | 'environment' | 'data'
>;

const effectAction = new RegExp(`^(${effectKinds.join('|')})-(intended|done|failed|skipped|probed)$`);

/** Whether an action of a `key_rotation` event belongs to the machine at all. */
export function isMachineAction(action: string): boolean {
  return effectAction.test(action) || action in recorders || action === 'planned';
}

/**
 * One `key_rotation` event folded into its rotation. Pure: a rotation is what its events say, nothing else.
 * Throws `illegal-move` for an event that the machine does not allow after what was before; then nothing has changed.
 */
export function foldRotation(rotation: RotationRecord | null, event: RotationEvent): RotationRecord {
  if (event.action === 'planned') {
    if (rotation) throw illegalMove(rotation, event.action, 'it is planned already');
    return plannedRotation(event);
  }
  if (!rotation) throw new RangeError(`The log names a rotation that was never planned: ${event.action}`);
  if (hasEnded(rotation)) throw illegalMove(rotation, event.action, `it is ${rotation.state}`);
  const effect = effectAction.exec(event.action);
  if (effect) {
    if (rotation.state === 'blocked') throw illegalMove(rotation, event.action, 'it is blocked');
    return foldEffect(rotation, event, effect[1] as EffectKind, effect[2] as Outcome);
  }
  const record = recorders[event.action];
  if (!record) throw illegalMove(rotation, event.action, 'the machine knows no such action');
  return record(rotation, event);
}

type Outcome = 'intended' | 'done' | 'failed' | 'skipped' | 'probed';

function plannedRotation(event: RotationEvent): RotationRecord {
  const plan = RotationPlan.parse(event.data?.plan);
  return {
    rotation_id: plan.rotation_id,
    run_id: event.run_id ?? '',
    key: plan.key,
    environment: plan.environment,
    plan,
    state: 'planned',
    adoption: null,
    old_fingerprint: plan.old_fingerprint,
    new_fingerprint: null,
    retire_after: null,
    reencryption: null,
    indeterminate: null,
    blocked_reason: null,
    state_before_block: null,
    archived_until: null,
    started_at: event.timestamp,
    ended_at: null,
    steps_done: [],
    indeterminate_step: null,
    failed: null,
    attested: [],
    healthy_before: null,
    service_stopped: false,
    activated_at: null,
    rollback: null,
    abandon_reason: null,
    superseded_by: null,
    keep_sealed: false,
  };
}

function foldEffect(
  rotation: RotationRecord,
  event: RotationEvent,
  effect: EffectKind,
  outcome: Outcome,
): RotationRecord {
  const id = String(event.data?.step ?? '');
  if (outcome === 'intended') {
    const step = stepToIntend(rotation, event, id);
    return {
      ...rotation,
      ...noted(event, step.id),
      service_stopped: rotation.service_stopped || effect === 'stop',
      indeterminate: effect,
      indeterminate_step: step.id,
      failed: null,
    };
  }
  if (outcome === 'skipped') return finish(rotation, event, stepToIntend(rotation, event, id));
  if (rotation.indeterminate_step !== id || rotation.indeterminate !== effect) {
    throw illegalMove(rotation, event.action, 'nothing announced it');
  }
  const settled = { ...rotation, indeterminate: null, indeterminate_step: null };
  if (outcome === 'probed') return settled;
  if (outcome === 'failed') {
    return {
      ...settled,
      failed: {
        step: id,
        effect,
        code: String(event.data?.code ?? 'internal'),
        message: String(event.data?.message ?? ''),
        at: event.timestamp,
      },
    };
  }
  if (rotation.steps_done.includes(id)) return { ...settled, ...noted(event, id) };
  const step = currentPath(rotation).find((one) => one.id === id);
  if (!step) throw illegalMove(rotation, event.action, 'its path has no such step');
  return finish(settled, event, step);
}

/** The step must be the next one of the path; a verification may be made again while adoption is unproven. */
function stepToIntend(rotation: RotationRecord, event: RotationEvent, id: string): PathStep {
  if (rotation.indeterminate_step !== null) {
    throw illegalMove(rotation, event.action, `the result of "${rotation.indeterminate}" is not known yet`);
  }
  const next = pendingStep(rotation);
  if (next?.id === id) return next;
  const again = (id === 'verify' || id === 'back-verify') && rotation.steps_done.includes(id);
  const step = currentPath(rotation).find((one) => one.id === id);
  if (again && step && rotation.adoption === 'unproven') return step;
  throw illegalMove(rotation, event.action, `its next step is ${next ? `"${next.id}"` : 'none'}`);
}

function finish(rotation: RotationRecord, event: RotationEvent, step: PathStep): RotationRecord {
  const stopped = step.id === 'stop' || step.id === 'back-stop';
  const started = step.id === 'start' || step.id === 'back-start';
  const next = {
    ...rotation,
    ...noted(event, step.id),
    steps_done: [...rotation.steps_done, step.id],
    service_stopped: (rotation.service_stopped || stopped) && !started,
  };
  if (!step.reaches || (step.id === 'archive' && event.action.endsWith('-skipped'))) return next;
  assertLegal(next, step.toward, event.action);
  return { ...next, state: step.toward };
}

/** What the data of an effect's events adds to what is known. */
function noted(event: RotationEvent, step: string): Partial<RotationRecord> {
  const data = event.data ?? {};
  const known: Partial<RotationRecord> = {};
  if (step === 'seal' && typeof data.new_fingerprint === 'string')
    known.new_fingerprint = data.new_fingerprint;
  if (step === 'preflight' && 'healthy' in data) {
    known.healthy_before = typeof data.healthy === 'boolean' ? data.healthy : null;
  }
  if (step === 'activate' && typeof data.activated_at === 'string') known.activated_at = data.activated_at;
  if ((step === 'soak' || step === 'back-soak') && typeof data.retire_after === 'string') {
    known.retire_after = data.retire_after;
  }
  const adoption = Adoption.safeParse(data.adoption);
  if ((step === 'verify' || step === 'back-verify') && adoption.success) known.adoption = adoption.data;
  const counts = ReencryptionCounts.safeParse(data.counts);
  if (counts.success) known.reencryption = counts.data;
  return known;
}

type Recorder = (rotation: RotationRecord, event: RotationEvent) => RotationRecord;

const recorders: Readonly<Record<string, Recorder>> = {
  rotated: (rotation, event) => end(rotation, event, 'close', 'closed'),
  'rolled-back': (rotation, event) => end(rotation, event, 'back-close', 'rolled-back'),
  abandoned: (rotation, event) => end(rotation, event, 'abandon-close', 'abandoned'),
  attested: (rotation, event) => {
    const what = AttestedFact.parse(event.data?.what);
    return {
      ...rotation,
      failed: null,
      attested: rotation.attested.includes(what) ? rotation.attested : [...rotation.attested, what],
      adoption: what === 'adoption' && rotation.adoption !== 'proven' ? 'attested' : rotation.adoption,
    };
  },
  'backup-expiry': (rotation, event) => ({ ...rotation, archived_until: String(event.data?.date) }),
  'rollback-requested': (rotation, event) => {
    const asked = { ...rotation, failed: null };
    assertLegal(asked, 'rolling-back', event.action);
    if (rotation.indeterminate_step !== null) throw illegalMove(rotation, event.action, 'probe it first');
    return {
      ...asked,
      state: 'rolling-back',
      adoption: null,
      reencryption: null,
      retire_after: null,
      // What was vouched for on the way forward says nothing about the way back.
      attested: [],
      rollback: {
        reason: event.reason ?? '',
        restore_compromised: event.data?.restore_compromised === true,
        new_compromised: event.data?.new_compromised === true,
        from: rotation.state,
      },
    };
  },
  'abandon-requested': (rotation, event) => {
    if (rotation.indeterminate_step !== null) throw illegalMove(rotation, event.action, 'probe it first');
    assertLegal({ ...rotation, abandon_reason: '' }, 'abandoned', 'abandoned');
    return { ...rotation, failed: null, abandon_reason: event.reason ?? '' };
  },
  superseded: (rotation, event) => {
    if (rotation.indeterminate_step !== null) throw illegalMove(rotation, event.action, 'probe it first');
    const next = { ...rotation, failed: null, superseded_by: String(event.data?.by ?? '') };
    if (rotation.state !== 'retired' && rotation.state !== 'archived') {
      assertLegal(next, 'retired', 'retire-done');
    }
    return next;
  },
  blocked: (rotation, event) => {
    assertLegal(rotation, 'blocked', event.action);
    return {
      ...rotation,
      state: 'blocked',
      state_before_block: rotation.state,
      blocked_reason: String(event.data?.why ?? event.reason ?? ''),
      indeterminate: null,
      indeterminate_step: null,
    };
  },
  unblocked: (rotation, event) => {
    const to = RotationState.parse(event.data?.to);
    assertLegal(rotation, to, event.action);
    return {
      ...rotation,
      state: to,
      state_before_block: null,
      blocked_reason: null,
      failed: null,
      steps_done: stepsDoneAt(rotation, to),
      keep_sealed: rotation.keep_sealed || event.data?.unclear === true,
    };
  },
};

function end(
  rotation: RotationRecord,
  event: RotationEvent,
  step: string,
  state: RotationState,
): RotationRecord {
  if (rotation.indeterminate_step !== null) {
    throw illegalMove(rotation, event.action, `the result of "${rotation.indeterminate}" is not known yet`);
  }
  const next = pendingStep(rotation);
  if (next?.id !== step) {
    throw illegalMove(rotation, event.action, `its next step is ${next ? `"${next.id}"` : 'none'}`);
  }
  assertLegal(rotation, state, event.action);
  return {
    ...rotation,
    state,
    steps_done: [...rotation.steps_done, step],
    failed: null,
    ended_at: event.timestamp,
  };
}

/** The steps that count as done after a decision that put the rotation before or after its activation. */
function stepsDoneAt(rotation: RotationRecord, to: RotationState): string[] {
  const before = rotation.state_before_block;
  if (before === to) return rotation.steps_done;
  const path = forwardPath(rotation.plan).map(({ id }) => id as string);
  const activation = path.indexOf('activate');
  const kept = to === 'activated' ? path.slice(0, activation + 1) : path.slice(0, activation);
  return kept.filter((id) => id !== 'stop' || rotation.steps_done.includes('stop') || to === 'activated');
}
