import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type { CommandConfig, CommandKind } from '#shared/model/environment.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import { CapturedOutput } from '../captured-output.ts';
import {
  type CommandRunnerDependencies,
  inputLine,
  jsonObject,
  stopWhen,
  timeoutOf,
} from '../command-runner.ts';
import type { CommandResult } from '../environment.ts';
import type { OpensshConnection } from './openssh-connection.ts';
import { quoted } from './shell-quoting.ts';

const defaultGrace = 3_000;

/** What the wrapper on the host told about the command, on lines of its own that nobody else sees. */
interface Told {
  group: string | null;
  missing: boolean;
  code: number | null;
}

/**
 * Runs a configured command on a host to its end and says how it went, as `runCommand` does here; never throws for
 * what the command does. A small wrapper in the host's shell tells the process group first and the exit status last:
 * so all of it can be ended through another channel, and an end that was not seen is `lost`, not a failure.
 */
export async function runRemoteCommand(
  connection: Pick<OpensshConnection, 'exec'>,
  kind: CommandKind,
  command: CommandConfig,
  { clock, redactor, options, grace = defaultGrace }: CommandRunnerDependencies,
): Promise<CommandResult> {
  const started = clock.monotonic();
  const captured = new CapturedOutput(redactor, options.onOutput);
  const stdout = captured.stream();
  const stderr = captured.stream();
  const stop = new AbortController();
  const end = stopWhen(stop, timeoutOf(kind, command), options.signal);
  const marker = `rekey-${randomBytes(8).toString('hex')}`;
  const told: Told = { group: null, missing: false, code: null };
  let ending: Pick<CommandResult, 'outcome' | 'exitCode' | 'signal' | 'reason'>;
  try {
    if (stop.signal.aborted) {
      ending = {
        outcome: 'stopped',
        exitCode: null,
        signal: null,
        reason: 'It was stopped before it began.',
      };
    } else {
      const child = await connection.exec(wrapped(command, marker));
      let killed: Promise<string | null> = Promise.resolve(null);
      const onAbort = () => {
        killed = endGroup(connection, told, grace, () => told.code !== null, child.kill);
      };
      stop.signal.addEventListener('abort', onAbort, { once: true });
      child.stdout.on('data', (bytes: Buffer) => stdout.write(bytes));
      child.stderr.on(
        'data',
        linesWithout(marker, told, (text) => stderr.write(Buffer.from(text, 'utf8'))),
      );
      const input = inputLine(kind, options);
      child.stdin.end(input === null ? '' : `${input}\n`);
      await child.ended;
      ending = endingOf(told, stop.signal, await killed);
    }
  } catch (error) {
    if (!isRekeyError(error)) throw error;
    ending = { outcome: 'not-started', exitCode: null, signal: null, reason: error.message };
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

/** For any login shell: everything is in one quoted word for sh. The command is no part of a pipe or a job. */
function wrapped({ argv, shell, cwd }: CommandConfig, marker: string): string {
  const line = shell ? `/bin/sh -c ${quoted(argv.join(' '))}` : argv.map(quoted).join(' ');
  const script = [
    `echo "${marker} group $$" >&2`,
    ...(cwd === undefined
      ? []
      : [`cd ${quoted(cwd)} 2>/dev/null || { echo "${marker} missing" >&2; exit 127; }`]),
    ...(shell
      ? []
      : [
          `command -v ${quoted(argv[0] ?? '')} >/dev/null 2>&1 || { echo "${marker} missing" >&2; exit 127; }`,
        ]),
    `${line}; code=$?`,
    `echo "${marker} ended $code" >&2`,
    'exit $code',
  ].join('\n');
  return `exec /bin/sh -c ${quoted(script)}`;
}

/** Hands on what the command wrote, line by line, and keeps what the wrapper tells. */
function linesWithout(marker: string, told: Told, write: (text: string) => void): (bytes: Buffer) => void {
  let rest = '';
  return (bytes) => {
    rest += bytes.toString('utf8');
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      const at = line.indexOf(`${marker} `);
      if (at < 0) {
        write(`${line}\n`);
        continue;
      }
      // Before it stands what the command wrote without ending its line.
      if (at > 0) write(line.slice(0, at));
      const [what, value = ''] = line.slice(at + marker.length + 1).split(' ');
      if (what === 'group' && /^\d{1,10}$/.test(value)) told.group = value;
      if (what === 'missing') told.missing = true;
      if (what === 'ended' && /^\d{1,3}$/.test(value)) told.code = Number(value);
    }
  };
}

/** Ends the process group on the host; resolves to the signal that was sent, or null when it could not be. */
async function endGroup(
  connection: Pick<OpensshConnection, 'exec'>,
  told: Told,
  grace: number,
  ended: () => boolean,
  giveUp: () => void,
): Promise<string | null> {
  // The abort may come before the wrapper has told its group.
  for (let attempt = 0; told.group === null && attempt < 100; attempt += 1) await wait(20);
  if (told.group === null) {
    giveUp();
    return null;
  }
  const send = async (signal: string) => {
    const kill = await connection.exec(`kill -${signal} -- -${told.group}`);
    await kill.ended;
  };
  try {
    await send('TERM');
    for (let waited = 0; waited < grace && !ended(); waited += 50) {
      const alive = await connection.exec(`kill -0 -- -${told.group}`);
      let gone = false;
      alive.stderr.on('data', () => {
        gone = true;
      });
      await alive.ended;
      if (gone) return 'SIGTERM';
      await wait(50);
    }
    await send('KILL');
    return 'SIGKILL';
  } catch {
    giveUp();
    return null;
  }
}

function endingOf(
  told: Told,
  stop: AbortSignal,
  sent: string | null,
): Pick<CommandResult, 'outcome' | 'exitCode' | 'signal' | 'reason'> {
  if (stop.aborted) {
    const timedOut = stop.reason === 'timed-out';
    const how = timedOut ? 'It took longer than its time-out' : 'It was stopped';
    return {
      outcome: timedOut ? 'timed-out' : 'stopped',
      exitCode: null,
      signal: sent,
      reason: sent === null ? `${how}, but could not be ended on the host.` : `${how} and was ended.`,
    };
  }
  if (told.missing) {
    const reason = 'The program, or the folder to run it in, does not exist.';
    return { outcome: 'not-started', exitCode: null, signal: null, reason };
  }
  if (told.code === null) {
    const reason = 'The connection was lost while it ran; whether it ended is not known.';
    return { outcome: 'lost', exitCode: null, signal: null, reason };
  }
  if (told.code === 0) return { outcome: 'ok', exitCode: 0, signal: null, reason: null };
  // A shell reports a signal as 128 and its number; a program that exits so by itself is taken for killed, too.
  const signal = told.code > 128 ? signalOf(told.code - 128) : null;
  return {
    outcome: 'failed',
    exitCode: signal === null ? told.code : null,
    signal,
    reason: signal === null ? `It ended with exit code ${told.code}.` : `It was ended by ${signal}.`,
  };
}

function signalOf(number: number): string | null {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? null;
}
