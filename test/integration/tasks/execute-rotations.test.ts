import { describe, expect, it } from 'vitest';
import type { KeyRuleOverride } from '#shared/model/key.ts';
import { consumerEnvironmentId as id } from '#test/crash/consumer-environment.ts';
import { always, automaticWorlds, day } from './automatic-world.ts';

const newWorld = automaticWorlds();

const messages = (more: KeyRuleOverride = {}): { API_SIGNING_KEY: KeyRuleOverride } => ({
  API_SIGNING_KEY: { protects: 'messages', slots: 'previous', soak: '1h', automatic: true, ...more },
});
const withoutCheck = ['restart', 'verify'] as const;

describe('what goes to its end without a person', () => {
  it('a signing key: rotated in the system’s name, soaked, and retired by a later execution', async () => {
    const world = await newWorld({ keys: messages() });
    const before = world.variables().get('API_SIGNING_KEY');
    const first = await world.execute();
    expect(first.runs).toMatchObject([{ keys: ['API_SIGNING_KEY'], outcome: 'soaking' }]);
    expect(world.variables().get('API_SIGNING_KEY')).not.toBe(before);
    expect(world.variables().get('API_SIGNING_KEY_PREVIOUS')).toBe(before);
    expect((await world.execute()).runs).toEqual([]);

    world.clock.offset += 3_700_000;
    const second = await world.execute();
    expect(second.runs).toMatchObject([{ run_id: first.runs[0]?.run_id, outcome: 'completed' }]);
    expect(world.variables().has('API_SIGNING_KEY_PREVIOUS')).toBe(false);
    expect((await world.execute()).runs).toEqual([]);
  });

  it('is begun by the schedule, after the rotation check, in the name of the system', async () => {
    const world = await newWorld({ keys: messages({ soak: '0s' }) });
    expect(await world.look()).toEqual([
      'health-check',
      'rotation-check',
      'execute-rotations',
      'compliance-report',
    ]);
    expect(await world.look()).toEqual([]);
    const { log } = world.services;
    const rotation = [...log.scan()].filter(({ run_id }) => run_id !== null);
    expect(rotation.length).toBeGreaterThan(10);
    expect(new Set(rotation.map(({ user_id, user_id_source }) => `${user_id} ${user_id_source}`))).toEqual(
      new Set(['system system']),
    );
    expect(rotation.at(-1)).toMatchObject({ event_type: 'run', action: 'completed' });
    expect(rotation.find(({ action }) => action === 'rotated')).toMatchObject({
      reason: 'scheduled_rotation',
      user_id: 'system',
      compliance_status: 'compliant',
    });
  });
});

describe('what waits for a person', () => {
  it('the old value, without a check that it is refused', async () => {
    const world = await newWorld({ keys: messages({ soak: '0s' }), commands: withoutCheck });
    const { runs } = await world.execute();
    expect(runs).toMatchObject([{ outcome: 'waits', waits_for: 'operator' }]);
    expect(world.variables().has('API_SIGNING_KEY_PREVIOUS')).toBe(true);
    // It is not asked again and again; and nothing stands still because of it.
    expect(await world.execute()).toMatchObject({ runs: [], environments: [{ id }] });
    const run = await world.services.direct.resume(runs[0]?.run_id ?? '');
    expect(run.state).toBe('completed');
    expect(world.variables().has('API_SIGNING_KEY_PREVIOUS')).toBe(false);
  });

  it('a new value that nothing proves to be in use', async () => {
    const world = await newWorld({
      keys: messages({ soak: '0s' }),
      commands: ['restart', 'verify-old-refused'],
    });
    expect((await world.execute()).runs).toMatchObject([{ outcome: 'waits', waits_for: 'attestation' }]);
    expect(world.variables().has('API_SIGNING_KEY_PREVIOUS')).toBe(true);
  });

  it('data: re-encrypted, and the old value kept', async () => {
    const world = await newWorld({
      keys: { ENCRYPTION_KEY: { protects: 'data', slots: 'previous', automatic: true } },
    });
    const { runs } = await world.execute();
    expect(runs).toMatchObject([{ outcome: 'waits', waits_for: 'operator' }]);
    expect(world.services.runs.get(runs[0]?.run_id ?? '').rotations).toMatchObject([
      { state: 're-encrypted', reencryption: { remaining_old: 0 } },
    ]);
    expect(world.variables().has('ENCRYPTION_KEY_PREVIOUS')).toBe(true);
  });

  it('keys that hold up no others: those that a person retires have a run of their own', async () => {
    const world = await newWorld({
      keys: {
        ...messages({ soak: '0s' }),
        ENCRYPTION_KEY: { protects: 'data', slots: 'previous', automatic: true },
      },
    });
    expect((await world.execute()).runs).toMatchObject([
      { keys: ['API_SIGNING_KEY'], outcome: 'completed' },
      { keys: ['ENCRYPTION_KEY'], outcome: 'waits' },
    ]);
  });
});

describe('what is left alone', () => {
  it('keys that are not switched on, and those of which only a person can answer for the rotation', async () => {
    const world = await newWorld({
      keys: {
        API_SIGNING_KEY: { protects: 'messages', slots: 'previous' },
        JWT_SECRET_KEY: { protects: 'messages', issuer: 'supplied', automatic: true },
        ENCRYPTION_KEY: { protects: 'data', slots: 'one', automatic: true },
        WEBHOOK_SIGNING_KEY: { protects: 'messages', automatic: true },
      },
    });
    await world.services.environments.markCompromised(id, 'WEBHOOK_SIGNING_KEY', 'Seen in a chat.');
    const { runs, left } = await world.execute();
    expect(runs).toEqual([]);
    expect(left.map(({ key, why }) => `${key}: ${why}`).sort()).toEqual([
      'ENCRYPTION_KEY: It protects data, and its consumer reads one value only: a person answers for the outage.',
      'JWT_SECRET_KEY: Its values are issued by someone else: a person supplies them.',
      'WEBHOOK_SIGNING_KEY: It is compromised: a person looks at that first.',
    ]);
  });

  it('an environment without windows, or outside of them; its time comes', async () => {
    const none = await newWorld({ keys: messages({ soak: '0s' }), windows: [] });
    expect((await none.execute()).left[0]?.why).toMatch(/no rotation window/);

    const world = await newWorld({ keys: messages({ soak: '0s' }) });
    const now = world.clock.now();
    const hours = String((now.getUTCHours() + 2) % 24).padStart(2, '0');
    const later = { ...always, from: `${hours}:00`, to: `${hours}:59` };
    world.services.environments.update(id, { windows: [later] });
    expect(await world.look()).not.toContain('execute-rotations');
    expect((await world.execute()).left[0]?.why).toMatch(/outside its rotation windows/);
    world.clock.offset += 2 * 3_600_000 - now.getUTCMinutes() * 60_000 + 60_000;
    expect(await world.look()).toContain('execute-rotations');
    expect(world.variables().has('API_SIGNING_KEY_PREVIOUS')).toBe(false);
    expect((await world.execute()).left).toEqual([]);
  });

  it('more keys than are asked for', async () => {
    const world = await newWorld({
      keys: { ...messages({ soak: '0s' }), JWT_SECRET_KEY: { protects: 'messages', automatic: true } },
    });
    const { runs, left } = await world.execute(1);
    expect(runs).toHaveLength(1);
    expect(left).toMatchObject([{ why: 'No more than 1 are begun in one execution.' }]);
    expect((await world.execute(1)).runs).toMatchObject([{ outcome: 'completed' }]);
  });
});

describe('a failure', () => {
  it('halts its environment until a person says that it may go on', async () => {
    const world = await newWorld({ keys: messages({ soak: '0s' }) });
    world.tell('fail-restart');
    const { runs } = await world.execute();
    expect(runs).toMatchObject([{ outcome: 'failed' }]);
    expect(runs[0]?.why).toMatch(/restart command ended with exit code 1/);
    expect(world.services.automaticHalts.of(id)).toMatchObject({ run_id: runs[0]?.run_id });
    world.tell('fail-restart', false);
    expect((await world.execute()).left[0]?.why).toMatch(/^It stands still since/);

    await world.services.direct.resume(runs[0]?.run_id ?? '');
    await world.services.automaticHalts.resume(
      { id, name: 'Crash test', stage: 'staging' },
      'The unit file was mended.',
    );
    expect(world.services.automaticHalts.of(id)).toBeNull();
    world.clock.offset += 400 * day;
    expect((await world.execute()).runs).toMatchObject([{ outcome: 'completed' }]);
  });

  it('of the check that the old value is refused blocks the run: nothing is tried again', async () => {
    const world = await newWorld({ keys: messages({ soak: '0s' }) });
    world.tell('fail-verify-old-refused');
    const { runs } = await world.execute();
    expect(runs).toMatchObject([{ outcome: 'failed', waits_for: 'decision' }]);
    expect(runs[0]?.why).toMatch(/^The old value is removed\. The verify-old-refused command/);
    expect(world.services.runs.get(runs[0]?.run_id ?? '').state).toBe('blocked');
    world.tell('fail-verify-old-refused', false);
    expect((await world.services.direct.resume(runs[0]?.run_id ?? '')).state).toBe('completed');
  });

  it('is not that somebody else works there', async () => {
    const world = await newWorld({ keys: messages() });
    const environment = world.services.environments.open(id);
    const lock = await environment.lock({
      runId: '0190bbbb-0000-7000-8000-000000000001',
      operator: 'eve@example.org',
    });
    const { runs, left } = await world.execute();
    await lock.release();
    expect(runs).toEqual([]);
    expect(left[0]?.why).toMatch(/^It is locked by eve@example\.org on /);
    expect(world.services.automaticHalts.of(id)).toBeNull();
  });
});

it('stops between two effects when it is told to, and goes on with the same run', async () => {
  const world = await newWorld({ keys: messages({ soak: '0s' }) });
  const stopping = new AbortController();
  world.services.log.onAppend(({ action }) => {
    if (action === 'activate-intended') stopping.abort();
  });
  const run = world.services.tasks.run('execute-rotations', { signal: stopping.signal });
  await expect(run).rejects.toThrow();
  const [open] = world.services.runs.openRuns(id);
  expect(open).toMatchObject({ state: 'running', automatic: true, rotations: [{ state: 'activated' }] });
  expect((await world.execute()).runs).toMatchObject([{ run_id: open?.run_id, outcome: 'completed' }]);
});
