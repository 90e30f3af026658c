import { describe, expect, it } from 'vitest';
import { ErrorCode, ErrorReport, errorExitCodes, RekeyError } from '#shared/model/errors.ts';

describe('RekeyError', () => {
  it('reports what happened, what was not changed and what to do, and nothing else', () => {
    const error = new RekeyError('conflict', {
      message: 'The file changed since it was read.',
      remedy: 'Run the step again.',
      cause: new Error('inner detail'),
    });
    expect(ErrorReport.parse(error.report())).toEqual({
      code: 'conflict',
      message: 'The file changed since it was read.',
      unchanged: 'Nothing was changed.',
      remedy: 'Run the step again.',
    });
    expect(JSON.stringify(error.report())).not.toContain('inner detail');
  });

  it('gives every code an exit code of the contract', () => {
    for (const code of ErrorCode.options) expect([1, 2, 3, 4, 5]).toContain(errorExitCodes[code]);
    expect(new RekeyError('environment-locked', { message: '', remedy: '' }).exitCode).toBe(3);
  });
});
