import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BuiltinCommand } from '#electron/environments/builtin-command.ts';
import { type CommandRunnerDependencies, runCommand } from '#electron/environments/command-runner.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { redactorFor } from '#shared/logic/redact.ts';
import { CommandConfig, type CommandKind } from '#shared/model/environment.ts';
import { Secret } from '#shared/model/secret.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rekey-commands-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  delete process.env.REKEY_PASSPHRASE_FILE;
});

const secret = new Secret('a-secret-of-forty-characters-0123456789!');

function run(
  command: { argv: string[] } & Partial<CommandConfig>,
  more: Partial<CommandRunnerDependencies> & { kind?: CommandKind } = {},
) {
  return runCommand(more.kind ?? 'verify', CommandConfig.parse(command), {
    clock: systemClock,
    builtins: undefined,
    redactor: redactorFor([secret]),
    options: {},
    ...more,
  });
}
const sh = (source: string, more: Partial<CommandConfig> = {}) => ({ argv: ['sh', '-c', source], ...more });

/** Keeps the whole thread from doing anything, as a busy machine may. */
function standStill(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

async function isGone(pidFile: string): Promise<boolean> {
  const pid = Number(readFileSync(pidFile, 'utf8'));
  for (let tries = 0; tries < 100; tries++) {
    try {
      // A process that only waits to be reaped is gone too.
      if (/^\S+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return true;
    } catch {
      return true;
    }
    await delay(20);
  }
  return false;
}

describe('a command', () => {
  it('runs without a shell, in its folder', async () => {
    const result = await run({
      argv: ['node', '-p', 'process.argv.slice(1).join("|") + process.cwd()', '$HOME', '*'],
      cwd: folder,
    });
    expect(result.output).toBe(`$HOME|*${folder}\n`);
  });

  it('runs in a shell when that is chosen', async () => {
    const result = await run({ argv: ['printf "%s" one && exit 3'], shell: true });
    expect(result).toMatchObject({ outcome: 'failed', exitCode: 3, output: 'one\n' });
  });

  it('inherits the environment but for what configures Rekey', async () => {
    process.env.REKEY_PASSPHRASE_FILE = '/somewhere';
    const result = await run({ argv: ['env'] });
    expect(result.output).toMatch(/^PATH=/m);
    expect(result.output).not.toMatch(/REKEY_/);
  });

  it('does not wait for a service that it leaves running with its output open', async () => {
    const pidFile = join(folder, 'service.pid');
    const result = await run(sh(`sleep 30 & echo $! > ${pidFile}; echo started`));
    expect(result).toMatchObject({ outcome: 'ok', output: 'started\n' });
    expect(result.durationMs).toBeLessThan(10_000);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    process.kill(pid);
  });

  it('is heard to its end although the process was too busy to listen when it ended', async () => {
    const first = spawn('sh', ['-c', 'echo first'], { stdio: ['ignore', 'pipe', 'ignore'] });
    // The command ends while the output of another one is handled; both ends are noticed together, after that.
    first.stdout.once('data', () => standStill(1_000));
    // And before anything more is read, the wait for the rest of its output is over.
    first.once('exit', () => setImmediate(() => standStill(1_000)));
    const running = run(sh('sleep 0.1; echo "{\\"total\\": 3}"'));
    standStill(50);
    expect(await running).toMatchObject({ outcome: 'ok', report: { total: 3 } });
  });

  it('is not waited for without end when what it leaves running goes on talking', async () => {
    const pidFile = join(folder, 'talker.pid');
    const talk = `(while :; do echo more; sleep 0.05; done) & echo $! > ${pidFile}; echo started`;
    const result = await run(sh(talk));
    process.kill(Number(readFileSync(pidFile, 'utf8')));
    expect(result).toMatchObject({ outcome: 'ok', output: expect.stringMatching(/^started\n|\nstarted\n/) });
  });

  it('is ended with everything that it started, gently first', async () => {
    const pidFile = join(folder, 'child.pid');
    const source = `trap 'echo stopping; exit 5' TERM; sleep 30 & echo $! > ${pidFile}; echo up; wait`;
    const result = await run(sh(source, { timeout: '300ms' }));
    expect(result).toMatchObject({ outcome: 'timed-out', exitCode: 5 });
    expect(result.output).toBe('up\nstopping\n');
    expect(await isGone(pidFile)).toBe(true);
  });

  it('is killed when it ignores that', async () => {
    const pidFile = join(folder, 'stubborn.pid');
    const source = `trap '' TERM; echo $$ > ${pidFile}; echo up; while :; do sleep 0.1; done`;
    const result = await run(sh(source, { timeout: '200ms' }), { grace: 300 });
    expect(result).toMatchObject({ outcome: 'timed-out', exitCode: null, signal: 'SIGKILL' });
    expect(await isGone(pidFile)).toBe(true);
  });

  it('leaves no process that outlives its leader and ignores the gentle way', async () => {
    const pidFile = join(folder, 'orphan.pid');
    const source = `(trap '' TERM; sh -c 'echo $$ > ${pidFile}; while :; do sleep 0.1; done') & sleep 0.2; echo up; wait`;
    const result = await run(sh(source, { timeout: '600ms' }), { grace: 300 });
    expect(result).toMatchObject({ outcome: 'timed-out', output: 'up\n' });
    expect(await isGone(pidFile)).toBe(true);
  });

  it('has no time-out for a re-encryption, and 60 s otherwise', async () => {
    const stop = new AbortController();
    const options = { signal: stop.signal, onOutput: () => stop.abort() };
    expect(await run(sh('echo up; sleep 30'), { kind: 'reencrypt', options })).toMatchObject({
      outcome: 'stopped',
    });
  });

  it('is not started when it is stopped before', async () => {
    const result = await run(sh(`touch ${folder}/started`), { options: { signal: AbortSignal.abort() } });
    expect(result).toMatchObject({ outcome: 'stopped', output: '' });
    expect(existsSync(join(folder, 'started'))).toBe(false);
  });

  it('does not fail for not reading its input', async () => {
    const input = { key: 'ENCRYPTION_KEY', old: secret, new: new Secret('n'.repeat(200_000)) };
    expect(await run({ argv: ['true'] }, { options: { input } })).toMatchObject({ outcome: 'ok' });
  });

  it.each([
    [{ argv: ['/nonexistent'] }, /does not exist/],
    [{ argv: ['true'], cwd: '/nonexistent' }, /does not exist/],
    [{ argv: [fileURLToPath(import.meta.url)] }, /no permission/],
    [{ argv: ['tr\0ue'] }, /could not be started/],
  ])('says why %j does not start', async (command, reason) => {
    expect(await run(command)).toMatchObject({
      outcome: 'not-started',
      reason: expect.stringMatching(reason),
    });
  });
});

describe('output', () => {
  it('keeps the last 64 KiB', async () => {
    const result = await run(sh('seq 1 100000; echo last'));
    expect(result.truncated).toBe(true);
    expect(result.output).toHaveLength(64 * 1024);
    expect(result.output.endsWith('100000\nlast\n')).toBe(true);
  });

  it('finds a secret wherever its pieces are cut', async () => {
    const source = `
      const secret = ${JSON.stringify(secret.reveal())};
      let text = '';
      for (let i = 0; i < 3000; i++) text += 'x'.repeat(i % 97) + secret + (i % 7 ? '' : ' ');
      process.stdout.write(text.slice(0, 70001));
      setTimeout(() => process.stdout.write(text.slice(70001)), 50);`;
    const lines: string[] = [];
    const result = await run(
      { argv: ['node', '-e', source] },
      { options: { onOutput: (line) => lines.push(line) } },
    );
    expect(result.outcome).toBe('ok');
    expect(lines.length).toBeGreaterThan(2);
    for (const piece of [...lines, result.output]) {
      // Not even a part of it that would help.
      for (let at = 0; at + 12 <= secret.reveal().length; at++) {
        expect(piece.includes(secret.reveal().slice(at, at + 12))).toBe(false);
      }
    }
  });

  it('reads the last line of stdout as JSON, not that of stderr', async () => {
    expect((await run(sh(`echo '{"total": 1}'; echo '{"no": 1}' >&2; echo`))).report).toEqual({ total: 1 });
    expect((await run(sh('echo "[1]"'))).report).toBeNull();
    expect((await run(sh(`printf '{"total": 2}'`))).report).toEqual({ total: 2 });
  });

  it('survives bytes that are no text', async () => {
    const result = await run(sh(String.raw`printf '\377\376 caf\303'; sleep 0.1; printf '\251\n'`));
    expect(result.output).toBe('\ufffd\ufffd café\n');
  });
});

describe('a command that Rekey carries out itself', () => {
  const builtin = (command: BuiltinCommand['run']) => new Map([['rekey-test', { run: command }]]);

  it('gets arguments and input, and is captured and redacted like a program', async () => {
    const builtins = builtin(async (args, call) => {
      call.stdout(`${args.join(' ')} ${JSON.parse(call.input as string).old}`);
      call.stderr('done');
      return 4;
    });
    const input = { key: 'ENCRYPTION_KEY', old: secret, new: null };
    const result = await run({ argv: ['rekey-test', 'a', 'b'] }, { builtins, options: { input } });
    expect(result).toMatchObject({ outcome: 'failed', exitCode: 4, output: 'a b [redacted]\ndone\n' });
  });

  it('is stopped at its time-out, and what it says later is not heard', async () => {
    const late: string[] = [];
    const builtins = builtin(async (_args, call) => {
      await delay(200);
      call.stdout('too late');
      return 0;
    });
    const options = { onOutput: (line: string) => late.push(line) };
    const result = await run({ argv: ['rekey-test'], timeout: '50ms' }, { builtins, options });
    expect(result).toMatchObject({ outcome: 'timed-out', exitCode: null });
    await delay(250);
    expect(late).toEqual([]);
  });

  it('is no program for a shell', async () => {
    const builtins = builtin(async () => 0);
    expect(await run({ argv: ['rekey-test'], shell: true }, { builtins })).toMatchObject({
      outcome: 'failed',
      exitCode: 127,
    });
  });
});
