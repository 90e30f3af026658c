import type { ReportRotation } from '../../model/report.ts';
import { dueAt } from '../key-status.ts';
import { millisecondsBetween } from './in-period.ts';
import { referenceOf } from './key-history.ts';
import { instant } from './population.ts';
import { hasActivated, type RotationTrace } from './run-history.ts';

const outcomes = { closed: 'rotated', 'rolled-back': 'rolled-back', abandoned: 'abandoned' } as const;

/** One rotation as a report tells it, as it stood at the end of the period. */
export function rotationEntry({ record, ...trace }: RotationTrace): ReportRotation {
  const { plan } = record;
  const outcome = Object.entries(outcomes).find(([state]) => state === record.state)?.[1] ?? 'open';
  const activatedAt = hasActivated(record) ? instant(record.activated_at) : null;
  const wasDueAt = plan.old_state && dueAt(plan.old_state, { cryptoperiodDays: plan.cryptoperiod_days });
  const due = wasDueAt ? wasDueAt.toISOString() : null;
  const compromisedAt = instant(plan.old_state?.compromised?.at ?? null);
  const stays = outcome === 'rotated' || outcome === 'open';
  return {
    rotation_id: record.rotation_id,
    run_id: record.run_id,
    environment: referenceOf(record.environment),
    key: record.key,
    mode: plan.mode,
    outcome,
    state: record.state,
    reason: plan.reason,
    requester: plan.requester,
    approver: null,
    adoption: record.adoption,
    adoption_evidence: trace.evidence,
    old_fingerprint: record.old_fingerprint,
    new_fingerprint: record.new_fingerprint,
    planned_at: record.started_at,
    activated_at: activatedAt,
    retired_at: trace.retiredAt,
    ended_at: record.ended_at,
    time_to_rotate_ms: activatedAt === null ? null : millisecondsBetween(record.started_at, activatedAt),
    was_due_at: due,
    on_time:
      due === null || activatedAt === null || !stays ? null : Date.parse(activatedAt) <= Date.parse(due),
    next_due_at:
      activatedAt === null || !stays
        ? null
        : (instant(trace.nextDueAt) ??
          dueAt(
            { activatedAt, baseline: null },
            { cryptoperiodDays: plan.cryptoperiod_days },
          )?.toISOString() ??
          null),
    compromised_at: compromisedAt,
    time_to_replacement_ms:
      compromisedAt === null || activatedAt === null || !stays
        ? null
        : millisecondsBetween(compromisedAt, activatedAt),
    log: trace.log,
    events: trace.events,
  };
}
