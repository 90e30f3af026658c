import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '#shared/logic/command-line.ts';
import { isRekeyError } from '#shared/model/errors.ts';

describe('parseCommandLine', () => {
  it('splits by POSIX quoting rules and expands nothing', () => {
    expect(parseCommandLine(String.raw`systemctl restart "my api" 'a b' c\ d $HOME *.txt "$(id)"`)).toEqual([
      'systemctl',
      'restart',
      'my api',
      'a b',
      'c d',
      '$HOME',
      '*.txt',
      '$(id)',
    ]);
  });

  it('takes a JSON array as it is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 1 }).filter(([first]) => first !== ''),
        (argv) => {
          expect(parseCommandLine(JSON.stringify(argv))).toEqual(argv);
        },
      ),
    );
  });

  it.each(['', '   ', '[]', '[""]', '["a", 1]', '["a"', 'a "b', "a 'b"])('refuses %j', (text) => {
    expect(() => parseCommandLine(text)).toThrow(expect.objectContaining({ code: 'usage' }));
    try {
      parseCommandLine(text);
    } catch (error) {
      expect(isRekeyError(error) && error.remedy.length > 0).toBe(true);
    }
  });
});
