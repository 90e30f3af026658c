import type { Environment, Snapshot } from '#electron/environments/environment.ts';
import {
  activatedState,
  keyState,
  retiredState,
  rolledBackState,
  settledState,
  soakingState,
  withKeyState,
} from '#shared/logic/environment-state-change.ts';
import { profile, reversePath, type StepId } from '#shared/logic/rotation-path.ts';
import type { EnvironmentState, KeyState } from '#shared/model/environment.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { Fingerprint } from '#shared/model/key.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import type { Secret } from '#shared/model/secret.ts';
import { fingerprintIn } from '../secrets/fingerprint.ts';
import type { RotationValues } from './rotation-values.ts';

/** A step that writes to the environment. */
export type WriteStep =
  | 'stage'
  | 'unstage'
  | 'activate'
  | 'soak'
  | 'back-soak'
  | 'retire'
  | 'back-retire'
  | 'roll-back';

export function isWriteStep(id: string): id is WriteStep {
  return ['stage', 'unstage', 'activate', 'soak', 'back-soak', 'retire', 'back-retire', 'roll-back'].includes(
    id,
  );
}

/** Whether a step changes values, and not only what is recorded of them. */
export function writesValues(step: WriteStep): boolean {
  return step !== 'soak' && step !== 'back-soak';
}

/** Which value a variable holds, seen from one rotation. */
export type Found = 'old' | 'new' | 'absent' | 'other';

/** How often a write is tried again when another key of the environment was changed meanwhile. */
const conflictAttempts = 3;

/** What the environment holds for one rotation, compared by fingerprints. */
export interface Sighting {
  primary: Found;
  previous: Found;
  next: Found;
}

/** Throws `state-corrupt` when the state that the rotation was planned with is gone. */
export function stateOf(snapshot: Snapshot): EnvironmentState {
  if (snapshot.state) return snapshot.state;
  throw new RekeyError('state-corrupt', {
    message: 'The state file of the environment is gone, so its values cannot be compared any longer.',
    remedy: 'Bring the state file back from a backup (it holds no value), then resume the run.',
  });
}

export function look(snapshot: Snapshot, rotation: RotationRecord): Sighting {
  const state = stateOf(snapshot);
  const found = (name: string): Found => {
    const value = snapshot.values.get(name);
    if (!value || value.isEmpty) return 'absent';
    const print = fingerprintIn(state, value);
    if (print === rotation.new_fingerprint) return 'new';
    return print === rotation.old_fingerprint ? 'old' : 'other';
  };
  return {
    primary: found(rotation.key),
    previous: found(rotation.plan.variables.previous),
    next: found(rotation.plan.variables.next),
  };
}

/** Thrown when what is there fits neither side of an effect: a person must look. */
export class AmbiguousEnvironment extends Error {
  readonly rotationId: string;

  constructor(rotation: RotationRecord, message: string) {
    super(message);
    this.name = 'AmbiguousEnvironment';
    this.rotationId = rotation.rotation_id;
  }
}

interface OneWrite {
  values: Map<string, Secret | null>;
  state: KeyState;
  pending: { old: Fingerprint | null; new: Fingerprint | null } | null;
}

/**
 * Brings the environment to where one step of a group of rotations leaves it, in one atomic change. Looks first, and
 * writes only what is not so already: doing it again after a crash completes it. Says whether any value had to
 * be written. Throws AmbiguousEnvironment when a value is neither old nor new, and what `apply` throws.
 */
export async function writeGroup(
  environment: Environment,
  rotations: readonly { rotation: RotationRecord; step: WriteStep; data: Record<string, unknown> }[],
  values: RotationValues,
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const snapshot = await environment.read({ thorough: false });
    let after = stateOf(snapshot);
    const changed = new Map<string, Secret | null>();
    const pending: Record<string, { old: Fingerprint | null; new: Fingerprint | null }> = {};
    for (const { rotation, step, data } of rotations) {
      const write = await writeOf(rotation, step, data, snapshot, values);
      for (const [name, value] of write.values) if (differs(snapshot, name, value)) changed.set(name, value);
      if (write.pending && changed.has(rotation.key)) pending[rotation.key] = write.pending;
      after = withKeyState(after, rotation.key, write.state);
    }
    if (changed.size === 0 && JSON.stringify(after) === JSON.stringify(snapshot.state)) return false;
    try {
      await environment.apply({ values: changed, pending, after }, snapshot.revision);
      return changed.size > 0;
    } catch (error) {
      if (!isRekeyError(error, 'conflict') || attempt >= conflictAttempts) throw error;
    }
  }
}

function differs(snapshot: Snapshot, name: string, value: Secret | null): boolean {
  const now = snapshot.values.get(name);
  return value === null ? now !== undefined : !now?.equals(value);
}

async function writeOf(
  rotation: RotationRecord,
  step: WriteStep,
  data: Record<string, unknown>,
  snapshot: Snapshot,
  values: RotationValues,
): Promise<OneWrite> {
  const { key, plan } = rotation;
  const { previous, next } = plan.variables;
  const seen = look(snapshot, rotation);
  const before = keyState(stateOf(snapshot), key);
  const write = (entries: [string, Secret | null][], state: KeyState, pending = false): OneWrite => ({
    values: new Map(entries),
    state,
    pending: pending
      ? step === 'roll-back'
        ? { old: rotation.new_fingerprint, new: rotation.old_fingerprint }
        : { old: rotation.old_fingerprint, new: rotation.new_fingerprint }
      : null,
  });
  const kind = profile(plan);
  const readsSlots = plan.slots !== 'one';

  switch (step) {
    case 'stage':
      expectOneOf(rotation, seen.primary, ['old'], key);
      expectOneOf(rotation, seen.next, ['absent', 'new'], next);
      return write([[next, await values.open(rotation, 'new')]], settledState(before));
    case 'unstage':
      // Another value in the slot is not this rotation's to remove.
      return write(seen.next === 'new' ? [[next, null]] : [], settledState(before));
    case 'activate': {
      expectOneOf(rotation, seen.primary, kind.hasOld ? ['old', 'new'] : ['absent', 'new'], key);
      const entries: [string, Secret | null][] = [[key, await values.open(rotation, 'new')]];
      if (kind.overlap) {
        expectOneOf(rotation, seen.previous, ['absent', 'old'], previous);
        entries.push([previous, await values.open(rotation, 'old')]);
      } else if (readsSlots) {
        // Nothing may be accepted beside the new value: in an emergency the previous slot is the attacker's too.
        entries.push([previous, null]);
      }
      if (plan.slots === 'next+previous') entries.push([next, null]);
      return write(entries, activatedState(before, rotation, String(data.activated_at)), true);
    }
    case 'soak':
    case 'back-soak': {
      const print = step === 'soak' ? rotation.old_fingerprint : rotation.new_fingerprint;
      return write([], print ? soakingState(before, print, String(data.retire_after)) : settledState(before));
    }
    case 'retire': {
      if (!kind.overlap) return write([], retiredState(before));
      // An emergency takes the old value out of the way, whatever else was found.
      if (rotation.superseded_by !== null) return write([[previous, null]], retiredState(before));
      expectOneOf(rotation, seen.primary, ['new'], key);
      expectOneOf(rotation, seen.previous, ['absent', 'old'], previous);
      return write([[previous, null]], retiredState(before));
    }
    case 'back-retire':
      expectOneOf(rotation, seen.primary, ['old'], key);
      expectOneOf(rotation, seen.previous, ['absent', 'new'], previous);
      return write([[previous, null]], retiredState(before));
    case 'roll-back': {
      expectOneOf(rotation, seen.primary, ['old', 'new'], key);
      const overlap = has(rotation, 'back-retire');
      if (overlap) expectOneOf(rotation, seen.previous, ['absent', 'old', 'new'], previous);
      const entries: [string, Secret | null][] = [[key, await values.open(rotation, 'old')]];
      if (overlap) entries.push([previous, await values.open(rotation, 'new')]);
      else if (readsSlots) entries.push([previous, null]);
      // A host on which it was staged and never activated still has it there.
      if (seen.next === 'new') entries.push([next, null]);
      return write(entries, rolledBackState(before, rotation, overlap), true);
    }
  }
}

function has(rotation: RotationRecord, id: StepId): boolean {
  return reversePath(rotation).some((step) => step.id === id);
}

const words: Readonly<Record<Found, string>> = {
  old: 'the old value',
  new: 'the new value',
  absent: 'nothing',
  other: 'a value that is neither the old nor the new one',
};

function expectOneOf(rotation: RotationRecord, found: Found, expected: readonly Found[], name: string): void {
  if (expected.includes(found)) return;
  throw new AmbiguousEnvironment(
    rotation,
    `${name} holds ${words[found]}, where ${expected.map((one) => words[one]).join(' or ')} was expected.`,
  );
}

/** What was found, for people and the log. */
export function sightingInWords(rotation: RotationRecord, seen: Sighting): string {
  const parts = [`${rotation.key} holds ${words[seen.primary]}`];
  if (rotation.plan.slots !== 'one')
    parts.push(`${rotation.plan.variables.previous} ${words[seen.previous]}`);
  if (rotation.plan.slots === 'next+previous')
    parts.push(`${rotation.plan.variables.next} ${words[seen.next]}`);
  return `${parts.join(', ')}.`;
}
