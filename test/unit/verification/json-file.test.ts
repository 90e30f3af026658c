import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLogLine } from '#electron/services/verification/json-file.ts';

const parse = (text: string) => parseLogLine(Buffer.from(text));

describe('parseLogLine', () => {
  it('reads whatever the log writes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (event) => {
        const line = JSON.stringify(event);
        expect(parse(line)).toEqual(JSON.parse(line));
      }),
    );
  });

  it('reads what is written otherwise, as long as there is one reading', () => {
    expect(parse(' {"a": 1.50, "b": "\\u0041", "c": [1e3]}')).toEqual({ a: 1.5, b: 'A', c: [1000] });
    expect(parse('{"a":"\\"1.5\\"","b":1.0}')).toEqual({ a: '"1.5"', b: 1 });
  });

  it('refuses everything else', () => {
    for (const text of [
      '',
      '[]',
      'null',
      '1',
      '{"a":1,"a":1}',
      '{"a":1,"\\u0061":2}',
      '{"a":{"b":1,"b":2}}',
      '{"a":1}x',
      '\ufeff{"a":1}',
      '{"a":NaN}',
      `{"a":${'['.repeat(64)}${']'.repeat(64)}}`,
      '['.repeat(500_000),
    ]) {
      expect(parse(text), text.slice(0, 40)).toBeNull();
    }
    expect(parse(`{"a":${'['.repeat(63)}${']'.repeat(63)}}`)).not.toBeNull();
    expect(parseLogLine(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toBeNull();
  });
});
