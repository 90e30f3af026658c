import { runProgram, stopWhen } from '#electron/environments/command-runner.ts';
import type { AlertMessage } from '#shared/logic/alert-message.ts';
import { durationMilliseconds } from '#shared/model/duration.ts';
import type { CommandConfig } from '#shared/model/environment.ts';

/** From SIGTERM to SIGKILL, milliseconds. */
const graceMs = 3_000;
const nowhere = { write: () => {} };

/**
 * Runs a command with one message as a line of JSON on stdin. Its output goes nowhere. Throws an Error that says how it
 * ended, if not well. `limitMs`: how long it may take where its configuration does not say.
 */
export async function sendCommand(
  command: CommandConfig,
  message: AlertMessage,
  { limitMs, signal }: { limitMs: number; signal: AbortSignal | undefined },
): Promise<void> {
  const stop = new AbortController();
  const limit = command.timeout === undefined ? limitMs : durationMilliseconds(command.timeout);
  const end = stopWhen(stop, limit, signal);
  try {
    const line = JSON.stringify(message);
    const { outcome, reason } = await runProgram(command, line, nowhere, nowhere, stop.signal, graceMs);
    if (outcome !== 'ok') throw new Error(reason ?? 'It failed.');
  } finally {
    end();
  }
}
