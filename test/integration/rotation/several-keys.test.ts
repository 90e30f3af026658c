import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { Secret } from '#shared/model/secret.ts';
import { consumerEnvironmentId, rowsOf } from '#test/crash/consumer-environment.ts';
import { rotationWorlds } from './world-fixture.ts';

const newWorld = rotationWorlds();

const five = {
  TOKEN_ENCRYPTION_KEY: { slots: 'previous' },
  JWT_SECRET_KEY: { slots: 'next+previous', soak: '0s' },
  WEBHOOK_SIGNING_KEY: { slots: 'one' },
  ENCRYPTION_KEY: { slots: 'one' },
  API_SIGNING_KEY: { slots: 'previous', soak: '0s' },
} as const;
const names = Object.keys(five);

describe('several keys in one run', () => {
  it('signing keys are written before encryption keys, with as few restarts as can be', async () => {
    const world = newWorld({ keys: five });
    const run = await world.direct.rotate(world.request(names));
    expect(run.state).toBe('completed');
    expect(run.rotations.map(({ state }) => state)).toEqual(Array(5).fill('closed'));
    expect([...world.variables().keys()].sort()).toEqual([...names, 'PORT'].sort());
    const actions = world.actions();
    const lastSigning = actions.lastIndexOf('API_SIGNING_KEY activate-done');
    expect(actions.indexOf('TOKEN_ENCRYPTION_KEY activate-intended')).toBeGreaterThan(lastSigning);
    expect(actions.indexOf('ENCRYPTION_KEY activate-intended')).toBeGreaterThan(lastSigning);
    // The start after the re-encryption is the restart of all others too.
    const groups = groupsOf(actions, /(restart|start)-intended/);
    expect(groups).toHaveLength(3);
    for (const row of rowsOf(world.root)) expect(row.value).toBe(world.variables().get(row.key));
  });

  it('a key that blocks does not hold up the others, unless the service stands still for it', async () => {
    const world = newWorld({
      keys: { API_SIGNING_KEY: { slots: 'one' }, TOKEN_ENCRYPTION_KEY: { slots: 'previous' } },
    });
    world.tell('kill-reencrypt');
    const run = await world.direct.rotate(world.request(['API_SIGNING_KEY', 'TOKEN_ENCRYPTION_KEY']));
    expect(run.state).toBe('blocked');
    const states = run.rotations.map(({ key, state }) => `${key} ${state}`);
    expect(states).toEqual(['API_SIGNING_KEY closed', 'TOKEN_ENCRYPTION_KEY blocked']);

    const other = newWorld({ keys: { API_SIGNING_KEY: { slots: 'one' }, ENCRYPTION_KEY: { slots: 'one' } } });
    other.tell('kill-reencrypt');
    const still = await other.direct.rotate(other.request(['API_SIGNING_KEY', 'ENCRYPTION_KEY']));
    expect(still.state).toBe('blocked');
    expect(still.rotations[0]).toMatchObject({ key: 'API_SIGNING_KEY', state: 'activated' });
    expect(other.actions()).not.toContain('API_SIGNING_KEY restart-intended');
    other.tell('kill-reencrypt', false);
    expect((await other.direct.resume(still.run_id)).state).toBe('completed');
    expect(other.running()).toEqual(other.variables());
  });

  it('begins the keys that an interrupted start left out', async () => {
    const world = newWorld({ keys: five });
    const [first, ...rest] = names;
    world.log.append({
      event_type: 'run',
      action: 'started',
      reason: 'test',
      run_id: 'run-1',
      environment: { id: consumerEnvironmentId, name: 'Crash test', stage: 'staging' },
      data: {
        runbook: 'rotate',
        title: 'Rotation',
        mode: 'planned',
        dry_run: false,
        keys: names,
        runbook_sha256: null,
        runbook_version: null,
      },
    });
    await world.engine.begin('run-1', { ...world.request([first ?? '']), keys: [first ?? ''] });
    const run = await world.direct.resume('run-1');
    expect(run.state).toBe('completed');
    expect(run.rotations).toHaveLength(rest.length + 1);
  });
});

describe('two at once', () => {
  it('another run’s lock stops a rotation before anything changed, and unlocking lets it go on', async () => {
    const world = newWorld({ keys: five });
    const before = world.variables();
    const environment = world.dependencies.environments.open(consumerEnvironmentId);
    const held = await environment.lock({ runId: 'other-run', operator: 'bob@example.org' });
    const reopened = world.reopen();
    await expect(reopened.direct.rotate(reopened.request(['API_SIGNING_KEY']))).rejects.toMatchObject({
      code: 'environment-locked',
      exitCode: 3,
    });
    expect(world.variables()).toEqual(before);
    expect(world.runs.list()).toMatchObject([{ state: 'aborted' }]);
    await held.release();
    expect((await world.direct.rotate(world.request(['API_SIGNING_KEY']))).state).toBe('completed');
  });

  it('a value that someone changed by hand is found before it is overwritten', async () => {
    const world = newWorld({ keys: { API_SIGNING_KEY: { slots: 'next+previous' } } });
    world.tell('fail-accepts-next');
    const run = await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    expect(run.rotations).toMatchObject([{ state: 'pending' }]);
    world.tell('fail-accepts-next', false);
    const environment = world.dependencies.environments.open(consumerEnvironmentId);
    const snapshot = await environment.read();
    if (!snapshot.state) throw new Error('no state');
    const byHand = new Secret('changed-by-hand-0123456789-abcdefghijk');
    await environment.apply(
      { values: new Map([['API_SIGNING_KEY', byHand]]), pending: {}, after: snapshot.state },
      snapshot.revision,
    );
    copyFileSync(join(world.environmentFolder, '.env'), join(world.environmentFolder, 'running.env'));
    const blocked = await world.direct.resume(run.run_id);
    expect(blocked).toMatchObject({ state: 'blocked', waits_for: 'decision' });
    expect(world.variables().get('API_SIGNING_KEY')).toBe(byHand.reveal());
    expect(await world.direct.resume(run.run_id)).toMatchObject({ state: 'blocked' });
    // Given up, with what was sealed kept: nobody knows what still needs the old value.
    const aborted = await world.direct.abort(run.run_id, 'Somebody rotated by hand.');
    expect(aborted).toMatchObject({
      state: 'aborted',
      rotations: [{ state: 'abandoned', keep_sealed: true }],
    });
    expect(world.sealed.list()).toHaveLength(2);
    expect(world.variables().get('API_SIGNING_KEY')).toBe(byHand.reveal());
    // A later rotation goes on, and does not destroy what is kept.
    const next = await world.direct.rotate(world.request(['API_SIGNING_KEY'], { mode: 'emergency' }));
    expect(next.state).toBe('completed');
    expect(world.sealed.list()).toHaveLength(3);
  });
});

describe('recover', () => {
  it('restores what is sealed, names the rest', async () => {
    const world = newWorld({ keys: { API_SIGNING_KEY: { slots: 'one' }, JWT_SECRET_KEY: { slots: 'one' } } });
    await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    const before = world.variables();
    rmSync(join(world.environmentFolder, '.env'));
    const result = await world.recovery.recover(consumerEnvironmentId, null);
    expect(result).toEqual({ restored: ['API_SIGNING_KEY'], missing: ['JWT_SECRET_KEY'], silent: [] });
    expect(world.variables().get('API_SIGNING_KEY')).toBe(before.get('API_SIGNING_KEY'));
    expect(await world.recovery.recover(consumerEnvironmentId, null)).toEqual({
      restored: [],
      missing: ['JWT_SECRET_KEY'],
      silent: [],
    });
  });

  it('restores without the state file too, by what the log says', async () => {
    const world = newWorld({ keys: { API_SIGNING_KEY: { slots: 'one' } } });
    await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    const before = world.variables();
    rmSync(join(world.environmentFolder, '.env'));
    rmSync(join(world.environmentFolder, '.env.rekey.json'));
    expect((await world.recovery.recover(consumerEnvironmentId, null)).restored).toEqual(['API_SIGNING_KEY']);
    expect(world.variables().get('API_SIGNING_KEY')).toBe(before.get('API_SIGNING_KEY'));
  });

  it('restores from a recovery file on another machine', async () => {
    const world = newWorld({ keys: { API_SIGNING_KEY: { slots: 'previous' } } });
    const run = await world.direct.rotate(world.request(['API_SIGNING_KEY']));
    const path = join(world.root, 'recovery.age');
    const identity = await generateIdentity();
    await world.recovery.writeFile(run.run_id, path, { recipient: await identityToRecipient(identity) });
    expect(world.runs.get(run.run_id).recovery_file).toMatchObject({ written: true });
    const before = world.variables();
    rmSync(join(world.environmentFolder, '.env'));
    rmSync(join(world.root, 'data', 'sealed'), { recursive: true });
    expect(await world.recovery.recover(consumerEnvironmentId, null)).toMatchObject({ restored: [] });
    const result = await world.recovery.recover(consumerEnvironmentId, {
      path,
      unlock: { identity: new Secret(identity) },
    });
    expect(result).toEqual({ restored: ['API_SIGNING_KEY'], missing: [], silent: [] });
    expect(world.variables().get('API_SIGNING_KEY')).toBe(before.get('API_SIGNING_KEY'));
  });
});

/** Runs of consecutive matching actions count once: they are one effect for several keys. */
function groupsOf(actions: readonly string[], pattern: RegExp): string[][] {
  const groups: string[][] = [];
  let inGroup = false;
  for (const action of actions) {
    const matches = pattern.test(action);
    if (matches && !inGroup) groups.push([]);
    if (matches) groups.at(-1)?.push(action);
    inGroup = matches;
  }
  return groups;
}
