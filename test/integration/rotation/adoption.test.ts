import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintIn } from '#electron/services/secrets/fingerprint.ts';
import { Secret } from '#shared/model/secret.ts';
import { consumerEnvironmentId, variablesOf } from '#test/crash/consumer-environment.ts';
import { rotationWorlds, type TestWorld } from './world-fixture.ts';

const newWorld = rotationWorlds();
const key = 'API_SIGNING_KEY';

/** What the service's health URL answers: a real server on loopback, asked over HTTP. */
interface Service {
  healthy: boolean;
  /** From which file of the environment's folder it takes the value that it says it uses; null: it says nothing. */
  reports: '.env' | 'running.env' | 'another value' | null;
}

let server: Server;
let world: TestWorld;
let service: Service;

beforeEach(async () => {
  service = { healthy: true, reports: 'running.env' };
  server = createServer((_request, response) => {
    void fingerprint().then((reported) => {
      const keys = reported === null ? {} : { [key]: { fingerprint: reported } };
      response.writeHead(service.healthy ? 200 : 503).end(JSON.stringify({ key_rotation: { keys } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function fingerprint(): Promise<string | null> {
  if (service.reports === null) return null;
  if (service.reports === 'another value') return '0123456789abcdef';
  const { state } = await world.dependencies.environments.open(consumerEnvironmentId).read();
  const value = variablesOf(join(world.environmentFolder, service.reports)).get(key) ?? '';
  return state && fingerprintIn(state, new Secret(value));
}

/** An environment with a health URL; `verify` only where a test wants it. */
function open(commands: ('restart' | 'verify')[] = ['restart']): TestWorld {
  const { port } = server.address() as AddressInfo;
  const health = { url: `http://127.0.0.1:${port}/health`, credential: false, timeout: '5s' } as const;
  world = newWorld(
    { keys: { [key]: { protects: 'messages', slots: 'one' } }, commands, health },
    { overrides: { healthPatienceMs: 400 } },
  );
  return world;
}

const verified = () =>
  [...world.log.scan()].filter(({ action }) => action === 'verify-done').map(({ data }) => data);

describe('adoption', () => {
  it('is proven by the fingerprint that the service reports after its restart', async () => {
    const run = await open().direct.rotate(world.request([key]));
    expect(run).toMatchObject({ state: 'completed', rotations: [{ state: 'closed', adoption: 'proven' }] });
    expect(verified()).toMatchObject([{ adoption: 'proven', proven_by: 'health', health: true }]);
  });

  it('is refuted by another fingerprint: nothing is destroyed, and the run goes on when the service does', async () => {
    open();
    const before = world.variables().get(key);
    service.reports = 'another value';
    const stopped = await world.direct.rotate(world.request([key]));
    expect(stopped.state).toBe('paused');
    expect(stopped.rotations).toMatchObject([
      {
        state: 'activated',
        adoption: null,
        failed: { effect: 'verify', message: expect.stringContaining('reports another value') },
      },
    ]);
    expect(
      world.sealed
        .list()
        .map(({ role }) => role)
        .sort(),
    ).toEqual(['new', 'old']);
    service.reports = 'running.env';
    const run = await world.direct.resume(stopped.run_id);
    expect(run.rotations).toMatchObject([{ state: 'closed', adoption: 'proven' }]);
    expect(world.variables().get(key)).not.toBe(before);
  });

  it('is refuted by a service that was healthy before and is not now', async () => {
    open();
    service.reports = null;
    // The health URL is asked before the rotation, and again after the restart.
    world.log.onAppend(({ action }) => {
      if (action === 'activate-done') service.healthy = false;
    });
    const stopped = await world.direct.rotate(world.request([key]));
    expect(stopped.rotations).toMatchObject([
      {
        state: 'activated',
        failed: { message: expect.stringContaining('was healthy before and is not now') },
      },
    ]);
    const back = await world.direct.rollBack(stopped.run_id, { reason: 'outage', restoreCompromised: false });
    expect(back.rotations[0]?.state).toBe('rolling-back');
  });

  it('stays unproven where the service reports no fingerprint and there is no verify command', async () => {
    open();
    service.reports = null;
    const run = await world.direct.rotate(world.request([key]));
    expect(run).toMatchObject({
      waits_for: 'attestation',
      rotations: [{ state: 'adopted', adoption: 'unproven' }],
    });
    expect(verified()).toMatchObject([{ adoption: 'unproven', proven_by: null, health: true }]);
  });

  it('is proven by the verify command of a service that cannot know the fingerprint key', async () => {
    open(['restart', 'verify']);
    service.reports = null;
    const run = await world.direct.rotate(world.request([key]));
    expect(run.state).toBe('completed');
    expect(verified()).toMatchObject([{ adoption: 'proven', proven_by: 'verify' }]);
  });

  it('is waited for while a restarted service still reports the old value', async () => {
    open();
    let asked = 0;
    service.reports = 'another value';
    server.on('request', () => {
      asked += 1;
      // Before the rotation once; after the restart it needs two questions to come up.
      if (asked > 2) service.reports = 'running.env';
    });
    const run = await world.direct.rotate(world.request([key]));
    expect(run.rotations).toMatchObject([{ state: 'closed', adoption: 'proven' }]);
  });
});
