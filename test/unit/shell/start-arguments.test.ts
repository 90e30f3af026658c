import { describe, expect, test } from 'vitest';
import { readStartArguments } from '#electron/start-arguments.ts';

describe('the window’s start arguments', () => {
  test.each([
    [['electron', '/app'], {}, null, false],
    [['electron', '/app', '--data-dir', '/d'], {}, '/d', false],
    [['electron', '/app', '--data-dir=/d', '--practice'], {}, '/d', true],
    [['rekey', '--practice', '--data-dir', 'relative'], {}, 'relative', true],
    [['rekey'], { REKEY_DATA_DIR: '/e' }, '/e', false],
    [['rekey', '--data-dir', '/d'], { REKEY_DATA_DIR: '/e' }, '/d', false],
    [['rekey', '--data-dir'], { REKEY_DATA_DIR: '/e' }, '/e', false],
    [['rekey', '--data-dir='], {}, null, false],
    [['rekey'], { REKEY_DATA_DIR: '' }, null, false],
    [['rekey', '--no-sandbox', '--practiced', '--remote-debugging-port=0'], {}, null, false],
  ] as const)('%j with %j', (argv, environment, dataFolder, practice) => {
    expect(readStartArguments(argv, environment)).toEqual({ dataFolder, practice });
  });

  test('the value of --data-dir is never taken for a switch', () => {
    expect(readStartArguments(['rekey', '--data-dir', '--practice'], {})).toEqual({
      dataFolder: '--practice',
      practice: false,
    });
  });
});
