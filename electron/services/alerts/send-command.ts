import { spawn } from 'node:child_process';
import { endProcessGroup } from '#electron/environments/process-group.ts';
import type { AlertMessage } from '#shared/logic/alert-message.ts';
import type { CommandConfig } from '#shared/model/environment.ts';

/** From SIGTERM to SIGKILL, milliseconds. */
const graceMs = 3_000;

/**
 * Runs a command with one message as a line of JSON on stdin. Its output goes nowhere. Variables that begin with
 * `REKEY_` are not handed on. Throws an Error that says how it ended, if not well.
 */
export async function sendCommand(
  { argv, shell, cwd }: CommandConfig,
  message: AlertMessage,
  signal: AbortSignal,
): Promise<void> {
  const [file = '', ...args] = argv;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('REKEY_')));
  const child = spawn(file, args, {
    shell,
    env,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  const ended = new Promise<{ code: number | null; killed: string | null }>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`It could not be started: ${nameOf(error)}.`)));
    child.once('close', (code, killed) => resolve({ code, killed }));
  });
  const stop = () => void endProcessGroup(child, graceMs);
  signal.addEventListener('abort', stop, { once: true });
  try {
    // A command that reads nothing is as good.
    child.stdin.on('error', () => {});
    child.stdin.end(`${JSON.stringify(message)}\n`);
    const { code, killed } = await ended;
    if (signal.aborted) throw new Error('It took too long and was ended.');
    if (killed !== null) throw new Error(`It was killed by ${killed}.`);
    if (code !== 0) throw new Error(`It ended with exit code ${code}.`);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function nameOf(error: Error): string {
  return 'code' in error ? String(error.code) : 'unknown reason';
}
