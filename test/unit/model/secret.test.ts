import { inspect } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '#shared/model/secret.ts';

const value = fc.string({ minLength: 12, maxLength: 80 }).filter((text) => !'[secret]'.includes(text));

describe('Secret', () => {
  it('never appears in any text that JavaScript makes of it', () => {
    fc.assert(
      fc.property(value, (text) => {
        const secret = new Secret(text);
        const texts = [
          String(secret),
          `${secret}`,
          `a${secret as unknown as string}`,
          JSON.stringify({ secret }),
          JSON.stringify([secret]),
          inspect(secret, { showHidden: true, depth: 9 }),
          inspect(new Map([['key', secret]]), { depth: 9 }),
          new Error(`${secret}`).stack ?? '',
        ];
        for (const made of texts) expect(made.includes(text)).toBe(false);
      }),
    );
  });

  it('is lost, not leaked, when it is cloned', () => {
    const copy = serialize(new Secret('planted-value-that-must-not-travel'));
    expect(copy.includes('planted-value')).toBe(false);
    expect(deserialize(copy)).toEqual({});
  });

  it('yields its value only when asked, and compares in memory', () => {
    const secret = new Secret('a value');
    expect(secret.reveal()).toBe('a value');
    expect(secret.equals(new Secret('a value'))).toBe(true);
    expect(secret.equals(new Secret('another'))).toBe(false);
    expect(new Secret('').isEmpty).toBe(true);
  });
});
