import { RekeyError } from '../model/errors.ts';
import type { RotationPlan, RotationRecord, RotationState } from '../model/rotation.ts';
import { profile } from './rotation-path.ts';

/**
 * A legal move of the rotation machine: from, to, the event that makes it, what must hold, and why it is legal.
 * Anything that is not in this table does not happen.
 */
export interface Move {
  readonly from: RotationState;
  readonly to: RotationState;
  /** `action` of the `key_rotation` event that records the move. */
  readonly action: string;
  readonly guard: Guard;
  readonly why: string;
}

/** Null when the move may be made; else why not, in words. */
export type Guard = (rotation: RotationRecord) => string | null;

const always: Guard = () => null;

const all =
  (...guards: Guard[]): Guard =>
  (rotation) =>
    guards.map((guard) => guard(rotation)).find((reason) => reason !== null) ?? null;

const holds =
  (condition: (rotation: RotationRecord) => boolean, otherwise: string): Guard =>
  (rotation) =>
    condition(rotation) ? null : otherwise;

const staged = holds(({ plan }) => profile(plan).staged, 'the consumer reads no next slot');
const notStaged = holds(
  ({ plan }) => !profile(plan).staged,
  'the consumer has not accepted the new value yet',
);
const reencrypts = holds(({ plan }) => profile(plan).reencrypts, 'there is nothing to re-encrypt');
const reencryptionProven = holds(
  ({ plan, reencryption, attested }) =>
    !profile(plan).reencrypts || attested.includes('re-encryption') || reencryption?.remaining_old === 0,
  'something is still under the old value',
);
const noReencryption = holds(({ plan }) => !profile(plan).reencrypts, 're-encryption is not proven yet');
const soaks = holds(({ plan }) => profile(plan).soaks, 'there is no overlap to soak');
const noSoak = holds(({ plan }) => !profile(plan).soaks, 'the soak has not begun');
/** Retiring needs adoption proven or attested (or an emergency that takes the old value away in any case). */
const adopted = holds(
  ({ adoption, superseded_by }) => adoption === 'proven' || adoption === 'attested' || superseded_by !== null,
  'nothing proves that the new value is in use',
);
const superseded = holds(
  ({ superseded_by, plan }) => superseded_by !== null && plan.protects === 'messages',
  'the new value is not adopted yet',
);
const hasOld = holds(({ old_fingerprint }) => old_fingerprint !== null, 'there was no old value');
const rollbackRequested = holds(({ rollback }) => rollback !== null, 'no rollback was asked for');
const abandonRequested = holds(
  ({ abandon_reason }) => abandon_reason !== null,
  'nobody gave the rotation up',
);
const protectsData = holds(
  ({ plan }) => plan.protects === 'data',
  'only data has backups under the old value',
);
/** The last state before activation, to which a rotation returns when the old value turns out to be primary. */
export function stateBeforeActivation(plan: RotationPlan): RotationState {
  return profile(plan).staged ? 'staged' : 'pending';
}

const returnsTo =
  (state: RotationState): Guard =>
  ({ state_before_block: before, plan }) => {
    if (before === null) return 'the rotation is not blocked';
    if (before === state) return null;
    const last = stateBeforeActivation(plan);
    const wasActive = ['activated', 'adopted', 're-encrypted', 'soaking'].includes(before);
    if (wasActive && state === last) return null;
    return before === last && state === 'activated' ? null : 'the rotation was not in that state';
  };

const openStates: readonly RotationState[] = [
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
  'rolling-back',
];

export const moves: readonly Move[] = [
  {
    from: 'planned',
    to: 'preflighted',
    action: 'preflight-done',
    guard: always,
    why: 'The environment can be read, written and locked, and the log appended.',
  },
  {
    from: 'preflighted',
    to: 'pending',
    action: 'seal-done',
    guard: always,
    why: 'Both values are sealed before anything changes, so neither can be lost.',
  },
  {
    from: 'pending',
    to: 'staged',
    action: 'accept-done',
    guard: staged,
    why: 'The consumer accepts the new value before anything is made with it.',
  },
  {
    from: 'pending',
    to: 'staged',
    action: 'accept-skipped',
    guard: staged,
    why: 'Nothing can check the acceptance; the new value was staged and the service restarted.',
  },
  {
    from: 'pending',
    to: 'activated',
    action: 'activate-done',
    guard: notStaged,
    why: 'The consumer has no next slot (or must not wait for one); the new value is sealed.',
  },
  {
    from: 'staged',
    to: 'activated',
    action: 'activate-done',
    guard: staged,
    why: 'Accepted before use: now the new value may become primary.',
  },
  {
    from: 'activated',
    to: 'adopted',
    action: 'verify-done',
    guard: always,
    why: 'The service was restarted and looked at; how far that proves adoption is recorded.',
  },
  {
    from: 'activated',
    to: 'adopted',
    action: 'verify-skipped',
    guard: holds(({ attested }) => attested.includes('adoption'), 'nobody vouched for the adoption'),
    why: 'A person vouched that the new value is in use, with evidence.',
  },
  {
    from: 'adopted',
    to: 're-encrypted',
    action: 'verify-done',
    guard: all(reencrypts, reencryptionProven),
    why: 'Nothing is left under the old value, and the service reads what was re-encrypted.',
  },
  {
    from: 'adopted',
    to: 're-encrypted',
    action: 'verify-skipped',
    guard: all(
      reencrypts,
      holds(({ attested }) => attested.includes('re-encryption'), 'nobody vouched for the re-encryption'),
    ),
    why: 'A person vouched for the re-encryption, with evidence.',
  },
  {
    from: 'adopted',
    to: 'soaking',
    action: 'soak-done',
    guard: all(soaks, noReencryption),
    why: 'What the old value signed stays valid until it expires by itself.',
  },
  {
    from: 're-encrypted',
    to: 'soaking',
    action: 'soak-done',
    guard: soaks,
    why: 'The operator wants the old value accepted for a while, although nothing needs it.',
  },
  {
    from: 'adopted',
    to: 'retired',
    action: 'retire-done',
    guard: all(adopted, noReencryption, noSoak),
    why: 'No overlap to wait for, and the new value is in use.',
  },
  {
    from: 're-encrypted',
    to: 'retired',
    action: 'retire-done',
    guard: all(adopted, noSoak),
    why: 'Re-encryption is proven: nothing needs the old value any longer.',
  },
  {
    from: 'soaking',
    to: 'retired',
    action: 'retire-done',
    guard: all(adopted, reencryptionProven),
    why: 'The soak is over (or was ended early, with a reason), and the new value is in use.',
  },
  ...(['activated', 'adopted', 'soaking'] as const).map(
    (from): Move => ({
      from,
      to: 'retired',
      action: 'retire-done',
      guard: superseded,
      why: 'An emergency of the same key takes the old value out of the way.',
    }),
  ),
  {
    from: 'retired',
    to: 'archived',
    action: 'archive-done',
    guard: all(protectsData, hasOld),
    why: 'Backups made under the old value can still be restored until they expire.',
  },
  ...(['retired', 'archived'] as const).map(
    (from): Move => ({
      from,
      to: 'closed',
      action: 'rotated',
      guard: adopted,
      why: 'The old value is destroyed here, and the record says where it was not looked for.',
    }),
  ),
  ...(['activated', 'adopted', 're-encrypted', 'soaking', 'archived'] as const).map(
    (from): Move => ({
      from,
      to: 'rolling-back',
      action: 'rollback-requested',
      guard: all(
        hasOld,
        holds(({ superseded_by }) => superseded_by === null, 'an emergency has replaced this value since'),
      ),
      why:
        from === 'archived'
          ? 'The old value is still sealed in the archive.'
          : 'The old value is still sealed, so the rotation can be made in reverse.',
    }),
  ),
  {
    from: 'rolling-back',
    to: 'rolled-back',
    action: 'rolled-back',
    guard: rollbackRequested,
    why: 'The old value is primary again, and nothing needs the new one.',
  },
  ...(['planned', 'preflighted', 'pending', 'staged'] as const).map(
    (from): Move => ({
      from,
      to: 'abandoned',
      action: 'abandoned',
      guard: abandonRequested,
      why: 'The new value was never used: taking it away changes nothing for anybody.',
    }),
  ),
  ...openStates.map(
    (from): Move => ({
      from,
      to: 'blocked',
      action: 'blocked',
      guard: always,
      why: 'The result is ambiguous: nothing more is done, and nothing is destroyed, until a person decides.',
    }),
  ),
  ...openStates.map(
    (to): Move => ({
      from: 'blocked',
      to,
      action: 'unblocked',
      guard: returnsTo(to),
      why: 'A fresh probe was made, and a person decided.',
    }),
  ),
];

/** Why the rotation cannot make this move, or null when it can. */
export function whyIllegal(rotation: RotationRecord, to: RotationState, action: string): string | null {
  const candidates = moves.filter(
    (move) => move.from === rotation.state && move.to === to && move.action === action,
  );
  if (candidates.length === 0)
    return `a rotation that is ${rotation.state} does not become ${to} by ${action}`;
  const reasons = candidates.map((move) => move.guard(rotation));
  return reasons.includes(null) ? null : (reasons[0] ?? null);
}

export function illegalMove(rotation: RotationRecord, action: string, why: string): RekeyError {
  return new RekeyError('illegal-move', {
    message: `The rotation of ${rotation.key} cannot go on with "${action}": ${why}.`,
    remedy: 'Look at the run with "rekey run show", then go on, roll back or give up as it says.',
    details: { rotation_id: rotation.rotation_id, state: rotation.state, action },
  });
}

/** Throws `illegal-move` unless the table allows it. */
export function assertLegal(rotation: RotationRecord, to: RotationState, action: string): void {
  const why = whyIllegal(rotation, to, action);
  if (why !== null) throw illegalMove(rotation, action, why);
}

export const endedStates: readonly RotationState[] = ['closed', 'rolled-back', 'abandoned'];

export function hasEnded(rotation: Pick<RotationRecord, 'state'>): boolean {
  return endedStates.includes(rotation.state);
}
