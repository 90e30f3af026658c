import { randomBytes } from 'node:crypto';
import { parse } from 'dotenv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { generateValue } from '#electron/services/secrets/generate-value.ts';
import { checkedLength, generatedLength, generateText, uniformText } from '#shared/logic/generator.ts';
import { hasFormat } from '#shared/logic/validator/rules.ts';
import { KeyFormat, type KeyRule } from '#shared/model/key.ts';
import { customKeyRule, keyCatalog } from '#shared/model/key-catalog.ts';

const rule = (format: KeyFormat, minimum: number, exact: boolean, generated = minimum): KeyRule => ({
  ...customKeyRule('A_KEY'),
  format,
  length: { minimum, exact, generated },
});
const code = (expected: string) => expect.objectContaining({ code: expected });
const formats = KeyFormat.options;

describe('a generated value', () => {
  it('has the length and format of its rule, whatever the rule', () => {
    const rules = fc
      .record({
        format: fc.constantFrom(...formats),
        minimum: fc.integer({ min: 1, max: 300 }),
        more: fc.integer({ min: 0, max: 100 }),
      })
      .map(({ format, minimum, more }) => rule(format, minimum, false, minimum + more));
    fc.assert(
      fc.property(rules, (any) => {
        const value = generateValue(any).reveal();
        expect(hasFormat(any.format, value)).toBe(true);
        if (any.format !== 'fernet') expect(value.length).toBeGreaterThanOrEqual(any.length.generated);
        expect(value).toHaveLength(generatedLength(any));
        expect(value.startsWith('-')).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('is as long as the catalog says', () => {
    expect(keyCatalog.map((entry) => [entry.name, generateValue(entry).reveal().length])).toEqual([
      ['TOKEN_ENCRYPTION_KEY', 32],
      ['JWT_SECRET_KEY', 64],
      ['WEBHOOK_SIGNING_KEY', 64],
      ['ENCRYPTION_KEY', 32],
      ['API_SIGNING_KEY', 64],
    ]);
  });

  it('keeps an exact length, or says that the format has none of it', () => {
    expect(generateValue(rule('text', 16, true)).reveal()).toHaveLength(16);
    expect(generateValue(rule('base64', 44, true)).reveal()).toHaveLength(44);
    expect(() => generateValue(rule('hex', 33, true))).toThrow(code('configuration-invalid'));
    expect(() => generateValue(rule('base64', 33, true))).toThrow(code('configuration-invalid'));
    expect(() => generateValue(rule('base64url', 33, true))).toThrow(code('configuration-invalid'));
    expect(() => generateValue(rule('fernet', 32, true))).toThrow(code('configuration-invalid'));
  });

  it('takes a length that was asked for, when it carries 128 bits and exists', () => {
    expect(generateValue(rule('text', 32, true), { length: 40 }).reveal()).toHaveLength(40);
    expect(generateValue(rule('text', 32, true), { length: 64, format: 'hex' }).reveal()).toMatch(
      /^[0-9a-f]{64}$/,
    );
    for (const [format, length] of [
      ['text', 21],
      ['hex', 31],
      ['hex', 33],
      ['base64', 25],
      ['fernet', 45],
    ] as const) {
      expect(() => checkedLength(format, length), `${format} ${length}`).toThrow(code('invalid-input'));
    }
    for (const length of [0, -1, 1.5, Number.NaN, 5000]) {
      expect(() => checkedLength('text', length)).toThrow(code('invalid-input'));
    }
  });

  it('as text, means the same unquoted to dotenv, a shell and YAML, and in a URL', () => {
    for (let round = 0; round < 2_000; round += 1) {
      const value = generateText('text', 22 + (round % 50), randomBytes);
      expect(value).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]*$/);
      expect(parse(`KEY=${value}`).KEY).toBe(value);
      expect(parseYaml(`key: ${value}`)).toEqual({ key: value });
      expect(encodeURIComponent(value)).toBe(value);
    }
  });

  it('is never what YAML takes for a number, even when chance makes it so', () => {
    const digits = [...'12345678901234567890123456789012'].map((digit) => Number(digit));
    const draws = [digits, digits.map((digit, index) => (index === 9 ? 14 : digit))];
    const source = (count: number) => Uint8Array.from(draws.shift() ?? randomBytes(count));
    const value = generateText('hex', 32, source);
    expect(draws).toEqual([]);
    expect(typeof parseYaml(value)).toBe('string');
  });
});

describe('uniform text', () => {
  it('draws again what would favour the first letters', () => {
    // 256 = 25 × 10 + 6: bytes from 250 on are thrown away.
    const bytes = [255, 250, 249, 7, 10];
    const text = uniformText('0123456789', 3, (count) => Uint8Array.from(bytes.splice(0, count)));
    expect(text).toBe('970');
  });

  it('is uniform: chi-squared over 640,000 characters of 64', () => {
    const counts = new Map<string, number>();
    const text = Array.from({ length: 10_000 }, () =>
      generateText('base64url', 66, randomBytes).slice(1, 65),
    ).join('');
    for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
    const expected = text.length / 64;
    const statistic = [...counts.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    expect(counts.size).toBe(64);
    // 63 degrees of freedom: above 140 once in ten million.
    expect(statistic).toBeLessThan(140);
  });
});
