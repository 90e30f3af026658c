import dotenv from 'dotenv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DotenvDocument } from '#shared/logic/dotenv/document.ts';
import { parseText, readVariables } from '#shared/logic/dotenv/parsers.ts';
import type { Parser } from '#shared/model/environment.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';
import { dotenvText, generatedValue, names, suppliedValue } from './arbitraries.ts';

const parsers: Parser[] = ['dotenv', 'python-dotenv', 'systemd', 'docker'];

function open(parser: Parser, text: string): DotenvDocument | null {
  try {
    return new DotenvDocument(parser, text);
  } catch (error) {
    if (isRekeyError(error, 'unterminated-quote')) return null;
    throw error;
  }
}

/** What the consumer reads, without the expansion of references: a reference to a changed variable changes too. */
function writtenValues(parser: Parser, text: string): Map<string, string | null> {
  const values = new Map<string, string | null>();
  for (const { name, raw } of parseText(parser, text).assignments) values.set(name, raw);
  return values;
}

function edit(parser: Parser, text: string, change: (document: DotenvDocument) => void): string {
  const document = new DotenvDocument(parser, text);
  change(document);
  return document.text;
}

describe('changing one variable', () => {
  it('leaves every other variable as the dotenv package reads it', () => {
    let changed = 0;
    fc.assert(
      fc.property(dotenvText, fc.constantFrom(...names), suppliedValue, (text, name, value) => {
        const document = open('dotenv', text);
        if (!document) return;
        const before: Record<string, string> = { ...dotenv.parse(text) };
        try {
          document.set(name, new Secret(value));
        } catch (error) {
          expect(error).toBeInstanceOf(RekeyError);
          expect((error as RekeyError).code).toBe('value-unrepresentable');
          expect(document.text).toBe(text);
          return;
        }
        changed++;
        expect({ ...dotenv.parse(document.text) }).toEqual({ ...before, [name]: value });
      }),
      { numRuns: 2000 },
    );
    expect(changed).toBeGreaterThan(1000);
  });

  it.each(parsers)('(%s) leaves every other byte, and reads a generated value back', (parser) => {
    fc.assert(
      fc.property(dotenvText, fc.constantFrom(...names), generatedValue, (text, name, value) => {
        const document = open(parser, text);
        if (!document) return;
        const present = document.parsed.assignments.findLast((assignment) => assignment.name === name);
        const before = writtenValues(parser, text);
        document.set(name, new Secret(value));
        const after = document.text;
        expect(document.variables().get(name)).toBe(value);
        expect([...writtenValues(parser, after)].filter(([other]) => other !== name)).toEqual(
          [...before].filter(([other]) => other !== name),
        );
        if (present) {
          expect(after.startsWith(text.slice(0, present.valueStart))).toBe(true);
          expect(after.endsWith(text.slice(present.valueEnd))).toBe(true);
          const written = after.slice(present.valueStart, after.length - (text.length - present.valueEnd));
          expect(written.replace(/^=/, '').replace(/^(['"`]?)([\s\S]*)\1$/, '$2')).toBe(value);
        } else {
          // A new line at the end: nothing before it changes.
          expect(after.startsWith(text)).toBe(true);
          expect(
            after
              .slice(text.length)
              .replace(/^[\r\n]+/, '')
              .trimEnd(),
          ).toBe(`${name}=${value}`);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each(parsers)('(%s) either reads a supplied value back exactly or changes nothing', (parser) => {
    let written = 0;
    fc.assert(
      fc.property(dotenvText, fc.constantFrom(...names), suppliedValue, (text, name, value) => {
        const document = open(parser, text);
        if (!document) return;
        try {
          document.set(name, new Secret(value));
        } catch (error) {
          expect((error as RekeyError).code).toBe('value-unrepresentable');
          expect(document.text).toBe(text);
          return;
        }
        written++;
        expect(readVariables(parser, parseText(parser, document.text)).get(name)).toBe(value);
      }),
      { numRuns: 1000 },
    );
    expect(written).toBeGreaterThan(300);
  });
});

describe('adding and removing', () => {
  it.each(parsers)('(%s) a slot below its key and taking it away again gives the same bytes', (parser) => {
    fc.assert(
      fc.property(dotenvText, fc.constantFrom(...names), generatedValue, (text, base, value) => {
        const document = open(parser, text);
        if (!document) return;
        document.set(`${base}_PREVIOUS`, new Secret(value), base);
        expect(document.variables().get(`${base}_PREVIOUS`)).toBe(value);
        document.remove(`${base}_PREVIOUS`);
        expect(document.text).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(parsers)('(%s) removing a variable leaves the others', (parser) => {
    fc.assert(
      fc.property(dotenvText, fc.constantFrom(...names), (text, name) => {
        const document = open(parser, text);
        if (!document) return;
        const before = [...writtenValues(parser, text)].filter(([other]) => other !== name);
        document.remove(name);
        expect(document.has(name)).toBe(false);
        expect([...writtenValues(parser, document.text)]).toEqual(before);
        if (parser === 'dotenv') expect({ ...dotenv.parse(document.text) }).not.toHaveProperty(name);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the shape of a file', () => {
  const value = new Secret('fresh');
  const set = (text: string, name = 'KEY') =>
    edit('python-dotenv', text, (document) => document.set(name, value));
  const add = (text: string) =>
    edit('python-dotenv', text, (document) => document.set('KEY_PREVIOUS', value, 'KEY'));

  it.each([
    ['KEY=old\n', 'KEY=fresh\n'],
    ['KEY=old', 'KEY=fresh'],
    ['KEY="old"  # why\n', 'KEY="fresh"  # why\n'],
    ["\texport KEY = 'old'\r\nB=1\r\n", "\texport KEY = 'fresh'\r\nB=1\r\n"],
    ['\ufeffKEY=old\n', '\ufeffKEY=fresh\n'],
    ['# top\n\n\nKEY=old # c\n\n# end', '# top\n\n\nKEY=fresh # c\n\n# end'],
    ['KEY=first\nB=1\nKEY=last\n', 'KEY=first\nB=1\nKEY=fresh\n'],
    ['KEY=\nB=1\n', 'KEY=fresh\nB=1\n'],
    ['KEY\nB=1\n', 'KEY=fresh\nB=1\n'],
    ['KEY="two\nlines"\nB=1\n', 'KEY="fresh"\nB=1\n'],
    ["'KEY'=old\n", "'KEY'=fresh\n"],
    ['B=1', 'B=1\nKEY=fresh'],
    ['B=1\r\n', 'B=1\r\nKEY=fresh\r\n'],
    ['', 'KEY=fresh\n'],
  ])('sets in %j', (before, after) => {
    expect(set(before)).toBe(after);
  });

  it.each([
    ['A=1\nKEY=old\nB=2\n', 'A=1\nKEY=old\nKEY_PREVIOUS=fresh\nB=2\n'],
    ['  export KEY="old" # c\r\nB=2', '  export KEY="old" # c\r\n  export KEY_PREVIOUS="fresh"\r\nB=2'],
    ['KEY=old', 'KEY=old\nKEY_PREVIOUS=fresh'],
    ['\ufeffKEY=old\n', '\ufeffKEY=old\nKEY_PREVIOUS=fresh\n'],
    ['KEY="a\nb"\nB=2\n', 'KEY="a\nb"\nKEY_PREVIOUS="fresh"\nB=2\n'],
    ['KEY=1\nB=2\nKEY=3\nC=4\n', 'KEY=1\nB=2\nKEY=3\nKEY_PREVIOUS=fresh\nC=4\n'],
    ['B=2\n', 'B=2\nKEY_PREVIOUS=fresh\n'],
  ])('adds a slot in %j', (before, after) => {
    expect(add(before)).toBe(after);
  });

  it.each([
    ['A=1\nKEY=x # c\nB=2\n', 'A=1\nB=2\n'],
    ['A=1\nKEY=x', 'A=1'],
    ['KEY=x\nA=1\nKEY=y\n', 'A=1\n'],
    ['\ufeffKEY=x\r\nA=1\r\n', '\ufeffA=1\r\n'],
    ['# about KEY\nKEY="a\nb"\nA=1\n', '# about KEY\nA=1\n'],
    ['A=1\n', 'A=1\n'],
  ])('removes from %j', (before, after) => {
    expect(edit('python-dotenv', before, (document) => document.remove('KEY'))).toBe(after);
  });
});

describe('what cannot be written', () => {
  it.each([
    ['docker', 'line\nbreak'],
    ['docker', 'line\r'],
    ['dotenv', `all of '"\` and #`],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of python-dotenv
    ['python-dotenv', 'refers to ${HOME}'],
    ['systemd', 'nul\0'],
  ] as [Parser, string][])('(%s) is refused and says nothing of the value', (parser, value) => {
    const document = new DotenvDocument(parser, 'A=1\nKEY=old\n');
    const attempt = () => document.set('KEY', new Secret(value));
    expect(attempt).toThrow(expect.objectContaining({ code: 'value-unrepresentable' }));
    expect(document.text).toBe('A=1\nKEY=old\n');
    try {
      attempt();
    } catch (error) {
      expect(JSON.stringify((error as RekeyError).report())).not.toContain(value.slice(0, 6));
    }
  });

  it('names the line of an open quote', () => {
    expect(() => new DotenvDocument('python-dotenv', 'A=1\n\nKEY="open\nB=2\n')).toThrow(
      expect.objectContaining({ code: 'unterminated-quote', details: { line: 3 } }),
    );
  });
});
