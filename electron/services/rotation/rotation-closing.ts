import { pendingStep } from '#shared/logic/rotation-path.ts';
import type { Clock } from '#shared/model/clock.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { RotationJournal } from './rotation-journal.ts';

const dayMilliseconds = 86_400_000;

/**
 * Writes the record that ends a rotation: `rotated` (once, with the fields of the procedures document), `rolled-back`
 * or `abandoned`, whichever its path ends in.
 */
export function closeRotation(
  journal: RotationJournal,
  run: RunRecord,
  rotation: RotationRecord,
  clock: Clock,
): void {
  const facts = {
    old_fingerprint: rotation.old_fingerprint,
    new_fingerprint: rotation.new_fingerprint,
    protects: rotation.plan.protects,
    slots: rotation.plan.slots,
    mode: rotation.plan.mode,
    adoption: rotation.adoption,
    activated_at: rotation.activated_at,
    attested: rotation.attested,
    reencryption: rotation.reencryption,
  };
  switch (pendingStep(rotation)?.id) {
    case 'close':
      journal.record(
        run,
        rotation,
        'rotated',
        { ...facts, superseded_by: rotation.superseded_by },
        {
          reason: rotation.plan.reason,
          compliance_status: 'compliant',
          next_rotation_due: nextDue(rotation, clock),
        },
      );
      return;
    case 'back-close':
      journal.record(run, rotation, 'rolled-back', facts, { reason: rotation.rollback?.reason ?? null });
      return;
    default:
      journal.record(
        run,
        rotation,
        'abandoned',
        { ...facts, kept_sealed: rotation.keep_sealed },
        {
          reason: rotation.abandon_reason,
        },
      );
  }
}

/** When the new value is overdue: its activation and the cryptoperiod, RFC 3339, UTC. */
export function nextDue(rotation: RotationRecord, clock: Clock): string {
  const from = rotation.activated_at === null ? clock.now() : new Date(rotation.activated_at);
  return new Date(from.getTime() + rotation.plan.cryptoperiod_days * dayMilliseconds).toISOString();
}
