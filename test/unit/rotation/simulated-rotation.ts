import { foldRotation, type RotationEvent } from '#shared/logic/rotation-fold.ts';
import { nextStep, type RotationFacts } from '#shared/logic/rotation-machine.ts';
import type { PathStep } from '#shared/logic/rotation-path.ts';
import type { Adoption, RotationPlan, RotationRecord, RotationState } from '#shared/model/rotation.ts';

export const environment = { id: 'env-1', name: 'staging', stage: 'staging' } as const;

export function planOf(overrides: Partial<RotationPlan>): RotationPlan {
  return {
    rotation_id: 'rotation-1',
    key: 'SOME_KEY',
    environment,
    protects: 'messages',
    slots: 'one',
    mode: 'planned',
    reason: 'test',
    requester: 'ada@example.org',
    issuer: 'generated',
    variables: { previous: 'SOME_KEY_PREVIOUS', next: 'SOME_KEY_NEXT' },
    soak_ms: 3_600_000,
    revision: 'r1',
    old_fingerprint: '0000000000000001',
    old_compromised: overrides.mode === 'emergency',
    old_state: null,
    cryptoperiod_days: 90,
    consequences: [],
    ...overrides,
  };
}

export function eventOf(action: string, data: Record<string, unknown> = {}, reason = 'why'): RotationEvent {
  return {
    timestamp: '2026-01-01T00:00:00.000Z',
    action,
    reason,
    run_id: 'run-1',
    rotation_id: 'rotation-1',
    key_type: 'SOME_KEY',
    environment,
    data,
  };
}

export function planned(overrides: Partial<RotationPlan> = {}): RotationRecord {
  return foldRotation(null, eventOf('planned', { plan: planOf(overrides) }));
}

export const allCommands: RotationFacts = {
  now: '2026-01-01T00:00:00.000Z',
  configured: new Set([
    'restart',
    'stop',
    'start',
    'reencrypt',
    'verify',
    'verify-old-refused',
    'accepts-next',
  ]),
  healthConfigured: true,
  valueAtHand: true,
  earlyRetirementReason: null,
  automatic: false,
};

/** The events of one step that goes well, with what a service would report. */
export function resultOf(step: PathStep, adoption: Adoption): Record<string, unknown> {
  const data: Record<string, unknown> = { step: step.id };
  if (step.id === 'seal') data.new_fingerprint = '0000000000000002';
  if (step.effect === 'soak') data.retire_after = '2026-01-01T01:00:00.000Z';
  if (step.id === 'activate') data.activated_at = '2026-01-01T00:00:00.000Z';
  if (step.id === 'verify' || step.id === 'back-verify') data.adoption = adoption;
  if (step.effect === 'reencrypt') data.counts = { total: 3, changed: 3, remaining_old: 0 };
  return data;
}

export const closing: Readonly<Record<string, string>> = {
  close: 'rotated',
  'back-close': 'rolled-back',
  'abandon-close': 'abandoned',
};

export interface Walk {
  rotation: RotationRecord;
  states: RotationState[];
  effects: string[];
  waitsFor: string | null;
}

/** Takes every step that the machine allows, until it ends, waits, or `stopAt` is reached. */
export function walk(
  from: RotationRecord,
  facts: RotationFacts = allCommands,
  adoption: Adoption = 'proven',
  stopAt: RotationState | null = null,
): Walk {
  let rotation = from;
  const states: RotationState[] = [rotation.state];
  const effects: string[] = [];
  for (let count = 0; count < 100 && rotation.state !== stopAt; count += 1) {
    const decision = nextStep(rotation, facts);
    if (decision.kind === 'ended') return { rotation, states, effects, waitsFor: null };
    if (decision.kind === 'wait') return { rotation, states, effects, waitsFor: decision.waitsFor };
    if (decision.kind === 'probe') {
      rotation = foldRotation(rotation, eventOf(`${rotation.indeterminate}-probed`, { step: decision.step }));
      continue;
    }
    const { step } = decision;
    if (decision.kind === 'record') {
      rotation = foldRotation(rotation, eventOf(closing[step.id] ?? ''));
    } else if (decision.kind === 'skip') {
      rotation = foldRotation(rotation, eventOf(`${step.effect}-skipped`, { step: step.id }));
    } else {
      rotation = foldRotation(rotation, eventOf(`${step.effect}-intended`, resultOf(step, adoption)));
      rotation = foldRotation(rotation, eventOf(`${step.effect}-done`, resultOf(step, adoption)));
      effects.push(step.id);
    }
    if (rotation.state !== states.at(-1)) states.push(rotation.state);
  }
  return { rotation, states, effects, waitsFor: null };
}
