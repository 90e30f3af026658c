import type { ErrorReport } from '#shared/model/errors.ts';

/** A reply to a call that did not come from Rekey's own page. */
export const untrustedSender = refused('This call did not come from Rekey’s own window.');

/** A reply to a call that no handler may see. */
export function refused(message: string): { ok: false; error: ErrorReport } {
  return {
    ok: false,
    error: {
      code: 'invalid-input',
      message,
      unchanged: 'Nothing was changed.',
      remedy: 'Correct the input and try again.',
    },
  };
}
