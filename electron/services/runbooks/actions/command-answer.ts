import type { CommandResult } from '#electron/environments/environment.ts';
import type { ActionOutcome } from '#shared/logic/runbook-actions.ts';
import { durationInWords } from '#shared/model/duration.ts';
import { answer, type RunCall } from './action.ts';

/** What a command that a step ran becomes: `good` where it succeeded, with the end of its output. */
export function commandAnswer(call: RunCall, result: CommandResult, good: string): ActionOutcome {
  const { kind, outcome, reason, exitCode } = result;
  const ok = outcome === 'ok';
  const why = reason ?? (exitCode === null ? outcome : `exit code ${exitCode}`);
  return answer(
    call,
    ok,
    [
      ok ? `${good} (${durationInWords(result.durationMs)})` : `The ${kind} command failed: ${why}.`,
      ...result.output.trim().split('\n').slice(-10),
    ],
    'Read its output, mend what it names, then try again.',
  );
}
