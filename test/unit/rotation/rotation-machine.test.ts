import { describe, expect, it } from 'vitest';
import { foldRotation } from '#shared/logic/rotation-fold.ts';
import type { RotationFacts } from '#shared/logic/rotation-machine.ts';
import { moves } from '#shared/logic/rotation-moves.ts';
import type { Protects, Slots } from '#shared/model/key.ts';
import type { Adoption, RotationMode, RotationState } from '#shared/model/rotation.ts';
import { allCommands, eventOf, planned, walk } from './simulated-rotation.ts';

const later: RotationFacts = { ...allCommands, now: '2026-01-01T02:00:00.000Z' };

/** The states that a rotation goes through when everything that can be configured is, and everything succeeds. */
const paths: [Protects, Slots, RotationMode, number, string][] = [
  ['messages', 'one', 'planned', 1, 'planned preflighted pending activated adopted retired closed'],
  ['messages', 'one', 'emergency', 1, 'planned preflighted pending activated adopted retired closed'],
  ['messages', 'previous', 'planned', 0, 'planned preflighted pending activated adopted retired closed'],
  [
    'messages',
    'previous',
    'planned',
    1,
    'planned preflighted pending activated adopted soaking retired closed',
  ],
  ['messages', 'previous', 'emergency', 1, 'planned preflighted pending activated adopted retired closed'],
  [
    'messages',
    'next+previous',
    'planned',
    1,
    'planned preflighted pending staged activated adopted soaking retired closed',
  ],
  [
    'messages',
    'next+previous',
    'emergency',
    1,
    'planned preflighted pending activated adopted retired closed',
  ],
  ['data', 'one', 'planned', 0, 'planned preflighted pending activated adopted re-encrypted retired closed'],
  [
    'data',
    'one',
    'emergency',
    0,
    'planned preflighted pending activated adopted re-encrypted retired closed',
  ],
  [
    'data',
    'previous',
    'planned',
    0,
    'planned preflighted pending activated adopted re-encrypted retired closed',
  ],
  [
    'data',
    'previous',
    'planned',
    1,
    'planned preflighted pending activated adopted re-encrypted soaking retired closed',
  ],
  [
    'data',
    'previous',
    'emergency',
    0,
    'planned preflighted pending activated adopted re-encrypted retired closed',
  ],
  [
    'data',
    'next+previous',
    'planned',
    0,
    'planned preflighted pending staged activated adopted re-encrypted retired closed',
  ],
  [
    'data',
    'next+previous',
    'emergency',
    0,
    'planned preflighted pending staged activated adopted re-encrypted retired closed',
  ],
];

describe('every kind of rotation', () => {
  for (const [protects, slots, mode, soak, expected] of paths) {
    const plan = { protects, slots, mode, soak_ms: soak * 3_600_000 };
    const name = `${mode}, protects ${protects}, slots ${slots}${soak ? ', soak' : ''}`;

    it(`${name}: goes its way to the end`, () => {
      const first = walk(planned(plan));
      const waited = expected.includes('soaking');
      expect(first.waitsFor).toBe(waited ? 'soak' : null);
      const rest = walk(first.rotation, later);
      const states = [...first.states, ...rest.states.slice(1)];
      expect(states.join(' ')).toBe(expected);
      expect(rest.rotation.ended_at).not.toBeNull();
    });

    for (const adoption of ['proven', 'attested', 'unproven'] as const satisfies readonly Adoption[]) {
      it(`${name}: adoption ${adoption} ${adoption === 'unproven' ? 'does not retire' : 'retires'}`, () => {
        const seen = adoption === 'proven' ? 'proven' : 'unproven';
        let { rotation } = walk(planned(plan), allCommands, seen);
        const stopped = walk(rotation, later, seen);
        if (adoption === 'proven') {
          expect(stopped.rotation.state).toBe('closed');
          return;
        }
        expect(stopped.waitsFor).toBe('attestation');
        rotation = stopped.rotation;
        if (adoption === 'unproven') {
          expect(() =>
            foldRotation(
              foldRotation(rotation, eventOf('retire-intended', { step: 'retire' })),
              eventOf('retire-done', { step: 'retire' }),
            ),
          ).toThrow('nothing proves that the new value is in use');
          return;
        }
        rotation = foldRotation(rotation, eventOf('attested', { what: 'adoption' }));
        expect(walk(rotation, later, seen).rotation).toMatchObject({ state: 'closed', adoption: 'attested' });
      });
    }

    it(`${name}: has its way back from every state`, () => {
      for (const state of expected.split(' ') as RotationState[]) {
        const facts = state === 'retired' || state === 'closed' ? later : allCommands;
        const { rotation } = walk(planned(plan), facts, 'proven', state);
        expect(rotation.state).toBe(state);
        const abandon = () => foldRotation(rotation, eventOf('abandon-requested'));
        const rollBack = () => foldRotation(rotation, eventOf('rollback-requested'));
        if (['planned', 'preflighted', 'pending', 'staged'].includes(state)) {
          const end = walk(abandon());
          expect(end.rotation.state).toBe('abandoned');
          expect(end.effects).toEqual(
            slots === 'next+previous' && (state === 'staged' || state === 'pending') && !expectedDirect(plan)
              ? ['unstage', 'abandon-destroy']
              : ['abandon-destroy'],
          );
          expect(rollBack).toThrow('does not become rolling-back');
        } else if (state === 'retired' || state === 'closed') {
          expect(abandon).toThrow();
          expect(rollBack).toThrow();
        } else {
          expect(abandon).toThrow('does not become abandoned');
          const back = walk(rollBack());
          const end = back.waitsFor === 'soak' ? walk(back.rotation, later) : back;
          expect(end.rotation.state).toBe('rolled-back');
          const effects = [...back.effects, ...(end === back ? [] : end.effects)];
          expect(effects[protects === 'data' && slots === 'one' ? 1 : 0]).toBe('roll-back');
          expect(effects.includes('back-reencrypt')).toBe(protects === 'data');
          expect(effects.includes('back-retire')).toBe(slots !== 'one');
        }
      }
    });
  }

  const expectedDirect = (plan: { protects: Protects; mode: RotationMode }) =>
    plan.protects === 'messages' && plan.mode === 'emergency';
});

describe('details of the way', () => {
  it('stops the service only around re-encryption, when the consumer reads one value', () => {
    const { effects } = walk(planned({ protects: 'data', slots: 'one', soak_ms: 0 }));
    expect(effects).toEqual([
      'preflight',
      'seal',
      'stop',
      'activate',
      'reencrypt',
      'start',
      'verify',
      'verify-reencrypted',
      'retire',
      'verify-old-refused',
      'destroy',
    ]);
  });

  it('asks a person to vouch for the stop where no commands are configured', () => {
    const facts = { ...allCommands, configured: new Set(['restart', 'reencrypt', 'verify'] as const) };
    const waiting = walk(planned({ protects: 'data', slots: 'one', soak_ms: 0 }), facts);
    expect(waiting).toMatchObject({ waitsFor: 'attestation', rotation: { state: 'pending' } });
    const vouched = foldRotation(waiting.rotation, eventOf('attested', { what: 'stopped' }));
    expect(walk(vouched, facts).rotation.state).toBe('closed');
  });

  it('takes re-encryption as proven only with a verify command; a person may vouch instead', () => {
    const facts = { ...allCommands, configured: new Set(['restart', 'reencrypt'] as const) };
    const waiting = walk(planned({ protects: 'data', slots: 'previous', soak_ms: 0 }), facts);
    expect(waiting).toMatchObject({ waitsFor: 'attestation', rotation: { state: 'adopted' } });
    const vouched = foldRotation(waiting.rotation, eventOf('attested', { what: 're-encryption' }));
    expect(walk(vouched, facts).rotation.state).toBe('closed');
  });

  it('does not call data re-encrypted while something is left under the old value', () => {
    const { rotation } = walk(planned({ protects: 'data', slots: 'previous', soak_ms: 0 }), {
      ...allCommands,
      configured: new Set(['restart', 'verify']),
    });
    let next = foldRotation(rotation, eventOf('reencrypt-intended', { step: 'reencrypt' }));
    next = foldRotation(
      next,
      eventOf('reencrypt-done', { step: 'reencrypt', counts: { total: 9, changed: 8, remaining_old: 1 } }),
    );
    next = foldRotation(next, eventOf('verify-intended', { step: 'verify-reencrypted' }));
    expect(() => foldRotation(next, eventOf('verify-done', { step: 'verify-reencrypted' }))).toThrow(
      'still under the old value',
    );
  });

  it('waits for a supplied value', () => {
    const { rotation, waitsFor } = walk(planned({ issuer: 'supplied' }), {
      ...allCommands,
      valueAtHand: false,
    });
    expect(waitsFor).toBe('supplied-value');
    expect(rotation.state).toBe('preflighted');
  });

  it('archives the old value of data until the stated date, and can go back from there', () => {
    let { rotation } = walk(
      planned({ protects: 'data', slots: 'previous', soak_ms: 0 }),
      allCommands,
      'proven',
      'retired',
    );
    rotation = foldRotation(rotation, eventOf('backup-expiry', { date: '2026-06-01T00:00:00.000Z' }));
    const archived = walk(rotation);
    expect(archived).toMatchObject({ waitsFor: 'backup-date', rotation: { state: 'archived' } });
    expect(walk(archived.rotation, { ...allCommands, now: '2026-06-02T00:00:00.000Z' }).rotation.state).toBe(
      'closed',
    );
    expect(foldRotation(archived.rotation, eventOf('rollback-requested')).state).toBe('rolling-back');
  });

  it('a missing key has nothing to overlap, to re-encrypt, or to go back to', () => {
    const { rotation, effects, states } = walk(
      planned({ protects: 'data', slots: 'next+previous', old_fingerprint: null }),
    );
    expect(states.join(' ')).toBe('planned preflighted pending activated adopted retired closed');
    expect(effects).toEqual(['preflight', 'seal', 'activate', 'restart', 'verify', 'retire', 'destroy']);
    expect(rotation.old_fingerprint).toBeNull();
    const active = walk(planned({ old_fingerprint: null }), allCommands, 'proven', 'adopted').rotation;
    expect(() => foldRotation(active, eventOf('rollback-requested'))).toThrow('there was no old value');
  });

  it('a compromised new value is not accepted beside the old one on the way back', () => {
    const { rotation } = walk(planned({ slots: 'previous' }));
    const back = walk(foldRotation(rotation, eventOf('rollback-requested', { new_compromised: true })));
    expect(back.rotation.state).toBe('rolled-back');
    expect(back.effects).not.toContain('back-soak');
  });

  it('early retirement goes past the soak, never past adoption', () => {
    const early = { ...allCommands, earlyRetirementReason: 'nobody holds a token' };
    expect(walk(planned({ slots: 'previous' }), early).rotation.state).toBe('closed');
    expect(walk(planned({ slots: 'previous' }), early, 'unproven').waitsFor).toBe('attestation');
  });

  it('an emergency ends the overlap of a soaking rotation of the same key, adopted or not', () => {
    const { rotation } = walk(planned({ slots: 'previous' }), allCommands, 'unproven');
    const end = walk(foldRotation(rotation, eventOf('superseded', { by: 'run-2' })), allCommands, 'unproven');
    expect(end.rotation.state).toBe('closed');
    expect(end.effects).toEqual(['retire', 'destroy']);
  });
});

describe('blocked', () => {
  it('does nothing more until a person decides, and returns to where it was', () => {
    const { rotation } = walk(planned({ slots: 'previous' }));
    const blocked = foldRotation(rotation, eventOf('blocked', { why: 'neither old nor new' }));
    expect(walk(blocked)).toMatchObject({ waitsFor: 'decision', effects: [] });
    expect(() => foldRotation(blocked, eventOf('retire-intended', { step: 'retire' }))).toThrow(
      'it is blocked',
    );
    expect(() => foldRotation(blocked, eventOf('unblocked', { to: 'closed' }))).toThrow(
      'does not become closed',
    );
    const back = foldRotation(blocked, eventOf('unblocked', { to: 'soaking' }));
    expect(back.steps_done).toEqual(rotation.steps_done);
    expect(walk(back, later).rotation.state).toBe('closed');
  });

  it('can be decided either way around the activation', () => {
    const { rotation } = walk(planned({ slots: 'previous' }), allCommands, 'proven', 'pending');
    const intended = foldRotation(rotation, eventOf('activate-intended', { step: 'activate' }));
    const blocked = foldRotation(intended, eventOf('blocked', { why: 'neither' }));
    const asNew = foldRotation(blocked, eventOf('unblocked', { to: 'activated' }));
    expect(walk(asNew).effects[0]).toBe('restart');
    const asOld = foldRotation(blocked, eventOf('unblocked', { to: 'pending' }));
    expect(walk(asOld).effects[0]).toBe('activate');
    const active = walk(planned({ slots: 'previous' }), allCommands, 'proven', 'adopted').rotation;
    const again = foldRotation(
      foldRotation(active, eventOf('blocked', { why: 'the old one is back' })),
      eventOf('unblocked', { to: 'pending' }),
    );
    expect(walk(again).effects[0]).toBe('activate');
  });
});

describe('the table of moves', () => {
  it('gives every move a reason, and names each move once', () => {
    const names = moves.map(({ from, to, action, guard }) => `${from} ${to} ${action} ${guard.name}`);
    for (const move of moves) expect(move.why.length).toBeGreaterThan(20);
    expect(names.length).toBeGreaterThan(40);
  });

  it('leaves no ended state', () => {
    for (const ended of ['closed', 'rolled-back', 'abandoned'] as const) {
      expect(moves.filter(({ from }) => from === ended)).toEqual([]);
      const state = ended === 'closed' ? walk(planned(), allCommands).rotation : null;
      if (state) expect(() => foldRotation(state, eventOf('blocked'))).toThrow('it is closed');
    }
  });
});
