import dotenv from 'dotenv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseText, readVariables } from '#shared/logic/dotenv/parsers.ts';
import type { Parser } from '#shared/model/environment.ts';
import recorded from '../../fixtures/dotenv/consumers.json' with { type: 'json' };
import { dotenvText, hostileText } from './arbitraries.ts';

interface Recorded {
  text: string;
  'python-dotenv': Record<string, string>;
  systemd?: Record<string, string>;
  docker?: Record<string, string> | null;
}
const records = recorded as unknown as Recorded[];
const mark = '\ufeff';

function read(parser: Parser, text: string): Record<string, string> {
  return Object.fromEntries(readVariables(parser, parseText(parser, text)));
}

function withoutEmpty(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
}

describe('the dotenv parser', () => {
  it('reads files as the npm package does', () => {
    fc.assert(
      fc.property(fc.oneof(dotenvText, hostileText), (text) => {
        if (parseText('dotenv', text).unterminatedQuoteLine !== null) return;
        expect(read('dotenv', text)).toEqual({ ...dotenv.parse(text) });
      }),
      { numRuns: 3000 },
    );
  });

  it.each(records)('reads $text as the npm package does', ({ text }) => {
    expect(read('dotenv', text)).toEqual({ ...dotenv.parse(text) });
  });
});

describe('the python-dotenv parser', () => {
  it.each(records.filter(({ text }) => !text.startsWith(mark)))(
    'reads $text as python-dotenv does',
    (record) => {
      expect(read('python-dotenv', record.text)).toEqual(record['python-dotenv']);
    },
  );

  it('expands references to variables above, with defaults', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of python-dotenv
    const text = 'A=1\nB=${A}/${NONE:-two}${NONE}\nC=${D}\nD=4\nE="${A}"\nF=$A\n';
    expect(read('python-dotenv', text)).toEqual({ A: '1', B: '1/two', C: '', D: '4', E: '1', F: '$A' });
  });

  it('reads past a byte order mark, and says that older releases do not', () => {
    const parsed = parseText('python-dotenv', `${mark}A=1\nB=2\n`);
    expect(Object.fromEntries(readVariables('python-dotenv', parsed))).toEqual({ A: '1', B: '2' });
    expect(parsed.assignments[0]?.dependsOnRelease).toMatch(/byte order mark/);
    expect(parsed.assignments[1]?.dependsOnRelease).toBeNull();
  });
});

describe('the systemd parser', () => {
  it.each(records.filter((record) => record.systemd !== undefined))(
    'reads $text as systemd does',
    (record) => {
      expect(withoutEmpty(read('systemd', record.text))).toEqual(record.systemd);
    },
  );

  it('keeps empty values and takes "$" literally, escaped in double quotes', () => {
    expect(read('systemd', 'A=\nB=""\nC=$HOME\nD="\\$x"\nE=\\$x\n')).toEqual({
      A: '',
      B: '',
      C: '$HOME',
      D: '$x',
      E: '$x',
    });
  });

  it('says that releases differ on the line after a comment that ends with a backslash', () => {
    const { assignments } = parseText('systemd', '# path C:\\\nA=1\nB=2\n');
    expect(assignments.map(({ name, dependsOnRelease }) => [name, dependsOnRelease !== null])).toEqual([
      ['A', true],
      ['B', false],
    ]);
  });
});

describe('the docker parser', () => {
  const read28 = records.filter((record) => record.docker !== undefined && record.docker !== null);
  it.each(read28)('reads $text as docker does', (record) => {
    expect(parseText('docker', record.text).malformed).toEqual([]);
    expect(read('docker', record.text)).toEqual(record.docker);
  });

  const refused = records.filter((record) => record.docker === null);
  it.each(refused)('says that docker refuses $text', ({ text }) => {
    expect(parseText('docker', text).malformed[0]?.reason).toMatch(/refuses the whole file/);
  });

  it('says that docker refuses a line of 64 KiB', () => {
    const line = (length: number) => `A=${'x'.repeat(length - 2)}\n`;
    expect(parseText('docker', line(64 * 1024 - 1)).malformed).toEqual([]);
    expect(parseText('docker', line(64 * 1024)).malformed).toHaveLength(1);
  });
});

describe('every parser', () => {
  const parsers: Parser[] = ['dotenv', 'python-dotenv', 'systemd', 'docker'];
  it.each(parsers)('(%s) gives places that lie in the text, in order', (parser) => {
    fc.assert(
      fc.property(hostileText, (text) => {
        let last = 0;
        for (const place of parseText(parser, text).assignments) {
          expect(place.start).toBeGreaterThanOrEqual(last);
          expect(place.nameEnd).toBeGreaterThan(place.start);
          expect(place.valueStart).toBeGreaterThanOrEqual(place.nameEnd);
          expect(place.valueEnd).toBeGreaterThanOrEqual(place.valueStart);
          expect(place.valueEnd).toBeLessThanOrEqual(text.length);
          // A quoted name may hold a line break, which python-dotenv reads as a newline whatever it is.
          expect(text.slice(place.start, place.nameEnd).replace(/\r\n?/g, '\n')).toContain(
            place.name.replace(/\r\n?/g, '\n'),
          );
          last = place.valueEnd;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['dotenv', 'A=1\nB="open\nC=3\n', 2],
    ['dotenv', "A=1\r\n\r\nB='open", 3],
    ['dotenv', 'B=`open', 1],
    ['python-dotenv', 'A=1\nB="open\nC=3\n', 2],
    ['python-dotenv', "\n\nB='open\nC=2", 3],
    ['systemd', '# c\nB="open\nC=3\n', 2],
    ['systemd', "A=1\r\nB='open\r\nC=3", 2],
  ] as [Parser, string, number][])('(%s) finds the line of an open quote in %j', (parser, text, line) => {
    expect(parseText(parser, text).unterminatedQuoteLine).toBe(line);
  });
});
