import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generateValue } from '#electron/services/secrets/generate-value.ts';
import { keysBehind } from '#shared/logic/host-behind.ts';
import { keyCatalog } from '#shared/model/key-catalog.ts';
import type { RunDetail } from '#shared/model/run-detail.ts';
import { type SshServer, sshClient, startSshServer } from '#test/support/ssh-server.ts';
import { startTcpProxy, type TcpProxy } from '#test/support/tcp-proxy.ts';
import { GuidedFixture } from './guided-fixture.ts';
import { inTerminal } from './in-terminal.ts';
import { walk } from './walker.ts';

// A host that was left out of a rotation, brought up to date by its own guided run. Three real sshd; the third is
// reached through a proxy that knows how far a conversation has come.
const keys = ['JWT_SECRET_KEY', 'API_SIGNING_KEY'];
const client = sshClient();
const servers: SshServer[] = [];
let proxy: TcpProxy;
let fixture: GuidedFixture;
let environmentId = '';
let third = '';
/** What the third host held before it is brought up to date. */
let behind = { text: '', state: '' };

const fileOf = ({ folder }: SshServer) => join(folder, 'shop', '.env');
const read = (index: number) => readFileSync(fileOf(servers[index] as SshServer), 'utf8');
const restarts = (index: number) =>
  readFileSync(join((servers[index] as SshServer).folder, 'shop', 'restarts'), 'utf8').length;

beforeAll(async () => {
  for (let count = 0; count < 3; count += 1) servers.push(await startSshServer(client));
  const [, , last] = servers as [SshServer, SshServer, SshServer];
  proxy = await startTcpProxy(last.port);
  third = `${userInfo().username}@127.0.0.1:${proxy.port}`;
  writeFileSync(
    join(client.folder, 'user_known_hosts'),
    servers.map(({ knownHost }) => knownHost).join('') +
      last.knownHost.replace(`:${last.port}`, `:${proxy.port}`),
  );
  process.env.REKEY_SSH_CONFIG = client.configFile;
  fixture = new GuidedFixture();
  await fixture.createVault();
  const values = keys.map((name) => {
    const rule = keyCatalog.find((one) => one.name === name);
    return rule ? `${name}=${generateValue(rule).reveal()}\n` : '';
  });
  for (const server of servers) {
    mkdirSync(join(server.folder, 'shop'));
    writeFileSync(fileOf(server), `# shop\n${values.join('')}PORT=80\n`, { mode: 0o600 });
    writeFileSync(join(server.folder, 'shop', 'restarts'), '');
  }
  // The command is the same on every host; which one it runs on, it knows by the port of the connection.
  const folders = servers.map(({ port, folder }) => `${port}) printf . >> ${folder}/shop/restarts;;`);
  const { config } = await fixture.services.environments.add({
    name: 'Shop',
    stage: 'production',
    parser: 'dotenv',
    ssh: {
      hosts: servers.map((server, index) => ({
        address: index === 2 ? third : server.address,
        path: fileOf(server),
      })),
      identity: client.key,
      sudo: false,
    },
    patch: {
      commands: {
        restart: { argv: [`set -- $SSH_CONNECTION; case $4 in ${folders.join(' ')} esac`], shell: true },
        verify: { argv: ['true'], shell: false },
      },
    },
  });
  environmentId = config.id;
  await fixture.services.direct.rotate({
    ...{ environmentId, keys, mode: 'emergency', reason: 'A test', force: true, drill: false },
    exclude: [third],
  });
  behind = { text: read(2), state: readFileSync(`${fileOf(last)}.rekey.json`, 'utf8') };
  expect(read(1)).toBe(read(0));
  expect(read(2)).not.toBe(read(0));
}, 120_000);

beforeEach(() => {
  const last = servers[2] as SshServer;
  proxy.cutAt(null);
  writeFileSync(fileOf(last), behind.text);
  writeFileSync(`${fileOf(last)}.rekey.json`, behind.state);
});

afterAll(async () => {
  delete process.env.REKEY_SSH_CONFIG;
  await fixture.close();
  await proxy.close();
  for (const server of servers) await server.stop();
  client.remove();
});

const request = () => ({
  ...{
    runbook: 'host-catch-up',
    environmentId,
    keys: [],
    reason: 'It was down',
    dryRun: false,
    drill: false,
  },
  host: third,
});

/** Goes on to the step that writes. */
async function atWrite(): Promise<RunDetail> {
  const { guided } = fixture.services;
  const { run } = await guided.start(request());
  await guided.act(run.run_id, 'compare', { act: 'run-action' });
  const detail = await guided.act(run.run_id, 'trusted', { act: 'confirm' });
  expect(detail.current_step_id).toBe('write');
  return detail;
}

describe('bringing a host up to date', { timeout: 120_000 }, () => {
  it('is walked from the difference to the proof; nothing is done to the other hosts', async () => {
    const before = [0, 1, 2].map(restarts);
    const { detail } = await walk(fixture, { ...request(), coverage: new Set() });
    expect(detail.run).toMatchObject({
      state: 'completed',
      host: third,
      title: `Bring a host up to date: ${third}`,
    });
    expect(read(2)).toBe(read(0));
    expect([0, 1, 2].map(restarts)).toEqual([before[0], before[1], (before[2] ?? 0) + 1]);
    const compared = detail.run.steps.find(({ id }) => id === 'compare')?.result.join(' ');
    expect(compared).toContain('JWT_SECRET_KEY');
    const { events } = fixture.services.history.query({ runId: detail.run.run_id, limit: 200 });
    expect(events.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['host-catch-up-intended', 'host-caught-up']),
    );
    const status = await fixture.services.status.environment(environmentId);
    const all = status.hosts ?? [];
    const states = all.map(({ keys: entries }) =>
      entries.flatMap(({ key, status: state }) => (keys.includes(key) ? [state] : [])),
    );
    expect(states).toEqual([1, 2, 3].map(() => ['ok', 'ok']));
    // What no host has does not put one behind the others.
    expect(all.flatMap(({ keys: entries }) => entries.map(({ status: state }) => state))).toContain(
      'missing',
    );
    expect(all.flatMap((host) => keysBehind(host, all))).toEqual([]);
  });

  it('needs a host that the fleet has, and only where a runbook is about one', async () => {
    const { guided } = fixture.services;
    await expect(guided.start({ ...request(), host: null })).rejects.toThrow(/none was named/);
    await expect(guided.start({ ...request(), host: 'elsewhere' })).rejects.toThrow(
      /has no host "elsewhere"/,
    );
    await expect(guided.start({ ...request(), runbook: 'planned', keys })).rejects.toThrow(
      /not about a single/,
    );
    const plain = await fixture.plain('single');
    await expect(guided.start({ ...request(), environmentId: plain })).rejects.toThrow(/is no fleet/);
  });

  it('is walked in a terminal, which asks for the host, those that are behind first', async () => {
    const args = ['run', 'host-catch-up', 'Shop', '--reason', 'It was down'];
    const { code, screen } = await inTerminal(fixture, 'dumb', args);
    expect([code, screen.slice(-400)]).toEqual([0, expect.stringContaining('completed')]);
    expect(screen).toContain(`${third}`);
    expect(read(2)).toBe(read(0));
  });

  it('changes nothing in a dry run, and says what it would change', async () => {
    const { detail } = await walk(fixture, { ...request(), dryRun: true, coverage: new Set() });
    expect(detail.run.state).toBe('completed');
    expect(read(2)).toBe(behind.text);
  });

  it('waits while a key is being rotated: what is right on all hosts is not settled', async () => {
    const { guided, direct } = fixture.services;
    const at = await atWrite();
    await fixture.services.environments.update(environmentId, { commands: { verify: null } });
    const open = await direct.rotate({
      ...{
        environmentId,
        keys: ['API_SIGNING_KEY'],
        mode: 'planned',
        reason: 'A test',
        force: true,
        drill: false,
      },
      exclude: [third],
    });
    try {
      expect(open.ended_at).toBeNull();
      const refused = await guided.act(at.run.run_id, 'write', { act: 'commit', name: 'Shop' });
      const step = refused.run.steps.find(({ id }) => id === 'write');
      expect([step?.state, step?.error?.code]).toEqual(['failed', 'run-open']);
      expect(read(2)).toBe(behind.text);
    } finally {
      await direct.rollBack(open.run_id, { reason: 'A test', restoreCompromised: true });
      await guided.abort(at.run.run_id, 'A test');
      await fixture.services.environments.update(environmentId, {
        commands: { verify: { argv: ['true'], shell: false } },
      });
    }
  });

  it('is found out and gone on with when Rekey is killed in the middle of the write', async () => {
    const { guided } = fixture.services;
    const found = new Set<string>();
    for (const piece of [14, 34, 42]) {
      writeFileSync(fileOf(servers[2] as SshServer), behind.text);
      writeFileSync(`${fileOf(servers[2] as SshServer)}.rekey.json`, behind.state);
      const { run } = await atWrite();
      const child = spawn(
        process.execPath,
        [join(import.meta.dirname, 'commit-act.ts'), fixture.folder, run.run_id, 'write', 'Shop'],
        { stdio: 'ignore' },
      );
      proxy.cutAt({ way: 'up', piece }, () => void child.kill('SIGKILL'));
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
      proxy.cutAt(null);
      expect(signal, `piece ${piece}`).toBe('SIGKILL');
      let detail = await guided.detail(run.run_id);
      expect(detail.steps.find(({ current }) => current)?.acts[0]?.act).toBe('probe');
      detail = await guided.act(run.run_id, 'write', { act: 'probe' });
      found.add(detail.current_step_id ?? '');
      if (detail.current_step_id === 'write') {
        detail = await guided.act(run.run_id, 'write', { act: 'commit', name: 'Shop' });
      }
      expect(detail.current_step_id).toBe('restart');
      expect(read(2)).toBe(read(0));
      await guided.abort(run.run_id, 'A test');
    }
    expect(found).toContain('write');
  });
});
