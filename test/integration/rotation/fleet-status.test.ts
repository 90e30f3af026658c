import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nothingRecorded, StatusService } from '#electron/services/status/status-service.ts';
import { VerdictCache } from '#electron/services/status/verdict-cache.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { foldersIn } from '#test/crash/consumer-environment.ts';
import { openFleetWorld } from './fleet-world.ts';

const key = 'API_SIGNING_KEY';
const roots: string[] = [];
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});

function fleet() {
  const root = mkdtempSync(join(tmpdir(), 'rekey-fleet-status-'));
  roots.push(root);
  const world = openFleetWorld(root, { hosts: 3, keys: { [key]: { slots: 'one' } } });
  const { config } = world.environment();
  const status = new StatusService({
    clock: systemClock,
    environments: { list: () => [config], find: () => config },
    connect: () => world.environment(),
    verdicts: new VerdictCache(join(root, 'verdicts.json'), async () => ({
      valid: true,
      bits: null,
      findings: [],
    })),
    recorded: () => nothingRecorded,
  });
  return { world, root, config, look: () => status.environment(config.id) };
}

describe('the status of a fleet', () => {
  it('shows every host by itself', async () => {
    const { look } = fleet();
    const status = await look();
    expect(status.reachable).toBe(true);
    expect(status.hosts?.map(({ host, reachable }) => [host, reachable])).toEqual([
      ['web-1', true],
      ['web-2', true],
      ['web-3', true],
    ]);
    const prints = status.hosts?.flatMap(({ keys }) => keys.map(({ fingerprint }) => fingerprint));
    expect(new Set(prints).size).toBe(1);
  });

  it('a host that does not answer is shown as such, and never as ok', async () => {
    const { world, look } = fleet();
    world.down('web-2');
    const status = await look();
    expect(status.reachable).toBe(true);
    expect(status.hosts?.[1]).toEqual({
      host: 'web-2',
      reachable: false,
      keys: [],
      problem: 'The host does not answer.',
    });
    expect(status.findings).toContainEqual(expect.objectContaining({ severity: 'error', host: 'web-2' }));
  });

  it('is not reachable when no host answers, and names them all', async () => {
    const { world, look } = fleet();
    for (const host of world.hosts) world.down(host);
    const status = await look();
    expect(status.reachable).toBe(false);
    expect(status.findings[0]?.message).toMatch(/3 of 3 hosts.*web-1.*web-2.*web-3/);
  });

  it('shows which host differs, per key', async () => {
    const { world, root, config, look } = fleet();
    const environment = world.environment();
    const { revision, state, values } = await environment.read();
    const { fingerprintIn } = await import('#electron/services/secrets/fingerprint.ts');
    const { emptyKeyState } = await import('#shared/model/environment.ts');
    const value = values.get(key);
    if (!state || !value) throw new Error('The fleet has no state');
    const recorded = {
      ...emptyKeyState,
      fingerprint: fingerprintIn(state, value),
      baseline: { date: '2026-11-01', reason: 'test', by: 'ada@example.org' },
    };
    await environment.apply(
      { values: new Map(), pending: {}, after: { ...state, keys: { [key]: recorded } } },
      revision,
    );
    const file = join(foldersIn(join(root, 'hosts', 'web-3')).environment, '.env');
    writeFileSync(file, `${key}=changed-by-hand-on-one-host-only-0001\n`);
    const status = await look();
    const of = (host: string) => status.hosts?.find((one) => one.host === host)?.keys[0]?.status;
    expect([of('web-1'), of('web-2'), of('web-3')]).toEqual(['ok', 'ok', 'drifted']);
    expect(status.keys[0]).toMatchObject({ status: 'drifted' });
    expect(status.keys[0]?.problems[0]?.message).toMatch(/^On web-3: /);
    expect(status.findings.map(({ code }) => code)).toContain('host-drift');
    expect(config.name).toBe('Crash test');
  });
});
