import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { commandBundle } from '../../../scripts/setup/project.mjs';
import type { GuidedFixture } from './guided-fixture.ts';

export const walker = join(import.meta.dirname, 'terminal_walk.py');

/** `rekey` in a real pseudo-terminal of 80 columns. */
export function inTerminal(
  fixture: GuidedFixture,
  term: string,
  args: readonly string[],
  stopAt = '-',
): Promise<{ code: number | null; screen: string; raw: string }> {
  const argv = [stopAt, process.execPath, commandBundle, '--data-dir', join(fixture.folder, 'data'), ...args];
  return run('python3', [walker, ...argv], fixture, { TERM: term });
}

/** A program as the person of the tests starts it. */
export function run(
  program: string,
  argv: readonly string[],
  fixture: GuidedFixture,
  more: Record<string, string>,
) {
  return new Promise<{ code: number | null; screen: string; raw: string }>((resolve, reject) => {
    const child = spawn(program, argv, {
      env: {
        PATH: process.env.PATH,
        HOME: fixture.folder,
        LANG: 'C.UTF-8',
        REKEY_OPERATOR: 'ada@example.org',
        REKEY_KEYCHAIN: 'vault',
        REKEY_PASSPHRASE_FILE: join(fixture.folder, 'passphrase'),
        REKEY_SSH_CONFIG: process.env.REKEY_SSH_CONFIG,
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let raw = '';
    child.stdout.on('data', (chunk: Buffer) => {
      raw += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      raw += chunk.toString('utf8');
    });
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code, raw, screen: stripVTControlCharacters(raw).replaceAll('\r', '') }),
    );
  });
}
