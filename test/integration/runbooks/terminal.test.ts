import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandBundle } from '../../../scripts/setup/project.mjs';
import { GuidedFixture, plainValues } from './guided-fixture.ts';
import { inTerminal, run, walker } from './in-terminal.ts';

describe('the guided run in a terminal', () => {
  let fixture: GuidedFixture;

  beforeAll(async () => {
    fixture = new GuidedFixture();
    await fixture.createVault();
  }, 60_000);
  afterAll(() => fixture.close());

  it('walks the planned runbook to its end with arrow keys, at 80 columns', async () => {
    const environmentId = await fixture.plain('shop');
    const { code, screen } = await inTerminal(fixture, 'xterm-256color', [
      'run',
      'planned',
      'shop',
      '--key',
      'JWT_SECRET_KEY',
      '--reason',
      'On schedule',
    ]);
    expect(screen).toContain('Choose the time window');
    expect(screen).toContain('PRODUCTION');
    // What a check found is told where the next step is.
    expect(screen).toMatch(/^Verify the event log:\n {2}\S/m);
    expect([code, screen.slice(-600)]).toEqual([0, expect.stringContaining('completed')]);
    expect(fixture.values(environmentId).JWT_SECRET_KEY).not.toBe(plainValues.JWT_SECRET_KEY);
    // Lines that were typed are drawn again for every character; commands to copy are never broken.
    const drawn = screen.split('\n').filter((line) => !line.includes('█') && !line.startsWith('    '));
    const tooLong = drawn.filter((line) => [...line].length > 80);
    expect(tooLong).toEqual([]);
  }, 300_000);

  it('walks the emergency runbook on a dumb terminal, without one escape sequence', async () => {
    const environmentId = await fixture.plain('dumb');
    const { code, screen, raw } = await inTerminal(fixture, 'dumb', [
      'run',
      'emergency',
      'dumb',
      '--key',
      'WEBHOOK_SIGNING_KEY',
      '--reason',
      'Leaked',
    ]);
    expect([code, screen.slice(-600)]).toEqual([0, expect.stringContaining('completed')]);
    expect(raw).not.toContain('\u001b');
    expect(fixture.values(environmentId).WEBHOOK_SIGNING_KEY).not.toBe(plainValues.WEBHOOK_SIGNING_KEY);
    for (const value of Object.values(fixture.values(environmentId))) {
      if (value && value.length > 20) expect(raw).not.toContain(value);
    }
  }, 300_000);

  it('pauses on Ctrl-C, says how to go on, and goes on there', async () => {
    const environmentId = await fixture.plain('paused');
    const args = ['run', 'planned', 'paused', '--key', 'JWT_SECRET_KEY', '--reason', 'On schedule'];
    const first = await inTerminal(fixture, 'xterm', args, 'Test the keychain');
    expect(first.code).toBe(4);
    const runId = /rekey run resume ([0-9a-f-]{36})/.exec(first.screen)?.[1] ?? '';
    expect(fixture.services.runs.get(runId)).toMatchObject({ state: 'paused', current_step_id: 'keychain' });
    const second = await inTerminal(fixture, 'dumb', ['run', 'resume', runId]);
    expect([second.code, second.screen.slice(-600)]).toEqual([0, expect.stringContaining('completed')]);
    expect(fixture.services.runs.get(runId).state).toMatch(/^completed/);
    expect(fixture.values(environmentId).JWT_SECRET_KEY).not.toBe(plainValues.JWT_SECRET_KEY);
  }, 300_000);

  it('replaces the signing keys without an environment, and shows what each step found', async () => {
    const { signer } = fixture.services;
    const before = await signer.ensure();
    const { code, screen } = await inTerminal(fixture, 'dumb', ['run', 'signing-keys', '--reason', 'Due']);
    expect([code, screen.slice(-600)]).toEqual([0, expect.stringContaining('completed')]);
    const after = signer.facts();
    expect(after?.reportFingerprint).not.toBe(before.reportFingerprint);
    // The person compares what the terminal shows; a step that is passed shows what came of it.
    for (const fingerprint of [before.reportFingerprint, after?.reportFingerprint]) {
      expect(screen).toContain(fingerprint);
    }
    expect(screen).toContain('What came of it:');
    expect(screen).toContain('fingerprints.txt');
  }, 300_000);

  it('goes straight to the practice environment with --practice, and everything there is a drill', async () => {
    // As `npm start -- --practice` does on a machine without a screen.
    const start = join(import.meta.dirname, '..', '..', '..', 'scripts', 'start.mjs');
    const data = join(fixture.folder, 'data');
    const argv = ['Test the keychain', process.execPath, start, '--practice', '--data-dir', data];
    const { code, screen } = await run('python3', [walker, ...argv], fixture, { TERM: 'xterm' });
    expect(screen).toContain('no display was found');
    expect([code, screen.slice(-600)]).toEqual([4, expect.stringContaining('rekey run resume')]);
    expect(screen).toContain('What do you want to practise?');
    for (const question of ['Which environment', 'Practise as a drill'])
      expect(screen).not.toContain(question);
    const runs = fixture.services.runs.list();
    expect(runs.find(({ environment }) => environment.name === 'Practice')).toMatchObject({
      drill: true,
      state: 'paused',
      runbook: 'planned',
    });
    await fixture.services.practice.stop();
  }, 120_000);

  it('refuses without a terminal, and says how to proceed', async () => {
    await fixture.plain('pipe');
    const { code, raw } = await run(
      process.execPath,
      [
        commandBundle,
        '--data-dir',
        join(fixture.folder, 'data'),
        'run',
        'planned',
        'pipe',
        '--key',
        'JWT_SECRET_KEY',
      ],
      fixture,
      {},
    );
    expect(code).toBe(2);
    expect(raw).toContain('rekey rotate');
    expect(fixture.services.runs.list().filter(({ environment }) => environment.name === 'pipe')).toEqual([]);
  }, 60_000);
});
