import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectEnvironment } from '#electron/environments/connect.ts';
import type { Environment } from '#electron/environments/environment.ts';
import { fingerprintOf } from '#electron/services/practice/key-ring.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { type EnvironmentState, emptyKeyState } from '#shared/model/environment.ts';
import { Secret } from '#shared/model/secret.ts';
import { fresh, PracticeFixture } from './practice-fixture.ts';

let fixture: PracticeFixture;
let environment: Environment;

beforeEach(async () => {
  fixture = new PracticeFixture();
  await fixture.practice.start();
  environment = connectEnvironment(fixture.config, {
    clock: systemClock,
    builtins: fixture.practice.commands,
  });
});

afterEach(async () => {
  await fixture.practice.stop();
  await fixture.dispose();
});

async function apply(
  values: Record<string, Secret | null>,
  change: (state: EnvironmentState) => void,
): Promise<void> {
  const { state, revision } = await environment.read();
  if (state === null) throw new Error('the practice environment has no state');
  const after = structuredClone(state);
  change(after);
  const held = await environment.lock({ runId: 'test-run', operator: 'someone@example.org' });
  try {
    await environment.apply({ values: new Map(Object.entries(values)), pending: {}, after }, revision);
  } finally {
    await held.release();
  }
}

it('its connector reads it without a finding, and the state fits', async () => {
  const { state, findings, values } = await environment.read();
  expect(findings).toEqual([]);
  expect(state?.environmentId).toBe(fixture.config.id);
  expect(Object.fromEntries([...values].map(([name, value]) => [name, value.reveal()]))).toEqual(
    fixture.values(),
  );
});

it('a rotation through its connector: activate, restart, prove, re-encrypt, retire, refuse', async () => {
  const key = 'TOKEN_ENCRYPTION_KEY';
  const { state, values } = await environment.read();
  const old = values.get(key) ?? null;
  const next = new Secret(fresh(32));
  const fingerprint = fingerprintOf(next, Buffer.from(state?.fingerprintKey ?? '', 'hex'));
  const input = { key, old, new: next };

  await apply({ [key]: next, [`${key}_PREVIOUS`]: old }, (after) => {
    after.keys[key] = { ...emptyKeyState, fingerprint, version: 1 };
  });
  expect((await environment.health()).fingerprints[key]).not.toBe(fingerprint);
  expect(await environment.command('restart')).toMatchObject({ outcome: 'ok', exitCode: 0 });
  const health = await environment.health();
  expect(health).toMatchObject({ reachable: true, healthy: true, problem: null });
  expect(health.fingerprints[key]).toBe(fingerprint);
  expect(await environment.command('verify', { input })).toMatchObject({ outcome: 'ok' });

  const lines: string[] = [];
  const reencrypted = await environment.command('reencrypt', { input, onOutput: (line) => lines.push(line) });
  expect(reencrypted).toMatchObject({ outcome: 'ok', report: { total: 40, changed: 40, remaining_old: 0 } });
  expect(lines).toContain('40 of 40 rows');

  const before = await environment.command('verify-old-refused', { input });
  expect(before).toMatchObject({ outcome: 'failed', exitCode: 1 });
  expect(before.output).toContain('still accepted');
  await apply({ [`${key}_PREVIOUS`]: null }, () => {});
  expect(await environment.command('restart')).toMatchObject({ outcome: 'ok' });
  expect(await environment.command('verify-old-refused', { input })).toMatchObject({ outcome: 'ok' });
  expect(await environment.command('verify')).toMatchObject({ outcome: 'ok' });

  const all = [reencrypted.output, before.output, ...lines].join('\n');
  expect(all).not.toContain(next.reveal());
  expect(all).not.toContain(old?.reveal());
});

it('what it says about a next value is shown, not redacted', async () => {
  await apply({ JWT_SECRET_KEY_NEXT: new Secret(fresh(64)) }, () => {});
  await environment.command('restart');
  const accepted = await environment.command('accepts-next');
  expect(accepted).toMatchObject({
    outcome: 'ok',
    output: expect.stringContaining('JWT_SECRET_KEY_NEXT is accepted'),
  });
});

it('stop, a health that says so, and start', async () => {
  expect(await environment.command('stop')).toMatchObject({ outcome: 'ok' });
  expect(await environment.health()).toMatchObject({ reachable: false, healthy: false });
  const refused = await environment.command('verify');
  expect(refused).toMatchObject({ outcome: 'failed', exitCode: 1 });
  expect(await environment.command('start')).toMatchObject({ outcome: 'ok' });
  expect(await environment.health()).toMatchObject({ healthy: true });
});

it('without the built-in command nothing is started', async () => {
  const plain = connectEnvironment(fixture.config, { clock: systemClock });
  expect(await plain.command('restart')).toMatchObject({ outcome: 'not-started' });
});
