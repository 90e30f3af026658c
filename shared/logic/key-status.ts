import type { KeyState } from '#shared/model/environment.ts';
import type { Severity } from '#shared/model/finding.ts';
import {
  complianceStatus,
  type Fingerprint,
  type KeyRule,
  type KeyStatus,
  keyStatuses,
} from '#shared/model/key.ts';
import type { RotationView } from '#shared/model/rotation.ts';
import type { KeyStatusEntry, ValueCheck } from '#shared/model/status.ts';
import { commitSide } from './pending-commit.ts';

export const dayMilliseconds = 86_400_000;

/** All that decides the status of a key. */
export interface KeyFacts {
  rule: KeyRule;
  /** What the environment's state says of the key. */
  state: KeyState;
  /** Null: no such variable. `fingerprint` is null while the environment has no state. */
  present: { fingerprint: Fingerprint | null; empty: boolean; check: ValueCheck | null } | null;
  /** The rotation of the key that this installation has not finished. */
  rotation: Pick<
    RotationView,
    'state' | 'indeterminate' | 'blocked_reason' | 'retire_after' | 'old_fingerprint' | 'new_fingerprint'
  > | null;
  /** False: the state names a rotation that is not in this installation's log. */
  rotationKnown: boolean;
}

interface Problem {
  code: string;
  severity: Severity;
  message: string;
}

/**
 * The status of one key (docs/architecture.md, "Status of a key"): of all that holds, the worst; everything that holds
 * is in `problems`, worst first. Due is activation, or the recorded baseline, plus the cryptoperiod; a baseline is a
 * day and counts from 00:00 UTC.
 */
export function keyStatus(facts: KeyFacts, now: Date): KeyStatusEntry {
  const { rule, state, present } = facts;
  const since = activeSince(state);
  const due = dueAt(state, rule);
  const holding = new Map<KeyStatus, Problem[]>();
  const add = (status: KeyStatus, severity: Severity, message: string, code: string = status) =>
    holding.set(status, [...(holding.get(status) ?? []), { code, severity, message }]);

  if (state.compromised) {
    const { at, reason } = state.compromised;
    add('compromised', 'error', `Marked as compromised on ${day(at)}: ${reason}`);
  }
  addRotation(facts, now, add);
  addValue(facts, add);
  if (since === null) {
    add('unrecorded', 'warning', 'Nobody has recorded when it was last rotated.');
  } else if (due !== null && now.getTime() >= due.getTime()) {
    add('overdue', 'error', `Due since ${day(due.toISOString())}, ${inDays(now.getTime() - due.getTime())}.`);
  } else if (due !== null && now.getTime() >= due.getTime() - rule.warningDays * dayMilliseconds) {
    add(
      'due-soon',
      'warning',
      `Due on ${day(due.toISOString())}, in ${inDays(due.getTime() - now.getTime())}.`,
    );
  }
  if (!facts.rotationKnown) {
    add('ok', 'info', 'It was rotated by another installation of Rekey.', 'rotated-elsewhere');
  }

  const status = keyStatuses.find((candidate) => holding.has(candidate)) ?? 'ok';
  return {
    key: rule.name,
    status,
    protects: rule.protects,
    slots: rule.slots,
    fingerprint: present && !present.empty ? present.fingerprint : null,
    age_days:
      since === null ? null : Math.max(0, Math.floor((now.getTime() - since.getTime()) / dayMilliseconds)),
    due_at: due?.toISOString() ?? null,
    problems: keyStatuses.flatMap((candidate) => holding.get(candidate) ?? []),
  };
}

/** When the present value came into use; null when nobody knows. */
export function activeSince(state: Pick<KeyState, 'activatedAt' | 'baseline'>): Date | null {
  if (state.activatedAt !== null) return new Date(state.activatedAt);
  return state.baseline === null ? null : new Date(`${state.baseline.date}T00:00:00.000Z`);
}

/** When the cryptoperiod ends; null when nobody knows when it began. */
export function dueAt(
  state: Pick<KeyState, 'activatedAt' | 'baseline'>,
  rule: Pick<KeyRule, 'cryptoperiodDays'>,
): Date | null {
  const since = activeSince(state);
  return since === null ? null : new Date(since.getTime() + rule.cryptoperiodDays * dayMilliseconds);
}

/** Share of the keys that are compliant or due soon, 0 to 100; 100 when there is none. */
export function complianceScore(keys: readonly Pick<KeyStatusEntry, 'status'>[]): number {
  if (keys.length === 0) return 100;
  const good = keys.filter(({ status }) => ['compliant', 'due_soon'].includes(complianceStatus(status)));
  return Math.round((100 * good.length) / keys.length);
}

type Add = (status: KeyStatus, severity: Severity, message: string, code?: string) => void;

function addRotation({ rotation, state, present }: KeyFacts, now: Date, add: Add): void {
  if (rotation?.state === 'blocked') {
    add('blocked', 'error', `Its rotation is blocked: ${rotation.blocked_reason ?? 'a person must decide'}`);
  } else if (rotation?.state === 'soaking') {
    add('soaking', 'info', soakText(rotation.retire_after, now));
  } else if (rotation && !['archived', 'closed', 'rolled-back', 'abandoned'].includes(rotation.state)) {
    add('rotating', 'info', `Its rotation is under way (${rotation.state}).`);
  } else if (state.previous !== null) {
    add('soaking', 'info', soakText(state.previous.retireAfter, now));
  }
  if (rotation === null && state.pending !== null) {
    const side = commitSide(state.pending, present?.fingerprint ?? null);
    const where = { before: 'the old value is in place', after: 'the new value is in place' };
    if (side === 'before' || side === 'after') {
      add('rotating', 'info', `A change was interrupted, ${where[side]}.`);
    }
  }
}

function soakText(retireAfter: string | null, now: Date): string {
  if (retireAfter === null) return 'The previous value is still accepted.';
  const over = now.getTime() >= Date.parse(retireAfter);
  return over
    ? `The previous value can be retired since ${minute(retireAfter)} UTC.`
    : `The previous value stays accepted until ${minute(retireAfter)} UTC.`;
}

function addValue({ rule, state, present, rotation }: KeyFacts, add: Add): void {
  if (present === null) {
    add('missing', 'error', `It is not set (${rule.purpose}).`);
    return;
  }
  if (present.empty) {
    add('missing', 'error', 'It is set to nothing.', 'empty');
    return;
  }
  const invalid = present.check?.valid === false;
  for (const { code, severity, message } of present.check?.findings ?? []) {
    add(invalid ? 'invalid' : 'ok', severity, message, code);
  }
  // A change that is under way may have replaced the value before the state says so.
  const expected = [
    state.fingerprint,
    state.pending?.old,
    state.pending?.new,
    rotation?.old_fingerprint,
    rotation?.new_fingerprint,
  ];
  if (state.fingerprint !== null && present.fingerprint !== null && !expected.includes(present.fingerprint)) {
    add('drifted', 'error', 'The value is not the recorded one: it was changed outside Rekey.');
  }
}

function day(timestamp: string): string {
  return timestamp.slice(0, 10);
}

function minute(timestamp: string): string {
  return timestamp.slice(0, 16).replace('T', ' ');
}

function inDays(milliseconds: number): string {
  const days = Math.floor(milliseconds / dayMilliseconds);
  if (days === 0) return 'less than a day';
  return days === 1 ? '1 day' : `${days} days`;
}
