import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { EnvironmentConfig, EnvironmentState } from '#shared/model/environment.ts';
import { fresh, PracticeFixture } from './practice-fixture.ts';

let fixture: PracticeFixture;

beforeEach(() => {
  fixture = new PracticeFixture();
});

afterEach(async () => {
  await fixture.practice.stop();
  await fixture.dispose();
});

describe('a new practice environment', () => {
  it('is registered, valid, and its service answers', async () => {
    expect(await fixture.practice.status()).toBeNull();
    const status = await fixture.practice.start();
    expect(status.running).toBe(true);
    expect(status.url).toBe(`http://127.0.0.1:${fixture.address.port}/health`);
    expect(EnvironmentConfig.parse(fixture.config)).toMatchObject({
      id: status.environmentId,
      name: 'Practice',
      stage: 'development',
      practice: true,
      connector: { kind: 'dotenv-file', path: join(fixture.folder, '.env') },
    });
    expect(fixture.events).toEqual(['environment added', 'practice started']);
    expect((await fixture.health()).status).toBe('ok');
  });

  it('has a state file that fits its values, with one key unrecorded', async () => {
    const { environmentId } = await fixture.practice.start();
    const state = EnvironmentState.parse(JSON.parse(readFileSync(fixture.files.state, 'utf8')));
    expect(state.environmentId).toBe(environmentId);
    expect(Object.keys(state.keys).sort()).toEqual([
      'API_SIGNING_KEY',
      'JWT_SECRET_KEY',
      'TOKEN_ENCRYPTION_KEY',
      'WEBHOOK_SIGNING_KEY',
    ]);
    const reported = (await fixture.health()).key_rotation.keys;
    for (const [key, { fingerprint }] of Object.entries(state.keys)) {
      const value = fixture.values()[key] ?? '';
      const computed = createHmac('sha256', Buffer.from(state.fingerprintKey, 'hex'))
        .update(value)
        .digest('hex');
      expect(fingerprint).toBe(computed.slice(0, 16));
      expect(reported[key]?.fingerprint).toBe(fingerprint);
    }
  });

  it.skipIf(process.platform === 'win32')('keeps its files to their owner', async () => {
    await fixture.practice.start();
    const { environment, state, records, service } = fixture.files;
    for (const file of [environment, state, records, service])
      expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('makes new values each time', async () => {
    await fixture.practice.start();
    const other = new PracticeFixture();
    try {
      await other.practice.start();
      for (const key of ['TOKEN_ENCRYPTION_KEY', 'JWT_SECRET_KEY', 'ENCRYPTION_KEY', 'API_SIGNING_KEY']) {
        expect(fixture.values()[key]).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{31,63}$/);
        expect(fixture.values()[key]).not.toBe(other.values()[key]);
      }
    } finally {
      await other.practice.stop();
      await other.dispose();
    }
  });

  it('leaves the name to an environment that has it', async () => {
    fixture.environments.add(
      EnvironmentConfig.parse({
        id: '6c0ff2c4-3a53-4f2a-9f8d-1b7a4d0a2c11',
        name: 'practice',
        stage: 'production',
        connector: { kind: 'dotenv-file', path: '/nowhere/.env' },
      }),
    );
    await fixture.practice.start();
    expect(fixture.config.name).toBe('Practice 2');
    expect(fixture.environments.list()).toHaveLength(2);
  });
});

describe('rotating', () => {
  beforeEach(async () => {
    await fixture.practice.start();
  });

  it.each([
    ['JWT_SECRET_KEY', '/tokens'],
    ['WEBHOOK_SIGNING_KEY', '/webhooks'],
    ['API_SIGNING_KEY', '/requests'],
  ])('%s: next is accepted first, then previous, then neither', async (key, path) => {
    const old = fixture.values()[key] ?? '';
    const next = fresh(64);
    const signed = async () =>
      ((await fixture.ask('POST', path, { text: 'someone' })).body as { message: string }).message;
    const verdict = async (message: string) => fixture.ask('POST', `${path}/verify`, { message });
    const byOld = await signed();
    expect(await verdict(byOld)).toMatchObject({ status: 200, body: { slot: 'primary', text: 'someone' } });

    fixture.edit({ [`${key}_NEXT`]: next });
    const early = await fixture.command('accepts-next', { key, old, new: next });
    expect(early).toMatchObject({ code: 1 });
    expect(early.stdout.join()).toContain('refused');
    expect((await fixture.command('restart')).code).toBe(0);
    expect((await fixture.command('accepts-next')).stdout).toEqual([`${key}_NEXT is accepted`]);
    expect((await fixture.health()).key_rotation.keys[key]?.next_fingerprint).toMatch(/^[0-9a-f]{16}$/);

    fixture.edit({ [`${key}_NEXT`]: null, [`${key}_PREVIOUS`]: old, [key]: next });
    await fixture.command('restart');
    expect(await verdict(byOld)).toMatchObject({ status: 200, body: { slot: 'previous' } });
    const byNew = await signed();
    expect(await fixture.command('verify-old-refused', { key, old, new: next })).toMatchObject({ code: 1 });

    fixture.edit({ [`${key}_PREVIOUS`]: null });
    await fixture.command('restart');
    expect((await verdict(byOld)).status).toBe(401);
    expect(await verdict(byNew)).toMatchObject({ status: 200, body: { slot: 'primary' } });
    expect(await fixture.command('verify-old-refused', { key, old, new: next })).toMatchObject({ code: 0 });
    expect(await fixture.command('verify')).toMatchObject({ code: 0 });
  });

  it('TOKEN_ENCRYPTION_KEY: rows survive, and the old value opens none in the end', async () => {
    const key = 'TOKEN_ENCRYPTION_KEY';
    const old = fixture.values()[key] ?? '';
    const next = fresh(32);
    const rows = async () =>
      (
        (await fixture.ask('GET', '/records')).body as {
          records: { id: string; key: string; slot: string | null }[];
        }
      ).records;
    const texts = async () => {
      const all = (await rows()).filter((row) => row.key === key);
      const replies = await Promise.all(all.map(({ id }) => fixture.ask('GET', `/records/${id}`)));
      return replies.map(({ body }) => (body as { text: string }).text);
    };
    const before = await texts();
    expect(before.length).toBeGreaterThan(10);

    fixture.edit({ [`${key}_PREVIOUS`]: old, [key]: next });
    await fixture.command('restart');
    expect((await rows()).filter((row) => row.key === key).every((row) => row.slot === 'previous')).toBe(
      true,
    );
    await fixture.ask('POST', '/records', { key, text: 'written under the new value' });

    const reencrypted = await fixture.command('reencrypt', { key, old, new: next });
    expect(reencrypted.code).toBe(0);
    expect(JSON.parse(reencrypted.stdout.at(-1) ?? '')).toEqual({
      total: before.length + 1,
      changed: before.length,
      remaining_old: 0,
    });
    const again = await fixture.command('reencrypt', { key, old, new: next });
    expect(JSON.parse(again.stdout.at(-1) ?? '')).toMatchObject({ changed: 0, remaining_old: 0 });
    expect(await texts()).toEqual([...before, 'written under the new value']);

    expect(await fixture.command('verify-old-refused', { key, old, new: next })).toMatchObject({ code: 1 });
    fixture.edit({ [`${key}_PREVIOUS`]: null });
    await fixture.command('restart');
    expect(await fixture.command('verify-old-refused', { key, old, new: next })).toMatchObject({ code: 0 });
    expect(await fixture.command('verify')).toMatchObject({ code: 0 });
    expect(await texts()).toEqual([...before, 'written under the new value']);
  });

  it('ENCRYPTION_KEY with one slot: stopped, encrypted again, started', async () => {
    const key = 'ENCRYPTION_KEY';
    const old = fixture.values()[key] ?? '';
    const next = fresh(32);
    expect((await fixture.command('stop')).code).toBe(0);
    await expect(fixture.ask('GET', '/health')).rejects.toThrow();
    expect((await fixture.practice.status())?.running).toBe(false);
    expect(await fixture.command('verify')).toMatchObject({
      code: 1,
      stderr: ['The practice service is stopped.'],
    });
    fixture.edit({ [key]: next });
    expect(await fixture.command('reencrypt', { key, old, new: next })).toMatchObject({ code: 0 });
    expect((await fixture.command('start')).code).toBe(0);
    expect(await fixture.command('verify')).toMatchObject({ code: 0 });
    expect((await fixture.health()).status).toBe('ok');
    // And back, as a rollback does.
    expect(await fixture.command('reencrypt', { key, old: next, new: old })).toMatchObject({ code: 0 });
    fixture.edit({ [key]: old });
    await fixture.command('restart');
    expect(await fixture.command('verify')).toMatchObject({ code: 0 });
  });

  it('shows what was forgotten: rows that nobody can read', async () => {
    fixture.edit({ ENCRYPTION_KEY: fresh(32) });
    await fixture.command('restart');
    const health = await fixture.health();
    expect(health.status).toBe('degraded');
    expect(health.records.unreadable).toBeGreaterThan(0);
    expect(await fixture.command('verify')).toMatchObject({ code: 1 });
    const wrong = await fixture.command('reencrypt', {
      key: 'ENCRYPTION_KEY',
      old: fresh(32),
      new: fresh(32),
    });
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.stdout.at(-1) ?? '').remaining_old).toBe(health.records.unreadable);
  });

  it('says why it does not start, and starts when that is repaired', async () => {
    const old = fixture.values().ENCRYPTION_KEY ?? '';
    fixture.edit({ ENCRYPTION_KEY: 'too-short' });
    const refused = await fixture.command('restart');
    expect(refused.code).toBe(1);
    expect(refused.stderr.join()).toContain('ENCRYPTION_KEY must be exactly 32 bytes');
    expect(refused.stderr.join()).not.toContain('too-short');
    fixture.edit({ ENCRYPTION_KEY: null });
    expect((await fixture.command('start')).stderr.join()).toContain('ENCRYPTION_KEY is not set');
    fixture.edit({ ENCRYPTION_KEY: old });
    expect((await fixture.command('start')).code).toBe(0);
  });

  it('refuses commands that it cannot carry out', async () => {
    expect(await fixture.command('reencrypt')).toMatchObject({ code: 1 });
    expect(
      await fixture.command('verify-old-refused', { key: 'NO_SUCH_KEY', old: 'x', new: 'y' }),
    ).toMatchObject({
      code: 1,
      stderr: ['The practice service uses no such key.'],
    });
    expect(await fixture.command('accepts-next')).toMatchObject({ code: 1 });
    const command = fixture.practice.commands.get('rekey-practice');
    const call = { input: null, stdout: () => {}, stderr: () => {}, signal: new AbortController().signal };
    expect(await command?.run(['rm'], call)).toBe(2);
    expect(await command?.run(['restart', '--all'], call)).toBe(2);
  });
});

describe('reset', () => {
  it('restores everything while the service runs', async () => {
    const { environmentId } = await fixture.practice.start();
    const { pid } = fixture.address;
    const before = fixture.values();
    fixture.edit({ JWT_SECRET_KEY: null });
    writeFileSync(fixture.files.records, 'damaged');
    expect((await fixture.ask('GET', '/health')).status).toBe(503);
    const status = await fixture.practice.reset();
    expect(status).toMatchObject({ running: true });
    expect(status.environmentId).not.toBe(environmentId);
    expect(fixture.environments.list().map((config) => config.id)).toEqual([status.environmentId]);
    expect(fixture.forgotten).toEqual([environmentId]);
    expect(fixture.address.pid).not.toBe(pid);
    expect(fixture.values().TOKEN_ENCRYPTION_KEY).not.toBe(before.TOKEN_ENCRYPTION_KEY);
    expect(await fixture.command('verify')).toMatchObject({ code: 0 });
    expect(fixture.events).toEqual([
      'environment added',
      'practice started',
      'environment removed',
      'environment added',
      'practice reset',
      'practice started',
    ]);
  });

  it('is refused while a run is changing the file', async () => {
    const { environmentId } = await fixture.practice.start();
    const lock = {
      ...ownIdentity(),
      runId: 'a-run',
      operator: 'someone@example.org',
      at: '2026-01-01T00:00:00.000Z',
    };
    writeFileSync(fixture.files.lock, JSON.stringify(lock));
    const before = fixture.values();
    await expect(fixture.practice.reset()).rejects.toMatchObject({ code: 'environment-locked' });
    expect(fixture.values()).toEqual(before);
    expect(fixture.config.id).toBe(environmentId);
    // A lock whose owner is gone does not hold it up.
    writeFileSync(fixture.files.lock, JSON.stringify({ ...lock, pid: 2 ** 22 + 1 }));
    expect((await fixture.practice.reset()).running).toBe(true);
    expect(existsSync(fixture.files.lock)).toBe(false);
  });

  it('two resets at once leave one environment that works', async () => {
    await fixture.practice.start();
    const other = new PracticeFixture('with-launcher', fixture);
    await Promise.all([fixture.practice.reset(), other.practice.reset()]);
    expect(fixture.environments.list()).toHaveLength(1);
    expect((await fixture.practice.status())?.running).toBe(true);
    expect(await fixture.command('verify')).toMatchObject({ code: 0 });
    await other.practice.stop();
  });
});
