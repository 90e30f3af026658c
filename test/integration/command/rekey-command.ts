import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { commandBundle } from '../../../scripts/setup/project.mjs';
import { schemaProblems } from './printed-schemas.ts';

/** What one call of the built command left behind. */
export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The answer of a call with `--json`: exactly one document, which fits the schema that `rekey schema` prints. */
export interface JsonAnswer<T = Record<string, never>> extends Answer {
  readonly document: T;
}

export interface CallOptions {
  input?: string;
  cwd?: string;
  /** Added to the environment; null takes a variable away. */
  env?: Readonly<Record<string, string | null>>;
}

/**
 * A data folder of its own with a keychain, an operator, and a folder for `.env` files. Every call starts the built
 * command as a process, as a user would, with nothing of this machine's own Rekey in reach.
 */
export class RekeyWorld {
  readonly root = mkdtempSync(join(tmpdir(), 'rekey-command-'));
  readonly data = join(this.root, 'data');
  readonly env: Record<string, string>;

  /** @param keychain - the keyring of all tests, or a passphrase vault of this world's own */
  constructor(env: Readonly<Record<string, string>> = {}, keychain: 'keyring' | 'vault' = 'keyring') {
    mkdirSync(join(this.root, 'home'), { mode: 0o700 });
    this.env = {
      PATH: process.env.PATH ?? '',
      HOME: join(this.root, 'home'),
      REKEY_DATA_DIR: this.data,
      REKEY_OPERATOR: 'ada@example.org',
      ...(keychain === 'keyring'
        ? { REKEY_KEYCHAIN: 'os', ...inject('keyring') }
        : {
            REKEY_KEYCHAIN: 'vault',
            REKEY_PASSPHRASE_FILE: this.file('passphrase', 'correct horse battery staple\n'),
          }),
      ...env,
    };
  }

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  /** Writes a private file below the root and returns its path. */
  file(name: string, text: string): string {
    const path = this.path(name);
    writeFileSync(path, text, { mode: 0o600 });
    chmodSync(path, 0o600);
    return path;
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** `rekey ARGS`. */
  call(args: readonly string[], options: CallOptions = {}): Promise<Answer> {
    const env: Record<string, string> = { ...this.env };
    for (const [name, value] of Object.entries(options.env ?? {})) {
      if (value === null) delete env[name];
      else env[name] = value;
    }
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [commandBundle, ...args], {
        cwd: options.cwd ?? this.root,
        env,
        timeout: 60_000,
        stdio: 'pipe',
      });
      const texts = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (chunk) => {
        texts.stdout += chunk;
      });
      child.stderr.setEncoding('utf8').on('data', (chunk) => {
        texts.stderr += chunk;
      });
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, ...texts }));
      // A command that does not read its input may have ended before it gets it.
      child.stdin.on('error', () => {});
      child.stdin.end(options.input ?? '');
    });
  }

  /** `rekey ARGS --json`; fails unless stdout is one document that fits the printed schema of `command`, or an error. */
  async json<T = Record<string, never>>(
    command: string,
    args: readonly string[],
    options: CallOptions = {},
  ): Promise<JsonAnswer<T>> {
    const answer = await this.call([...command.split(' '), ...args, '--json'], options);
    let document: T & { error?: unknown };
    try {
      document = JSON.parse(answer.stdout);
    } catch (cause) {
      throw new Error(
        `rekey ${command} ${args.join(' ')}: stdout is not one JSON document (exit ${answer.code}).\n${answer.stdout}\n${answer.stderr}`,
        { cause },
      );
    }
    const problems = await schemaProblems(this, document.error === undefined ? command : 'error', document);
    if (problems !== null) {
      throw new Error(`rekey ${command}: the answer does not fit its printed schema: ${problems}`);
    }
    return { ...answer, document };
  }

  /** `env add` of a file with these lines; returns its path below the root. */
  async add(
    name: string,
    lines: Readonly<Record<string, string>>,
    options: { stage?: string; args?: readonly string[] } = {},
  ): Promise<string> {
    const file = `${name}.env`;
    const text = Object.entries(lines).map(([key, value]) => `${key}=${value}\n`);
    this.file(file, `# settings of ${name}\n${text.join('')}`);
    const added = await this.call([
      'env',
      'add',
      '--name',
      name,
      '--stage',
      options.stage ?? 'staging',
      '--file',
      file,
      ...(options.args ?? []),
    ]);
    if (added.code !== 0) throw new Error(added.stderr);
    return file;
  }

  /** `env set` with a patch. */
  async set(name: string, patch: unknown): Promise<void> {
    const done = await this.call(['env', 'set', name], { input: JSON.stringify(patch) });
    if (done.code !== 0) throw new Error(done.stderr);
  }

  /** The value of a variable in a file of plain `NAME=value` lines, or null. */
  valueOf(file: string, name: string): string | null {
    return new RegExp(`^${name}=(.*)$`, 'm').exec(this.read(file))?.[1] ?? null;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Strong values that look like no real key. */
export const strong = {
  jwt: 'rOvq7Wm2-Kd0xTfYb8Zs_4LhGn6Pc1EaUj9RiXeQtBw3NyMzAoVkDgSlHpCuF5Iq',
  token: 'u7Qx-2Zk9Rf_4Tb6Wm1Yc8Ns5Ld0Vg3J',
  webhook: 'hP4_sN8zT1-qG6wB3xK9dF0mV7rC2yLjEaUo5iXtQvZ',
  other: 'Jt5-yB2kM8_wQ4zH7cX1nD9fR6gL3sPvKuEaWo0iTqY',
} as const;

export const repository = fileURLToPath(new URL('../../..', import.meta.url));
