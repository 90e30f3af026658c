import fc from 'fast-check';
import { canonicalize } from 'json-canonicalize';
import { describe, expect, test } from 'vitest';
import { canonicalJson, canonicalPieces, parseCanonicalJson } from '#shared/logic/canonical-json.ts';
import {
  type JsonValue,
  maximumJsonDepth,
  parseStrictJson,
  StrictJsonError,
} from '#shared/logic/strict-json.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const wellFormed = fc.string({ unit: 'binary' });
const document: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((number) => (Object.is(number, -0) ? 0 : number)),
    wellFormed,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.oneof(wellFormed, fc.constant('__proto__'), fc.constant('constructor')), tie('value'), {
      maxKeys: 5,
    }),
  ),
})).value;

describe('the strict reader', () => {
  test('reads what JSON.parse reads, whatever the space', () => {
    fc.assert(
      fc.property(document, fc.constantFrom(undefined, 1, '\t', '\r\n '.slice(2)), (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(parseStrictJson(text)).toEqual(JSON.parse(text));
        expect(parseStrictJson(bytes(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  test('refuses with its own error, or agrees with JSON.parse, on any bytes', () => {
    const noise = fc.string({
      unit: fc.constantFrom(...'{}[]",:\\ue0123456789.-+tfn \n\u0000\ud800"'),
      maxLength: 40,
    });
    fc.assert(
      fc.property(noise, (text) => {
        let read: JsonValue;
        try {
          read = parseStrictJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(StrictJsonError);
          return;
        }
        expect(read).toEqual(JSON.parse(text));
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ['a name twice', '{"a":1,"b":2,"a":3}', 'occurs twice'],
    ['a name twice, once escaped', '{"a":1,"\\u0061":2}', 'occurs twice'],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}', 'occurs twice'],
    ['a fraction', '[1.5]', 'integer'],
    ['an exponent', '[1e2]', 'integer'],
    ['a fraction that is whole', '[1.0]', 'integer'],
    ['minus zero', '[-0]', 'integer'],
    ['2^53', '[9007199254740992]', 'integer'],
    ['a lone surrogate, escaped', '["\\ud800"]', 'surrogate'],
    ['a lone surrogate', '["\ud800"]', 'surrogate'],
    ['a second document', '{}{}', 'follows'],
    ['a comma at the end', '[1,]', 'value'],
    ['a comma at the end of an object', '{"a":1,}', 'name'],
    ['a byte order mark', '\ufeff{}', 'value'],
    ['a control character', '["\u0001"]', 'control'],
    ['no end', '["a', 'end'],
    ['an escape that does not exist', '["\\x"]', 'escape'],
    ['a leading zero', '[01]', 'comma'],
    ['nothing', '', 'value'],
    ['a word of JavaScript', '[NaN]', 'value'],
  ])('refuses %s', (_what, text, reason) => {
    expect(() => parseStrictJson(text)).toThrow(StrictJsonError);
    expect(() => parseStrictJson(text)).toThrow(reason);
  });

  test('refuses bytes that are no UTF-8', () => {
    expect(() => parseStrictJson(new Uint8Array([0x22, 0xff, 0x22]))).toThrow('UTF-8');
    // An overlong slash, and a surrogate as UTF-8.
    expect(() => parseStrictJson(new Uint8Array([0x22, 0xc0, 0xaf, 0x22]))).toThrow('UTF-8');
    expect(() => parseStrictJson(new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]))).toThrow('UTF-8');
  });

  test('reads 64 levels and refuses 65, and a million without exhausting the stack', () => {
    const levels = (count: number) => `${'['.repeat(count)}${']'.repeat(count)}`;
    expect(JSON.stringify(parseStrictJson(levels(maximumJsonDepth)))).toBe(levels(maximumJsonDepth));
    expect(() => parseStrictJson(levels(maximumJsonDepth + 1))).toThrow('64 levels');
    expect(() => parseStrictJson(levels(1_000_000))).toThrow('64 levels');
    expect(() => parseStrictJson('{"a":'.repeat(1_000_000))).toThrow('64 levels');
  });

  test('keeps a member called __proto__ a member', () => {
    const object = parseStrictJson('{"__proto__":{"admin":true}}') as { admin?: unknown };
    expect(object.admin).toBeUndefined();
    expect(Object.keys(object)).toEqual(['__proto__']);
  });
});

describe('the canonical form', () => {
  test('is what an implementation of others gives, in pieces too', () => {
    fc.assert(
      fc.property(document, (value) => {
        const text = canonicalJson(value);
        expect(text).toBe(canonicalize(value));
        expect([...canonicalPieces(value)].join('')).toBe(text);
      }),
    );
  });

  test('is the same whatever the order in which members were added, and has one reading', () => {
    fc.assert(
      fc.property(document, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(parseCanonicalJson(bytes(text))).toEqual(value);
      }),
    );
  });

  test('the sorting example of RFC 8785, section 3.2.3', () => {
    const source =
      '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}';
    const values = Object.values(
      JSON.parse(canonicalJson(parseStrictJson(source))) as Record<string, string>,
    );
    expect(canonicalJson(parseStrictJson(source)).startsWith('{"\\r":"Carriage Return","1":"One"')).toBe(
      true,
    );
    expect(values.toSorted()).toEqual(Object.values(JSON.parse(source)).toSorted());
    const order = ['Carriage', 'One', 'Control', 'Latin', 'Euro', 'Emoji', 'Hebrew'];
    const text = canonicalJson(parseStrictJson(source));
    const found = order.map((word) => text.indexOf(word));
    expect(found).toEqual(found.toSorted((a, b) => a - b));
  });

  test.each([
    ['a fraction', { a: 1.5 }],
    ['infinity', [Number.POSITIVE_INFINITY]],
    ['undefined', { a: undefined }],
    ['undefined in a list', [undefined]],
    ['a date', { at: new Date(0) }],
    ['a map', new Map()],
    ['half a surrogate pair', ['\udc00']],
    ['half a surrogate pair in a name', { '\ud800': 1 }],
    ['a function', () => {}],
    ['a large number of another kind', [1n]],
  ])('%s has none', (_what, value) => {
    expect(() => canonicalJson(value)).toThrow(RangeError);
  });

  test.each([
    ['a space', '{"a": 1}'],
    ['a final newline', '{"a":1}\n'],
    ['another order', '{"b":1,"a":2}'],
    ['an escape that is not needed', '{"a":"\\u0062"}'],
    ['an escape in capitals', '{"a":"\\u001F"}'],
    ['an escaped slash', '{"a":"\\/"}'],
  ])('bytes with %s are refused', (_what, text) => {
    expect(() => parseCanonicalJson(bytes(text))).toThrow('canonical form');
  });
});

function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]): [string, JsonValue] => [name, reversed(member)])
      .reverse(),
  );
}
