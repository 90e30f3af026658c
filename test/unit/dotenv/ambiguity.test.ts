import { describe, expect, it } from 'vitest';
import { ambiguousValues } from '#shared/logic/dotenv/ambiguity.ts';
import { parseText } from '#shared/logic/dotenv/parsers.ts';
import type { Parser } from '#shared/model/environment.ts';

function find(parser: Parser, text: string) {
  return ambiguousValues(parser, text, parseText(parser, text), new Set(['KEY']));
}

describe('ambiguous values', () => {
  it.each([
    ['dotenv', 'KEY=abc#def\n'],
    ['docker', 'KEY="abc"\n'],
    ['docker', 'KEY=abc # comment\n'],
    ['docker', 'KEY= abc\n'],
    ['systemd', 'KEY=abc # comment\n'],
    ['systemd', 'KEY="abc" # comment\n'],
    ['systemd', 'KEY=a\\b\n'],
    ['python-dotenv', 'KEY= # comment\n'],
    ['python-dotenv', 'KEY="a\\nb"\n'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of python-dotenv
    ['python-dotenv', 'KEY=${OTHER}\n'],
    ['python-dotenv', 'KEY="say \\"hi\\""\n'],
    ['python-dotenv', '\ufeffKEY=abc\n'],
    ['python-dotenv', 'KEY\n'],
    ['python-dotenv', "KEY=it's\n"],
  ] as [Parser, string][])('(%s) finds %j', (parser, text) => {
    const findings = find(parser, `${text}OTHER=1\n`);
    expect(findings).toMatchObject([{ code: 'ambiguous-value', severity: 'warning', key: 'KEY', line: 1 }]);
  });

  it.each([
    ['dotenv', 'KEY=abc # comment\n'],
    ['dotenv', "KEY='abc#def'\n"],
    ['docker', 'KEY=abc#def\n'],
    ['systemd', 'KEY="abc"\n'],
    ['python-dotenv', 'KEY=abc#def\n'],
    ['python-dotenv', 'export KEY = "abc # def" # comment\r\n'],
    ['python-dotenv', 'KEY=pa$$word\n'],
    ['python-dotenv', 'KEY=\n'],
  ] as [Parser, string][])('(%s) says nothing about %j', (parser, text) => {
    expect(find(parser, `${text}OTHER="\\n"\n`)).toEqual([]);
  });

  it('looks at the assignment that counts, and never shows a value', () => {
    const findings = find('dotenv', 'KEY=first#x\nKEY=plain\n');
    expect(findings).toEqual([]);
    expect(JSON.stringify(find('dotenv', 'KEY=plain\nKEY=hidden#x\n'))).not.toContain('hidden');
  });
});
