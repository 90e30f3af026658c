import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { complianceScore, dueAt, type KeyFacts, keyStatus } from '#shared/logic/key-status.ts';
import { emptyKeyState, type KeyState } from '#shared/model/environment.ts';
import { type KeyStatus, keyStatuses } from '#shared/model/key.ts';
import { keyCatalog } from '#shared/model/key-catalog.ts';
import type { RotationState } from '#shared/model/rotation.ts';
import { KeyStatusEntry } from '#shared/model/status.ts';

const now = new Date('2026-11-23T12:00:00.000Z');
const ago = (days: number) => new Date(now.getTime() - days * 86_400_000).toISOString();
const rule = keyCatalog[0] as (typeof keyCatalog)[number]; // 90 days, warning 14 days before
const present = {
  fingerprint: 'aaaaaaaaaaaaaaaa',
  empty: false,
  check: { valid: true, bits: 190, findings: [] },
};

function facts(state: Partial<KeyState> = {}, more: Partial<KeyFacts> = {}): KeyFacts {
  const healthy: KeyState = {
    ...emptyKeyState,
    fingerprint: 'aaaaaaaaaaaaaaaa',
    activatedAt: ago(10),
    version: 1,
  };
  return { rule, state: { ...healthy, ...state }, present, rotation: null, rotationKnown: true, ...more };
}
const rotation = (state: RotationState, more: object = {}): NonNullable<KeyFacts['rotation']> => ({
  state,
  indeterminate: null,
  blocked_reason: null,
  retire_after: null,
  old_fingerprint: 'aaaaaaaaaaaaaaaa',
  new_fingerprint: 'bbbbbbbbbbbbbbbb',
  ...more,
});
const invalid = {
  ...present,
  check: {
    valid: false,
    bits: 20,
    findings: [{ code: 'weak', severity: 'error' as const, message: 'Weak.' }],
  },
};

describe('the status of a key', () => {
  it.each<[KeyStatus, KeyFacts]>([
    ['ok', facts()],
    ['compromised', facts({ compromised: { at: ago(1), reason: 'pushed to a public repository' } })],
    ['blocked', facts({}, { rotation: rotation('blocked', { blocked_reason: 'neither value was found' }) })],
    ['missing', facts({}, { present: null })],
    ['missing', facts({}, { present: { fingerprint: null, empty: true, check: null } })],
    ['invalid', facts({}, { present: invalid })],
    ['drifted', facts({ fingerprint: 'cccccccccccccccc' })],
    ['overdue', facts({ activatedAt: ago(90) })],
    ['unrecorded', facts({ activatedAt: null, fingerprint: null })],
    ['due-soon', facts({ activatedAt: ago(76) })],
    ['rotating', facts({}, { rotation: rotation('staged') })],
    ['rotating', facts({ pending: { old: 'aaaaaaaaaaaaaaaa', new: 'bbbbbbbbbbbbbbbb' } })],
    ['soaking', facts({}, { rotation: rotation('soaking', { retire_after: ago(-1) }) })],
    ['soaking', facts({ previous: { fingerprint: 'dddddddddddddddd', retireAfter: ago(1) } })],
    ['ok', facts({}, { rotation: rotation('archived') })],
    [
      'ok',
      facts({ activatedAt: null, baseline: { date: '2026-11-01', reason: 'ticket', by: 'a@example.org' } }),
    ],
    ['ok', facts({ activatedAt: ago(75.9) })],
  ])('%s', (status, given) => {
    const entry = keyStatus(given, now);
    expect(entry.status).toBe(status);
    KeyStatusEntry.parse(entry);
    if (status !== 'ok') expect(entry.problems.length).toBeGreaterThan(0);
  });

  it('is the worst of all that holds, and tells the rest', () => {
    const entry = keyStatus(
      facts(
        {
          compromised: { at: ago(1), reason: 'leak' },
          activatedAt: ago(100),
          fingerprint: 'cccccccccccccccc',
        },
        { present: invalid, rotation: rotation('activated', { old_fingerprint: 'c', new_fingerprint: 'd' }) },
      ),
      now,
    );
    expect(entry.status).toBe('compromised');
    expect(entry.problems.map(({ code }) => code)).toEqual([
      'compromised',
      'weak',
      'drifted',
      'overdue',
      'rotating',
    ]);
  });

  it('does not call a value drifted that a change under way has put there', () => {
    const during = { ...present, fingerprint: 'bbbbbbbbbbbbbbbb' };
    expect(keyStatus(facts({}, { present: during }), now).status).toBe('drifted');
    expect(keyStatus(facts({}, { present: during, rotation: rotation('activated') }), now).status).toBe(
      'rotating',
    );
    const pending = { old: 'aaaaaaaaaaaaaaaa', new: 'bbbbbbbbbbbbbbbb' };
    const interrupted = keyStatus(facts({ pending }, { present: during }), now);
    expect(interrupted.status).toBe('rotating');
    expect(interrupted.problems[0]?.message).toContain('the new value is in place');
    const neither = { ...present, fingerprint: 'eeeeeeeeeeeeeeee' };
    expect(keyStatus(facts({ pending }, { present: neither }), now).status).toBe('drifted');
  });

  it('says age and due date in days and UTC', () => {
    expect(keyStatus(facts({ activatedAt: '2026-09-01T10:00:00.000Z' }), now)).toMatchObject({
      age_days: 83,
      due_at: '2026-11-30T10:00:00.000Z',
    });
    const baseline = { date: '2026-09-01', reason: 'r', by: 'b' };
    expect(keyStatus(facts({ activatedAt: null, baseline }), now)).toMatchObject({
      age_days: 83,
      due_at: '2026-11-30T00:00:00.000Z',
    });
    expect(keyStatus(facts({ activatedAt: null }), now)).toMatchObject({ age_days: null, due_at: null });
  });

  it('tells of a rotation by another installation, without a worse status', () => {
    const entry = keyStatus(facts({ rotationId: 'r' }, { rotationKnown: false }), now);
    expect(entry).toMatchObject({
      status: 'ok',
      problems: [{ code: 'rotated-elsewhere', severity: 'info' }],
    });
  });

  it('never gets better as time passes', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(400), fc.boolean(), (days, later, mark) => {
        const given = facts({ activatedAt: ago(0), compromised: mark ? { at: ago(0), reason: 'x' } : null });
        const at = (offset: number) =>
          keyStatuses.indexOf(keyStatus(given, new Date(now.getTime() + offset * 86_400_000)).status);
        expect(at(days + later)).toBeLessThanOrEqual(at(days));
      }),
    );
  });
});

describe('due dates and the score', () => {
  it('a seed rotation of 90 days is due as its procedures say', () => {
    const activated = { activatedAt: '2025-09-08T10:30:00.000Z', baseline: null };
    expect(dueAt(activated, { cryptoperiodDays: 90 })?.toISOString()).toBe('2025-12-07T10:30:00.000Z');
  });

  it.each<[KeyStatus[], number]>([
    [[], 100],
    [['ok', 'rotating', 'soaking', 'due-soon'], 100],
    [['ok', 'overdue'], 50],
    [['ok', 'missing', 'invalid'], 33],
    [['ok', 'due-soon', 'unrecorded'], 67],
    [['compromised'], 0],
  ])('%j scores %i', (statuses, score) => {
    expect(complianceScore(statuses.map((status) => ({ status })))).toBe(score);
  });
});
