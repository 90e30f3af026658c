import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

const start = join(import.meta.dirname, '..', '..', '..', 'scripts', 'start.mjs');

/** `npm start` on a machine without a screen, its input and output not a terminal. */
function startHere(data: string, args: readonly string[], environment: Record<string, string> = {}) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [start, '--data-dir', data, ...args], {
      env: { PATH: process.env.PATH, HOME: data, REKEY_OPERATOR: 'ada@example.org', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('npm start without a screen and without a terminal', () => {
  it('says so, shows the status, and how to go on', async () => {
    const data = join(temporaryFolder(), 'data');
    const { code, stdout, stderr } = await startHere(data, []);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/no environment/i)]);
    expect(stderr).toContain('no display was found, so no window can open. Continuing in the terminal.');
    expect(stderr).toContain('npm run --silent rekey -- env add --name NAME');
  });

  it('a DISPLAY that nobody answers at is none', async () => {
    const { code, stderr } = await startHere(join(temporaryFolder(), 'data'), [], { DISPLAY: ':4711' });
    expect(code).toBe(0);
    expect(stderr).toContain('no display was found');
  });

  it('with --practice starts the practice environment', async () => {
    const data = join(temporaryFolder(), 'data');
    const { code, stdout } = await startHere(data, ['--practice']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('The practice environment runs.')]);
    const service = JSON.parse(readFileSync(join(data, 'practice', 'service.json'), 'utf8'));
    // It outlives the command on purpose; nothing else would end it.
    onTestFinished(() => void process.kill(service.pid, 'SIGTERM'));
    expect((await fetch(`http://127.0.0.1:${service.port}/health`)).status).toBe(200);
  });
});
