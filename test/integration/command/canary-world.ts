import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { registerCommands } from '#electron/cli/register-commands.ts';
import { CanaryScan } from '#test/support/canary-scan.ts';
import { plantEnvironmentValues } from '#test/support/environment-values.ts';
import { Outbound, type SearchResult } from '#test/support/outbound.ts';
import { runProcess } from '#test/support/run-process.ts';
import { plantSealedSecrets } from '#test/support/vault-contents.ts';
import { commandBundle } from '../../../scripts/setup/project.mjs';
import { type Answer, type CallOptions, RekeyWorld } from './rekey-command.ts';

const consumer = join(import.meta.dirname, '..', '..', 'support', 'telling-consumer.sh');
const terminal = join(import.meta.dirname, '..', 'runbooks', 'terminal_walk.py');

/** Where the test puts what it gives to the command; nothing in it was written by Rekey. */
const given = 'given';

export interface Called extends Answer {
  /** The answer with `--json`. */
  // biome-ignore lint/suspicious/noExplicitAny: each command has a document of its own, checked by other tests
  readonly document: any;
}

/**
 * A world in which every secret is planted, every output is kept, and every value that appears in an environment's
 * file is planted too. What a person gives to the command lies in `given/`.
 */
export class CanaryWorld {
  readonly world: RekeyWorld;
  readonly scan = new CanaryScan();
  readonly outbound = new Outbound();
  readonly #called = new Set<string>();
  readonly #passphrase: string;

  constructor() {
    this.world = new RekeyWorld({}, 'vault');
    mkdirSync(this.world.path(given));
    this.#passphrase = this.planted('passphrase of the vault');
    this.world.env.REKEY_PASSPHRASE_FILE = this.give('passphrase', `${this.#passphrase}\n`);
  }

  /** A fresh secret of `length` characters, planted under a name. */
  planted(name: string, length = 43): string {
    const value = randomBytes(length).toString('base64url').slice(0, length);
    this.scan.plant({ name, value });
    return value;
  }

  /** Writes a file that a person made; returns its path. */
  give(name: string, text: string): string {
    return this.world.file(join(given, name), text);
  }

  /** A command line for the consumer that tells all. It writes down what it was started with in a file of Rekey's side. */
  consumer(kind: string, file: string, exitCode = 0): string[] {
    return [consumer, kind, this.world.path(file), this.world.path('started-with.txt'), String(exitCode)];
  }

  /** `rekey COMMAND ARGS`, in words and again `--json` where it changes nothing; all that it prints is kept. */
  async read(command: string, args: readonly string[] = [], options: CallOptions = {}): Promise<Called> {
    await this.#call(command, args, options);
    return this.run(command, args, options);
  }

  /** `rekey COMMAND ARGS --json`; all that it prints is kept. */
  async run(command: string, args: readonly string[] = [], options: CallOptions = {}): Promise<Called> {
    const answer = await this.#call(command, [...args, '--json'], options);
    return { ...answer, document: JSON.parse(answer.stdout) };
  }

  /** A guided run on a real terminal that does not echo. What is typed and pasted is said in files of `given/`. */
  async walk(args: readonly string[], typed: { words: string; paste: string }): Promise<Answer> {
    const environment = {
      ...this.world.env,
      TERM: 'dumb',
      LANG: 'C.UTF-8',
      WALK_WORDS: this.give('words', typed.words),
      WALK_PASTE: this.give('paste', typed.paste),
    };
    const program = [terminal, '-', process.execPath, commandBundle, ...args];
    const answer = await runProcess('python3', program, { cwd: this.world.root, env: environment });
    this.#keep(args[0] === 'run' ? 'run' : args.join(' '), args, answer);
    return answer;
  }

  /** `rekey agent` until it serves, and all that it answers. */
  async agent(): Promise<void> {
    const child = spawn(process.execPath, [commandBundle, 'agent', '--listen', '127.0.0.1:0'], {
      env: this.world.env,
      cwd: this.world.root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr]: [string[], string[]] = [[], []];
    child.stdout.on('data', (chunk) => stdout.push(String(chunk)));
    child.stderr.on('data', (chunk) => stderr.push(String(chunk)));
    const ended = once(child, 'close');
    const address = () => /Serving (\S+)\/health/.exec(stderr.join(''))?.[1];
    while (address() === undefined && child.exitCode === null) await wait(50);
    for (const path of ['/health', '/metrics', '/elsewhere']) {
      const answer = await fetch(`${address()}${path}`);
      this.outbound.note(
        `rekey agent: ${path}`,
        `${JSON.stringify([...answer.headers])}\n${await answer.text()}`,
      );
    }
    child.kill('SIGTERM');
    const [code] = await ended;
    this.#keep('agent', [], { stdout: stdout.join(''), stderr: stderr.join(''), code });
  }

  /** Plants the wrapping key and all that is sealed under it, here and in the data folders of other installations. */
  async plantSealed(...others: readonly string[]): Promise<void> {
    for (const data of [this.world.data, ...others])
      await plantSealedSecrets(this.scan, data, this.#passphrase);
  }

  /** Commands that were never called: a new one must join the test. */
  async notCalled(): Promise<string[]> {
    const program = new Command('rekey');
    await registerCommands(program, async () => {}, null);
    return commandNames(program).filter((name) => !this.#called.has(name));
  }

  search(scan: CanaryScan = this.scan): SearchResult {
    return this.outbound.search(scan, [this.world.root], (path) => path === given);
  }

  startedWith(): string {
    return readFileSync(this.world.path('started-with.txt'), 'utf8');
  }

  async #call(command: string, args: readonly string[], options: CallOptions): Promise<Answer> {
    const answer = await this.world.call([...command.split(' '), ...args], options);
    this.#keep(command, args, answer);
    return answer;
  }

  #keep(command: string, args: readonly string[], { stdout, stderr, code }: Answer): void {
    this.#called.add(command);
    const where = `rekey ${command} (call ${this.outbound.size}, ${args.length} arguments, exit ${code})`;
    // What it prints is the fresh value, by its purpose; it must be nowhere else.
    if (command === 'generate') this.scan.plant({ name: 'a generated value', value: generated(stdout) });
    else this.outbound.note(`${where}: stdout`, stdout);
    this.outbound.note(`${where}: stderr`, stderr);
    plantEnvironmentValues(this.scan, this.world.root);
  }
}

function generated(stdout: string): string {
  return stdout.startsWith('{') ? (JSON.parse(stdout) as { value: string }).value : stdout.trim();
}

/** All that can be called: leaves, and groups that do something themselves. */
function commandNames(program: Command): string[] {
  return program.commands.flatMap((command) => {
    const below = commandNames(command).map((name) => `${command.name()} ${name}`);
    const acts = below.length === 0 || command.registeredArguments.length > 0 || command.options.length > 0;
    return acts ? [command.name(), ...below] : below;
  });
}
