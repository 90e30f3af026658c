import { describe, expect, it } from 'vitest';
import {
  activatedState,
  keyState,
  retiredState,
  rolledBackState,
  soakingState,
  withKeyState,
} from '#shared/logic/environment-state-change.ts';
import { type EnvironmentState, emptyKeyState, type KeyState } from '#shared/model/environment.ts';
import { allCommands, planned, walk } from './simulated-rotation.ts';

const was: KeyState = {
  ...emptyKeyState,
  fingerprint: '0000000000000001',
  version: 4,
  activatedAt: '2025-01-01T00:00:00.000Z',
  rotationId: 'rotation-0',
  compromised: { at: '2026-01-01T00:00:00.000Z', reason: 'leaked' },
};
const pending: KeyState = { ...was, pending: { old: '0000000000000001', new: '0000000000000002' } };
const rotation = (slots: 'one' | 'previous') =>
  walk(planned({ slots, old_state: was }), allCommands, 'proven', 'pending').rotation;

describe('what the environment’s state says after each effect', () => {
  it('activation: the new value, its version and age, the old one beside it where both are accepted', () => {
    const now = '2026-02-01T00:00:00.000Z';
    const after = activatedState(pending, rotation('previous'), now);
    expect(after).toEqual({
      fingerprint: '0000000000000002',
      version: 5,
      activatedAt: now,
      rotationId: 'rotation-1',
      baseline: null,
      compromised: null,
      previous: { fingerprint: '0000000000000001', retireAfter: null },
      pending: null,
    });
    expect(activatedState(after, rotation('previous'), now)).toEqual(after);
    expect(activatedState(pending, rotation('one'), now).previous).toBeNull();
  });

  it('rolling back: the old value with the age and the marks that it had', () => {
    const after = rolledBackState(
      activatedState(pending, rotation('previous'), 'now'),
      rotation('previous'),
      true,
    );
    expect(after).toEqual({
      ...was,
      version: 6,
      previous: { fingerprint: '0000000000000002', retireAfter: null },
    });
    expect(rolledBackState(after, rotation('previous'), false).previous).toBeNull();
  });

  it('soak and retirement', () => {
    const soaking = soakingState(pending, '0000000000000001', '2026-03-01T00:00:00.000Z');
    expect(soaking).toMatchObject({
      previous: { fingerprint: '0000000000000001', retireAfter: '2026-03-01T00:00:00.000Z' },
      pending: null,
    });
    expect(retiredState(soaking)).toMatchObject({ previous: null, pending: null });
  });

  it('one key’s part leaves the others alone', () => {
    const state: EnvironmentState = {
      schemaVersion: 1,
      environmentId: '0190aaaa-0000-7000-8000-000000000001',
      fingerprintKey: 'ab'.repeat(32),
      keys: { OTHER: was },
    };
    expect(keyState(state, 'SOME_KEY')).toEqual(emptyKeyState);
    const next = withKeyState(state, 'SOME_KEY', retiredState(was));
    expect(next.keys.OTHER).toBe(was);
    expect(state.keys).toEqual({ OTHER: was });
  });
});
