import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DirectRequest } from '#electron/services/rotation/direct-rotation.ts';
import { consumerEnvironmentId } from '#test/crash/consumer-environment.ts';
import { type Keyring, startKeyring } from '#test/e2e/fixtures/keyring.ts';
import { type FleetSetup, type FleetWorld, openFleetWorld } from './fleet-world.ts';

const signing = 'API_SIGNING_KEY';
const encryption = 'ENCRYPTION_KEY';
const roots: string[] = [];
let keyring: Keyring;

beforeAll(async () => {
  const home = mkdtempSync(join(tmpdir(), 'rekey-keyring-'));
  roots.push(home);
  keyring = await startKeyring({ PATH: process.env.PATH ?? '', HOME: home, XDG_RUNTIME_DIR: home });
  process.env.DBUS_SESSION_BUS_ADDRESS = keyring.environment.DBUS_SESSION_BUS_ADDRESS;
});
afterAll(async () => {
  await keyring.stop();
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});

function fleet(setup: Partial<FleetSetup> = {}): FleetWorld {
  const root = mkdtempSync(join(tmpdir(), 'rekey-fleet-'));
  roots.push(root);
  return openFleetWorld(root, { hosts: 4, keys: { [signing]: { slots: 'one' } }, ...setup });
}

const request = (keys: string[], more: Partial<DirectRequest> = {}): DirectRequest => ({
  environmentId: consumerEnvironmentId,
  keys,
  mode: 'planned',
  reason: 'test',
  force: true,
  drill: false,
  ...more,
});

const valuesOf = (world: FleetWorld, key: string) =>
  world.hosts.map((host) => world.variables(host).get(key));

describe('a rotation on a fleet', () => {
  it('lands on every host, the canary first, each restarted once', async () => {
    const world = fleet({ keys: { [signing]: { slots: 'one' }, [encryption]: { slots: 'previous' } } });
    const before = valuesOf(world, signing)[0];
    const run = await world.direct.rotate(request([signing, encryption], { mode: 'emergency' }));
    expect(run).toMatchObject({ state: 'completed', rotations: [{ state: 'closed' }, { state: 'closed' }] });
    for (const key of [signing, encryption]) expect(new Set(valuesOf(world, key)).size).toBe(1);
    expect(valuesOf(world, signing)[0]).not.toBe(before);
    for (const host of world.hosts) {
      expect(world.running(host)).toEqual(world.variables(host));
      expect(world.variables(host).has(`${encryption}_PREVIOUS`)).toBe(false);
      // Once for the new values of both keys, once when the old one of the encryption key was dropped.
      expect(world.restarts(host)).toBe(2);
    }
    const order = [...world.log.scan()].flatMap(({ event_type, action, data }) =>
      event_type === 'run' && action === 'host' && data?.step === 'activate'
        ? [`${data.host} ${data.state}`]
        : [],
    );
    expect(order.slice(0, 2)).toEqual(['web-1 working', 'web-1 done']);
    expect(order.slice(2).filter((one) => one.endsWith('working'))).toHaveLength(3);
  });

  it.each(['one', 'previous', 'next+previous'] as const)('keeps every host in step (%s)', async (slots) => {
    const world = fleet({ keys: { [signing]: { slots, soak: '0s' } } });
    const [before] = valuesOf(world, signing);
    const run = await world.direct.rotate(request([signing]));
    expect(run.state).toBe('completed');
    const after = new Set(valuesOf(world, signing));
    expect(after.size).toBe(1);
    expect(after.has(before)).toBe(false);
  });

  it('accepts the new value on every host before any uses it, and drops the old one last', async () => {
    const world = fleet({ keys: { [signing]: { slots: 'next+previous', soak: '0s' } } });
    await world.direct.rotate(request([signing]));
    const steps = [...world.log.scan()].flatMap(({ event_type, action, data }) =>
      event_type === 'run' && action === 'host' && data?.state === 'done' ? [String(data.step)] : [],
    );
    const each = (step: string) => Array.from({ length: 4 }, () => step);
    expect(steps).toEqual([...each('stage'), ...each('activate'), ...each('retire')]);
  });
});

describe('a host that fails', () => {
  it('before anything was changed: nothing is, and the error names it', async () => {
    const world = fleet();
    const before = valuesOf(world, signing);
    world.down('web-3');
    await expect(world.direct.rotate(request([signing]))).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/1 of 4 hosts.*web-3/),
      details: { hosts: 'web-3' },
    });
    expect(valuesOf(world, signing)).toEqual(before);
    expect(world.runs.openRuns()).toEqual([]);
  });

  it('in the canary wave: no other host is touched; tried again, it goes on', async () => {
    const world = fleet();
    const [before] = valuesOf(world, signing);
    world.tell('web-1', 'fail-restart');
    const run = await world.direct.rotate(request([signing]));
    expect(run).toMatchObject({
      state: 'paused',
      waits_for: 'operator',
      hosts: [{ host: 'web-1', state: 'failed', step: 'activate', wave: 1 }],
    });
    expect(valuesOf(world, signing).slice(1)).toEqual([before, before, before]);
    world.tell('web-1', 'fail-restart', false);
    expect(await world.direct.resume(run.run_id)).toMatchObject({ state: 'completed' });
    expect(new Set(valuesOf(world, signing)).size).toBe(1);
    expect(world.hosts.map((host) => world.restarts(host))).toEqual([1, 1, 1, 1]);
  });

  it('stops the wave, not the run: the canary is not restarted again when the rest is tried again', async () => {
    const world = fleet();
    world.tell('web-3', 'fail-restart');
    const run = await world.direct.rotate(request([signing]));
    expect(run).toMatchObject({ state: 'paused' });
    const states = Object.fromEntries((run.hosts ?? []).map(({ host, state }) => [host, state]));
    expect(states).toEqual({ 'web-1': 'done', 'web-2': 'done', 'web-3': 'failed', 'web-4': 'done' });
    world.tell('web-3', 'fail-restart', false);
    expect(await world.direct.resume(run.run_id)).toMatchObject({ state: 'completed' });
    expect(world.hosts.map((host) => world.restarts(host))).toEqual([1, 1, 1, 1]);
  });

  it('can be left out, with a reason: the run ends with a deviation, and the host is seen to be behind', async () => {
    const world = fleet();
    const [before] = valuesOf(world, signing);
    world.tell('web-3', 'fail-restart');
    const run = await world.direct.rotate(request([signing]));
    world.down('web-3');
    expect(await world.direct.resume(run.run_id)).toMatchObject({ state: 'paused', waits_for: 'operator' });
    await expect(world.direct.excludeHost(run.run_id, 'web-9', 'typing error')).rejects.toMatchObject({
      code: 'invalid-input',
    });
    await world.direct.excludeHost(run.run_id, 'web-3', 'disk broken, ticket 12');
    const done = await world.direct.resume(run.run_id);
    expect(done).toMatchObject({
      state: 'completed-with-deviations',
      deviations: [{ what: expect.stringContaining('web-3'), reason: 'disk broken, ticket 12' }],
      excluded_hosts: [{ host: 'web-3' }],
    });
    world.down('web-3', false);
    const { findings } = await world.environment().read();
    expect(findings.filter(({ code }) => code === 'host-drift')).toEqual([]);
    expect(world.variables('web-3').get(signing)).not.toBe(before);
  });

  it('left out before its file was changed, it differs from the others', async () => {
    const world = fleet();
    world.down('web-2');
    const run = await world.direct.rotate(request([signing], { exclude: ['web-2'], mode: 'emergency' }));
    expect(run.state).toBe('completed-with-deviations');
    world.down('web-2', false);
    const { findings, values } = await world.environment().read();
    expect(findings).toContainEqual(
      expect.objectContaining({
        code: 'host-drift',
        key: signing,
        message: expect.stringMatching(/: web-2 differs/),
      }),
    );
    expect(values.get(signing)?.reveal()).toBe(world.variables('web-1').get(signing));
  });

  it('half-way, the hosts that were done can be rolled back', async () => {
    const world = fleet({ options: { waves: { first: 1, rest: 1 } } });
    const [before] = valuesOf(world, signing);
    world.tell('web-3', 'fail-restart');
    const run = await world.direct.rotate(request([signing]));
    expect(run.state).toBe('paused');
    expect(new Set(valuesOf(world, signing)).size).toBe(2);
    await expect(world.direct.abort(run.run_id, 'no')).rejects.toMatchObject({ code: 'illegal-move' });
    world.tell('web-3', 'fail-restart', false);
    const back = await world.direct.rollBack(run.run_id, {
      reason: 'half the fleet',
      restoreCompromised: false,
    });
    expect(back.state).toBe('rolled-back');
    expect(valuesOf(world, signing)).toEqual([before, before, before, before]);
    for (const host of world.hosts) expect(world.running(host).get(signing)).toBe(before);
    // The one that was never begun needed no restart.
    expect(world.restarts('web-4')).toBe(0);
  });

  it('half-way after the new value was accepted everywhere, a roll-back takes it away everywhere', async () => {
    const world = fleet({
      keys: { [signing]: { slots: 'next+previous' } },
      options: { waves: { first: 1, rest: 1 } },
    });
    const [before] = valuesOf(world, signing);
    const run = await world.direct.rotate(request([signing]), {
      onProgress: (line) => {
        if (line.startsWith('Make the new value primary')) world.tell('web-3', 'fail-restart');
      },
    });
    expect(run.state).toBe('paused');
    expect(world.variables('web-4').has(`${signing}_NEXT`)).toBe(true);
    world.tell('web-3', 'fail-restart', false);
    const back = await world.direct.rollBack(run.run_id, {
      reason: 'half the fleet',
      restoreCompromised: false,
    });
    expect(['rolled-back', 'soaking']).toContain(back.state);
    expect(valuesOf(world, signing)).toEqual([before, before, before, before]);
    for (const host of world.hosts) expect(world.variables(host).has(`${signing}_NEXT`), host).toBe(false);
  });
});

describe('recovery on a fleet', () => {
  it('gives a host what it lost, leaves alone what differs, and does not wait for one that is down', async () => {
    const world = fleet();
    await world.direct.rotate(request([signing], { mode: 'emergency' }));
    const [current] = valuesOf(world, signing);
    world.lose('web-2');
    world.write('web-3', signing, 'changed-by-somebody-else-0123456789abcdef');
    world.lose('web-4');
    world.down('web-4');
    const { recovery } = world;
    const recovered = await recovery.recover(consumerEnvironmentId, null);
    expect(recovered).toEqual({ restored: [signing], missing: [], silent: ['web-4'] });
    expect(world.variables('web-2').get(signing)).toBe(current);
    expect(world.variables('web-3').get(signing)).toContain('changed-by-somebody-else');
    const done = [...world.log.scan()].find(({ action }) => action === 'recovered');
    expect(done?.data).toMatchObject({ hosts: ['web-2'] });
    world.down('web-4', false);
    await recovery.recover(consumerEnvironmentId, null);
    expect(world.variables('web-4').get(signing)).toBe(current);
    // Nothing of it is left half way: the next rotation goes through where hosts agree.
    world.write('web-3', signing, current ?? '');
    expect((await world.direct.rotate(request([signing]))).state).toBe('completed');
  });

  it('names what is sealed nowhere', async () => {
    const world = fleet();
    for (const host of world.hosts) world.lose(host);
    const { recovery } = world;
    expect(await recovery.recover(consumerEnvironmentId, null)).toEqual({
      restored: [],
      missing: [signing],
      silent: [],
    });
  });
});
