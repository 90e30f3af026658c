import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { profile, reversePath } from '#shared/logic/rotation-path.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import type { RunRecord } from '#shared/model/run-event.ts';

/** What a way back means for one rotation. */
type WayBack = 'roll-back' | 'give-up' | 'under-way' | 'nothing-to-do' | 'too-late' | 'no-old-value';

/** Rotations whose activation is not recorded but whose new value is in place: they go back like activated ones. */
export type InPlace = ReadonlySet<RotationRecord['rotation_id']>;

function wayBackOf(rotation: RotationRecord, inPlace: InPlace = new Set()): WayBack {
  if (inPlace.has(rotation.rotation_id)) {
    return rotation.old_fingerprint === null ? 'no-old-value' : 'roll-back';
  }
  const state = rotation.state === 'blocked' ? rotation.state_before_block : rotation.state;
  switch (state) {
    case 'planned':
    case 'preflighted':
    case 'pending':
    case 'staged':
      return 'give-up';
    case 'activated':
    case 'adopted':
    case 're-encrypted':
    case 'soaking':
    case 'archived':
      return rotation.old_fingerprint === null ? 'no-old-value' : 'roll-back';
    case 'rolling-back':
      return 'under-way';
    case 'retired':
    case 'closed':
      return 'too-late';
    default:
      return 'nothing-to-do';
  }
}

/** What rolling a run back would do, line by line, or why it cannot be done. */
export function planRollback(
  run: RunRecord,
  inPlace?: InPlace,
): {
  possible: boolean;
  lines: string[];
  restoresCompromised: boolean;
} {
  const ways = run.rotations.map((rotation) => ({ rotation, way: wayBackOf(rotation, inPlace) }));
  const possible = ways.some(({ way }) => way === 'roll-back' || way === 'give-up' || way === 'under-way');
  const lines = ways.flatMap(({ rotation, way }) => linesOf(rotation, way));
  return {
    possible,
    lines: lines.length > 0 ? lines : ['This run has changed nothing that could be rolled back.'],
    restoresCompromised: ways.some(
      ({ rotation, way }) => way === 'roll-back' && rotation.plan.old_compromised,
    ),
  };
}

/** Throws when the run cannot be rolled back, or not without saying that a compromised value shall return. */
export function refuseRollback(run: RunRecord, restoreCompromised: boolean, inPlace?: InPlace): void {
  const plan = planRollback(run, inPlace);
  if (!plan.possible) {
    const late = run.rotations.some((rotation) => wayBackOf(rotation) === 'too-late');
    throw new RekeyError(late ? 'point-of-no-return' : 'illegal-move', {
      message: plan.lines.join(' '),
      remedy: late
        ? 'Rotate again: a new value replaces the one that is in use now.'
        : 'Nothing needs to be rolled back.',
      details: { run_id: run.run_id },
    });
  }
  if (plan.restoresCompromised && !restoreCompromised) {
    const keys = run.rotations
      .filter(({ plan: { old_compromised } }) => old_compromised)
      .map(({ key }) => key);
    throw new RekeyError('compromised-restore', {
      message: `The old value of ${keys.join(', ')} is compromised: rolling back would make the attacker's value primary again.`,
      remedy: 'Rotate again instead. If it must be: --restore-compromised, with the reason.',
      details: { run_id: run.run_id },
    });
  }
}

function linesOf(rotation: RotationRecord, way: WayBack): string[] {
  const { key } = rotation;
  switch (way) {
    case 'give-up':
      return [`${key}: nothing was activated; the new value is taken away and destroyed.`];
    case 'under-way':
      return [`${key}: is being rolled back already.`];
    case 'too-late':
      return [`${key}: the old value is retired; there is no way back but a new rotation.`];
    case 'no-old-value':
      return [`${key}: there was no old value to go back to.`];
    case 'nothing-to-do':
      return hasEnded(rotation) ? [`${key}: ${rotation.state} already.`] : [];
    case 'roll-back':
      return rollbackLines(rotation);
  }
}

function rollbackLines(rotation: RotationRecord): string[] {
  const { key, plan } = rotation;
  const overlaps = reversePath(rotation).some(({ id }) => id === 'back-retire');
  const lines = [`${key}: the old value becomes primary again.`];
  if (plan.old_compromised) lines.push(`${key}: the old value is compromised.`);
  if (overlaps) lines.push(`${key}: the new value stays accepted in ${plan.variables.previous} meanwhile.`);
  else if (plan.protects === 'messages') {
    lines.push(`${key}: everything signed with the new value stops being valid at once.`);
  }
  if (profile(plan).reencrypts) {
    lines.push(
      overlaps
        ? `${key}: what was encrypted under the new value is re-encrypted back before that value goes.`
        : `${key}: OUTAGE: the service stands still while what was encrypted under the new value is re-encrypted back.`,
    );
  }
  return lines;
}
