import { type ChildProcess, spawn } from 'node:child_process';
import type { Redactor } from '#shared/logic/redact.ts';
import type { Clock } from '#shared/model/clock.ts';
import { durationMilliseconds } from '#shared/model/duration.ts';
import type { CommandConfig, CommandKind } from '#shared/model/environment.ts';
import type { BuiltinCommand, BuiltinCommands } from './builtin-command.ts';
import { CapturedOutput, type OutputStream } from './captured-output.ts';
import type { CommandOptions, CommandResult } from './environment.ts';
import { whenQuiet } from './output-end.ts';
import { endProcessGroup } from './process-group.ts';

export interface CommandRunnerDependencies {
  clock: Clock;
  builtins: BuiltinCommands | undefined;
  /** For the environment's own values and those that the command is given. */
  redactor: Redactor;
  options: CommandOptions;
  /** From SIGTERM to SIGKILL, milliseconds. */
  grace?: number;
}

const defaultTimeoutMilliseconds = 60_000;
const defaultGraceMilliseconds = 3_000;

/** Only these are given values, and only on stdin. */
const kindsWithInput: readonly CommandKind[] = ['reencrypt', 'verify', 'verify-old-refused', 'accepts-next'];

/** How it ended, before it is put into words. */
export interface Ending {
  outcome: CommandResult['outcome'];
  exitCode: number | null;
  signal: string | null;
  reason: string | null;
}

/**
 * Runs a configured command to its end and says how it went; never throws for what the command does. Without a shell
 * unless `shell` is chosen. On a time-out or an abort the whole process group is ended first. Values reach a command
 * only as one line of JSON on stdin; variables that begin with `REKEY_` are not handed on.
 */
export async function runCommand(
  kind: CommandKind,
  command: CommandConfig,
  { clock, builtins, redactor, options, grace }: CommandRunnerDependencies,
): Promise<CommandResult> {
  const started = clock.monotonic();
  const captured = new CapturedOutput(redactor, options.onOutput);
  const stdout = captured.stream();
  const stderr = captured.stream();
  const input = inputLine(kind, options);
  const stop = new AbortController();
  const end = stopWhen(stop, timeoutOf(kind, command), options.signal);
  const builtin = command.shell ? undefined : builtins?.get(command.argv[0] as string);
  let ending: Ending;
  try {
    ending = stop.signal.aborted
      ? { outcome: 'stopped', exitCode: null, signal: null, reason: 'It was stopped before it began.' }
      : builtin
        ? await runBuiltin(builtin, command, input, stdout, stderr, stop.signal)
        : await runProgram(command, input, stdout, stderr, stop.signal, grace ?? defaultGraceMilliseconds);
  } finally {
    end();
  }
  captured.end();
  return {
    kind,
    ...ending,
    durationMs: Math.round(clock.monotonic() - started),
    output: captured.text,
    truncated: captured.truncated,
    report: jsonObject(stdout.lastLine),
    reason: ending.reason === null ? null : redactor.redact(ending.reason).text,
  };
}

/** Milliseconds; null: as long as it takes. */
export function timeoutOf(kind: CommandKind, command: CommandConfig): number | null {
  if (command.timeout !== undefined) return durationMilliseconds(command.timeout);
  return kind === 'reencrypt' ? null : defaultTimeoutMilliseconds;
}

/** Aborts `stop` on the time-out (reason `timed-out`) or with the caller's signal (`stopped`); returns the clean-up. */
export function stopWhen(
  stop: AbortController,
  timeout: number | null,
  signal: AbortSignal | undefined,
): () => void {
  const onAbort = () => stop.abort('stopped');
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  // Longer than setTimeout can count (24 days) is as good as none.
  const timer =
    timeout === null || timeout > 0x7fffffff ? undefined : setTimeout(() => stop.abort('timed-out'), timeout);
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  };
}

/** The one line that a command of this kind is given; the only way in which a command ever gets values. */
export function inputLine(kind: CommandKind, { input }: CommandOptions): string | null {
  if (!input || !kindsWithInput.includes(kind)) return null;
  return JSON.stringify({
    key: input.key,
    old: input.old?.reveal() ?? null,
    new: input.new?.reveal() ?? null,
  });
}

async function runBuiltin(
  builtin: BuiltinCommand,
  command: CommandConfig,
  input: string | null,
  stdout: OutputStream,
  stderr: OutputStream,
  signal: AbortSignal,
): Promise<Ending> {
  const stopped = new Promise<'stopped'>((resolve) => {
    signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
  const line = (stream: OutputStream) => (text: string) => {
    if (!signal.aborted) stream.write(Buffer.from(`${text}\n`, 'utf8'));
  };
  try {
    const running = builtin.run(command.argv.slice(1), {
      input,
      stdout: line(stdout),
      stderr: line(stderr),
      signal,
    });
    const result = await Promise.race([running, stopped]);
    return result === 'stopped' ? stoppedBy(signal, null, null) : exited(result, null);
  } catch (error) {
    return signal.aborted ? stoppedBy(signal, null, null) : notStarted(error);
  }
}

/**
 * Runs a program to its end, with one line on its stdin and nobody's variables but the caller's own, less Rekey's. The
 * signal ends its whole process group; `grace`: from SIGTERM to SIGKILL, milliseconds.
 */
export async function runProgram(
  command: CommandConfig,
  input: string | null,
  stdout: Pick<OutputStream, 'write'>,
  stderr: Pick<OutputStream, 'write'>,
  signal: AbortSignal,
  grace: number,
): Promise<Ending> {
  let child: ChildProcess;
  try {
    child = start(command);
  } catch (error) {
    return notStarted(error);
  }
  child.stdout?.on('data', (chunk: Buffer) => stdout.write(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.write(chunk));
  // A command that does not read its input is no error.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input === null ? undefined : `${input}\n`);

  let ended: Promise<void> = Promise.resolve();
  const onAbort = () => {
    ended = endProcessGroup(child, grace);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const ending = await exitOf(child);
    await ended;
    return signal.aborted ? stoppedBy(signal, ending.exitCode, ending.signal) : ending;
  } finally {
    signal.removeEventListener('abort', onAbort);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

function start(command: CommandConfig): ChildProcess {
  const options = {
    env: inheritedVariables(process.env),
    stdio: ['pipe', 'pipe', 'pipe'] as ['pipe', 'pipe', 'pipe'],
    // A process group of its own, so that all of it can be ended.
    detached: process.platform !== 'win32',
    windowsHide: true,
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
  };
  return command.shell
    ? spawn(command.argv.join(' '), { ...options, shell: true })
    : spawn(command.argv[0] as string, command.argv.slice(1), options);
}

/** Resolves when the program has ended and its output is read, or is held open by something it left running. */
function exitOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(notStarted(error)));
    child.once('exit', (code, signal) => {
      const ending = exited(code, signal);
      const stopWaiting = whenQuiet(child, () => resolve(ending));
      child.once('close', () => {
        stopWaiting();
        resolve(ending);
      });
    });
  });
}

function exited(exitCode: number | null, signal: string | null): Ending {
  if (exitCode === 0) return { outcome: 'ok', exitCode, signal, reason: null };
  const reason = signal === null ? `It ended with exit code ${exitCode}.` : `It was ended by ${signal}.`;
  return { outcome: 'failed', exitCode, signal, reason };
}

function stoppedBy(signal: AbortSignal, exitCode: number | null, killedBy: string | null): Ending {
  const timedOut = signal.reason === 'timed-out';
  return {
    outcome: timedOut ? 'timed-out' : 'stopped',
    exitCode,
    signal: killedBy,
    reason: timedOut ? 'It took longer than its time-out and was ended.' : 'It was stopped.',
  };
}

function notStarted(error: unknown): Ending {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason =
    code === 'ENOENT'
      ? 'The program, or the folder to run it in, does not exist.'
      : code === 'EACCES'
        ? 'There is no permission to run the program.'
        : `It could not be started (${code ?? message}).`;
  return { outcome: 'not-started', exitCode: null, signal: null, reason };
}

/** Everything but what configures Rekey itself: its passphrase file is nobody else's business. */
function inheritedVariables(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(own).filter(([name]) => !name.toUpperCase().startsWith('REKEY_')));
}

/** What a line says when it is a JSON object; else null. */
export function jsonObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
