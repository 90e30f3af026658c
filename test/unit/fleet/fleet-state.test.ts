import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergedState } from '#shared/logic/fleet-state.ts';
import { type EnvironmentState, emptyKeyState, type KeyState } from '#shared/model/environment.ts';

const key = 'API_SIGNING_KEY';
const state = (part: Partial<KeyState> | null): EnvironmentState => ({
  schemaVersion: 1,
  environmentId: '0198c5a0-1111-4111-8111-111111111111',
  fingerprintKey: '0'.repeat(64),
  keys: part ? { [key]: { ...emptyKeyState, ...part } } : {},
});
const merged = (...parts: (Partial<KeyState> | null)[]) => mergedState(parts.map(state))?.keys[key];
const compromised = { at: '2026-01-01T00:00:00.000Z', reason: 'leak' };
const baseline = { date: '2026-01-01', reason: 'known', by: 'ada@example.org' };

describe('the records of several hosts', () => {
  it('none while no host has any; those of the hosts that have', () => {
    expect(mergedState([])).toBeNull();
    expect(mergedState([null, null])).toBeNull();
    expect(mergedState([null, state({ version: 3 })])?.keys[key]?.version).toBe(3);
  });

  it('the newest, whichever host has it', () => {
    expect(merged({ version: 2, fingerprint: 'b'.repeat(16) }, { version: 1, compromised })).toMatchObject({
      version: 2,
      fingerprint: 'b'.repeat(16),
      compromised: null,
    });
    expect(merged(null, { baseline, fingerprint: 'a'.repeat(16) })).toMatchObject({ baseline });
  });

  it('a mark as compromised is not outvoted by hosts that have not heard of it', () => {
    expect(merged({ version: 1 }, { version: 1, compromised }, { version: 1 })?.compromised).toEqual(
      compromised,
    );
  });

  it('does not depend on the order of the hosts', () => {
    const part = fc.record({
      version: fc.integer({ min: 0, max: 3 }),
      compromised: fc.constantFrom(null, compromised),
      baseline: fc.constantFrom(null, baseline),
    });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const forwards = merged(...parts);
        const backwards = merged(...[...parts].reverse());
        expect(backwards?.version).toBe(forwards?.version);
        expect(backwards?.compromised).toEqual(forwards?.compromised);
      }),
    );
  });
});
