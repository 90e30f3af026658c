import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeySlots, messageKeys } from '#electron/services/practice/key-ring.ts';
import {
  messageLifetimeSeconds,
  signMessage,
  verifyMessage,
} from '#electron/services/practice/practice-messages.ts';
import { Secret } from '#shared/model/secret.ts';

const value = fc.string({ minLength: 1, maxLength: 80 });
const text = fc.string({ minLength: 1, maxLength: 200 });
const now = 1_790_000_000;

function slots(primary: string, previous: string | null = null, next: string | null = null): KeySlots {
  const secret = (each: string | null) => (each === null ? null : new Secret(each));
  return { primary: new Secret(primary), previous: secret(previous), next: secret(next) };
}

describe.each(messageKeys)('%s', (key) => {
  it('gives back any text that an accepted value signed, and says which slot it was', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(value, { minLength: 3, maxLength: 3 }),
        text,
        ([a = '', b = '', c = ''], message) => {
          const accepting = slots(a, b, c);
          for (const [slot, signer] of Object.entries({ primary: a, previous: b, next: c })) {
            const signed = signMessage(key, new Secret(signer), message, now);
            expect(verifyMessage(key, accepting, signed, now)).toEqual({ slot, text: message });
          }
        },
      ),
    );
  });

  it('refuses what another value signed', () => {
    fc.assert(
      fc.property(value, value, text, (signer, accepted, message) => {
        fc.pre(signer !== accepted);
        const signed = signMessage(key, new Secret(signer), message, now);
        expect(verifyMessage(key, slots(accepted), signed, now)).toBeNull();
      }),
    );
  });

  it('refuses a message with one character changed', () => {
    fc.assert(
      fc.property(
        value,
        text,
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        (signer, message, at, other) => {
          const signed = signMessage(key, new Secret(signer), message, now);
          const index = at % signed.length;
          fc.pre(signed[index] !== other);
          const changed = signed.slice(0, index) + other + signed.slice(index + 1);
          expect(verifyMessage(key, slots(signer), changed, now)).toBeNull();
        },
      ),
    );
  });

  it('refuses it when its time is over', () => {
    const signed = signMessage(key, new Secret('a'), 'text', now);
    expect(verifyMessage(key, slots('a'), signed, now + messageLifetimeSeconds - 1)).not.toBeNull();
    expect(verifyMessage(key, slots('a'), signed, now + messageLifetimeSeconds)).toBeNull();
  });

  it('answers any text without throwing', () => {
    fc.assert(fc.property(fc.string(), (message) => verifyMessage(key, slots('a'), message, now) === null));
  });
});
