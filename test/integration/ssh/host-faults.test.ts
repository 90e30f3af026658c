import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DotenvEnvironment } from '#electron/environments/dotenv-environment.ts';
import { ConnectionPool } from '#electron/environments/ssh/connection-pool.ts';
import { SshHost } from '#electron/environments/ssh/ssh-host.ts';
import { newState } from '#electron/environments/state-file.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { EnvironmentConfig } from '#shared/model/environment.ts';
import { Secret } from '#shared/model/secret.ts';
import { type SshServer, sshClient, startSshServer } from '#test/support/ssh-server.ts';
import { startTcpProxy, type TcpProxy } from '#test/support/tcp-proxy.ts';

// What can be wrong with a host: no space, no writing, another time, a slow way to it, a talkative one, one that dies.

const client = sshClient();
const isRoot = process.getuid?.() === 0;
const before = 'a-value-of-the-host-before-0123456789';
const after = 'a-value-of-the-host-after-98765432100';
let server: SshServer;
let proxy: TcpProxy;
let pool: ConnectionPool;
let folder: string;
let path: string;
let count = 0;

beforeAll(async () => {
  const banner = join(client.folder, 'banner');
  // sshd sends a banner as one packet, which holds 256 KiB.
  writeFileSync(banner, 'Host key verification failed. Or not.\n'.repeat(5_000));
  server = await startSshServer(client, [`Banner ${banner}`]);
  proxy = await startTcpProxy(server.port);
  writeFileSync(
    client.knownHosts,
    server.knownHost + server.knownHost.replace(`:${server.port}`, `:${proxy.port}`),
  );
});
beforeEach(() => {
  count += 1;
  folder = join(server.folder, `host-${count}`);
  path = join(folder, '.env');
  mkdirSync(folder);
  pool = new ConnectionPool(() => ({
    knownHosts: client.knownHosts,
    configFile: client.configFile,
    credential: async () => null,
  }));
});
afterEach(async () => {
  proxy.delay(0);
  proxy.cutAt(null);
  await pool.closeAll();
  spawnSync('umount', ['-l', folder]);
});
afterAll(async () => {
  await proxy.close();
  await server.stop();
  client.remove();
});

const begin = () => writeFileSync(path, `# host\nAPI_SIGNING_KEY=${before}\n`, { mode: 0o600 });

function connect(port = server.port): DotenvEnvironment {
  const config = EnvironmentConfig.parse({
    id: '0198c5a0-1111-4111-8111-111111111111',
    name: 'host',
    stage: 'development',
    connector: { kind: 'dotenv-file', path, parser: 'dotenv' },
    commands: { restart: { argv: ['/bin/sh', '-c', 'echo restarted'] } },
  });
  const target = {
    address: `${userInfo().username}@127.0.0.1:${port}`,
    identity: client.key,
    sudo: false,
    stored: [],
    environmentId: config.id,
  };
  const host = new SshHost({ target, pool, commandsRun: 'on-host', healthFrom: 'on-host' });
  return new DotenvEnvironment(config, path, host, { clock: systemClock });
}

async function change(environment: DotenvEnvironment, value = after): Promise<void> {
  const { revision, state } = await environment.read();
  const values = new Map([['API_SIGNING_KEY', new Secret(value)]]);
  await environment.apply({ values, pending: {}, after: state ?? newState(environment.config.id) }, revision);
}
const refusalOf = (environment: DotenvEnvironment) =>
  change(environment).then(
    () => 'changed',
    (error: unknown) => error,
  );
const text = () => readFileSync(path, 'utf8');

describe.skipIf(!isRoot)('a disk of the host (skipped without root, which mounts it)', () => {
  const mount = (size: string) => {
    spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
    begin();
  };

  it('that is full is named, and nothing is changed; with space again it works', async () => {
    mount('64k');
    const filler = join(folder, 'filler');
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k'], { stdio: 'ignore' });
    expect(await refusalOf(connect())).toMatchObject({ code: 'disk-full' });
    expect(text()).toContain(before);
    expect(readdirSync(folder).sort()).toEqual(['.env', 'filler']);
    spawnSync('rm', [filler]);
    await change(connect());
    expect(text()).toBe(`# host\nAPI_SIGNING_KEY=${after}\n`);
  });

  it('that is read-only is named, and can be looked at', async () => {
    mount('1m');
    spawnSync('mount', ['-o', 'remount,ro', folder]);
    const environment = connect();
    expect((await environment.read()).values.get('API_SIGNING_KEY')?.reveal()).toBe(before);
    expect(await refusalOf(environment)).toMatchObject({ code: 'read-only-file-system' });
    expect(readdirSync(folder)).toEqual(['.env']);
  });
});

describe('a host', { timeout: 240_000 }, () => {
  it.each([-1, 1])('whose clock is off by %d day is changed like any other', async (days) => {
    begin();
    // Its clock shows only in the times of its files: nothing else of it is asked for.
    const time = new Date(Date.now() + days * 86_400_000);
    utimesSync(path, time, time);
    await change(connect());
    for (const name of readdirSync(folder)) utimesSync(join(folder, name), time, time);
    await change(connect(), `${after}-again`);
    expect(text()).toBe(`# host\nAPI_SIGNING_KEY=${after}-again\n`);
    expect(readdirSync(folder).sort()).toEqual(['.env', '.env.rekey.json']);
  });

  it('behind a slow link is changed all the same, and runs its commands', async () => {
    begin();
    proxy.delay(40);
    const environment = connect(proxy.port);
    await change(environment);
    expect(text()).toBe(`# host\nAPI_SIGNING_KEY=${after}\n`);
    expect(await environment.command('restart')).toMatchObject({
      outcome: 'ok',
      output: 'restarted\n',
    });
  });

  it('with a banner of 5,000 lines that look like errors is no other host', async () => {
    begin();
    await change(connect());
    expect(text()).toBe(`# host\nAPI_SIGNING_KEY=${after}\n`);
    // When something is wrong, its words are not taken for those of ssh.
    const stranger = connect();
    await pool.closeAll();
    writeFileSync(`${client.key}.pub.away`, readFileSync(`${client.key}.pub`));
    writeFileSync(`${client.key}.pub`, '');
    try {
      const error = await refusalOf(stranger);
      expect(error).toMatchObject({ code: 'ssh-refused' });
      expect(String(error)).not.toContain('Or not');
    } finally {
      writeFileSync(`${client.key}.pub`, readFileSync(`${client.key}.pub.away`));
    }
  });

  it('that dies in the middle of a write holds the old value or the new one, and is repaired by the next change', async () => {
    const found = { old: 0, new: 0 };
    for (let piece = 18; piece < 48; piece += 6) {
      begin();
      for (const name of readdirSync(folder)) if (name !== '.env') spawnSync('rm', [join(folder, name)]);
      proxy.cutAt({ way: 'up', piece }, () => void server.kill());
      const error = await refusalOf(connect(proxy.port));
      if (!proxy.hasCut) break;
      await server.start();
      proxy.cutAt(null);
      expect([`# host\nAPI_SIGNING_KEY=${before}\n`, `# host\nAPI_SIGNING_KEY=${after}\n`]).toContain(text());
      found[text().includes(before) ? 'old' : 'new'] += 1;
      if (error === 'changed') expect(text()).toContain(after);
      await change(connect(), `${after}-${piece}`);
      expect(text()).toBe(`# host\nAPI_SIGNING_KEY=${after}-${piece}\n`);
      expect(readdirSync(folder).sort()).toEqual(['.env', '.env.rekey.json']);
    }
    expect(found.old).toBeGreaterThan(1);
  });
});
