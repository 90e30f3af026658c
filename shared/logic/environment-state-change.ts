import { type EnvironmentState, emptyKeyState, type KeyState } from '../model/environment.ts';
import type { Fingerprint, KeyName } from '../model/key.ts';
import type { RotationRecord } from '../model/rotation.ts';
import { profile } from './rotation-path.ts';

/**
 * What an environment's shared state says of a key after each effect of its rotation. Pure: the driver writes what
 * these return, together with the values, in one step.
 */

/** What the state says of a key, also when it says nothing yet. */
export function keyState(state: EnvironmentState, key: KeyName): KeyState {
  return state.keys[key] ?? emptyKeyState;
}

/** The state with one key's part replaced. */
export function withKeyState(state: EnvironmentState, key: KeyName, part: KeyState): EnvironmentState {
  return { ...state, keys: { ...state.keys, [key]: part } };
}

/** The new value is primary; the old one stays accepted where the plan overlaps. */
export function activatedState(before: KeyState, rotation: RotationRecord, activatedAt: string): KeyState {
  const { plan } = rotation;
  return {
    ...before,
    fingerprint: rotation.new_fingerprint,
    version: (plan.old_state?.version ?? 0) + 1,
    activatedAt,
    rotationId: rotation.rotation_id,
    baseline: null,
    compromised: null,
    previous:
      profile(plan).overlap && rotation.old_fingerprint !== null
        ? { fingerprint: rotation.old_fingerprint, retireAfter: null }
        : null,
    pending: null,
  };
}

/** The old value is primary again, with the age and the marks it had; the new one stays accepted with an overlap. */
export function rolledBackState(before: KeyState, rotation: RotationRecord, overlap: boolean): KeyState {
  const was = rotation.plan.old_state ?? emptyKeyState;
  return {
    ...before,
    fingerprint: rotation.old_fingerprint,
    version: (was.version ?? 0) + 2,
    activatedAt: was.activatedAt,
    rotationId: was.rotationId,
    baseline: was.baseline,
    compromised: was.compromised,
    previous:
      overlap && rotation.new_fingerprint !== null
        ? { fingerprint: rotation.new_fingerprint, retireAfter: null }
        : null,
    pending: null,
  };
}

/** Until when the value in the previous slot stays accepted. */
export function soakingState(before: KeyState, previous: Fingerprint, retireAfter: string): KeyState {
  return { ...before, previous: { fingerprint: previous, retireAfter }, pending: null };
}

/** Nothing is accepted beside the primary value any longer. */
export function retiredState(before: KeyState): KeyState {
  return { ...before, previous: null, pending: null };
}

/** No change is under way. */
export function settledState(before: KeyState): KeyState {
  return { ...before, pending: null };
}
