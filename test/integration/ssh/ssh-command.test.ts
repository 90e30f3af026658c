import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SshServer, sshClient, startSshServer } from '#test/support/ssh-server.ts';
import { RekeyWorld, strong } from '../command/rekey-command.ts';

interface Failure {
  error: { code: string; message: string; remedy: string; details?: { hosts?: string; run_id?: string } };
}
interface Run {
  run_id: string;
  state: string;
  rotations: { key: string; state: string }[];
  hosts?: { host: string; state: string }[];
  excluded_hosts?: { host: string; reason: string }[];
}
interface Status {
  environments: {
    reachable: boolean;
    findings: { code: string; message: string }[];
    keys: { key: string; status: string; fingerprint: string }[];
    hosts?: { host: string; reachable: boolean; keys: { key: string; status: string }[] }[];
  }[];
}

const client = sshClient();
const servers: SshServer[] = [];
let world: RekeyWorld;
beforeAll(async () => {
  for (let count = 0; count < 3; count += 1) servers.push(await startSshServer(client));
  world = new RekeyWorld({ REKEY_SSH_CONFIG: client.configFile });
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  world.remove();
  client.remove();
});

const key = 'API_SIGNING_KEY';
/** The dotenv file of a host, below the folder of its server. */
function fileOn(server: SshServer, name: string, value: string): string {
  const folder = join(server.folder, name);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, '.env');
  writeFileSync(path, `# ${name}\nexport ${key}="${value}"\nPORT=80\n`);
  chmodSync(path, 0o640);
  return path;
}
const valueIn = (path: string) =>
  new RegExp(`^export ${key}="(.*)"$`, 'm').exec(readFileSync(path, 'utf8'))?.[1];
const add = (name: string, ...args: string[]) =>
  world.json<{ id: string } & Failure>('env add', [
    '--name',
    name,
    '--stage',
    'staging',
    '--identity',
    client.key,
    ...args,
  ]);
const reason = ['--reason', 'test'];

describe('a host over SSH', () => {
  it('is not connected to before its key was compared; the fingerprint to compare is said', async () => {
    const [server] = servers as [SshServer];
    const path = fileOn(server, 'unknown', strong.webhook);
    const location = `${server.address}${path}`;
    const unknown = await add('unknown', '--ssh', location);
    expect([unknown.code, unknown.document.error.code]).toEqual([3, 'host-key-unknown']);
    expect(unknown.document.error.message).toContain(server.fingerprint);
    const wrong = await add('unknown', '--ssh', location, '--host-key', `SHA256:${'A'.repeat(43)}`);
    expect([wrong.code, wrong.document.error.code]).toEqual([3, 'host-key-unknown']);
    expect(wrong.document.error.message).toContain('and not');
    expect(readdirSync(join(path, '..'))).toEqual(['.env']);
  });

  it('is added with its compared key, looked at, and rotated; the file keeps what it was', async () => {
    const [server] = servers as [SshServer];
    const value = strong.webhook;
    const path = fileOn(server, 'one', value);
    const added = await add('one', '--ssh', `${server.address}${path}`, '--host-key', server.fingerprint);
    expect(added.code, added.stdout).toBe(0);
    const before = await world.json<Status>('status', ['one']);
    expect(before.document.environments[0]?.keys[0]).toMatchObject({ key, status: 'unrecorded' });
    expect(before.document.environments[0]?.hosts).toBeUndefined();
    const run = await world.json<Run>('rotate', ['one', key, '--force', '--emergency', '--yes', ...reason]);
    expect(run.document.rotations[0]?.state, run.stderr).toBe('adopted');
    expect(valueIn(path)).not.toBe(value);
    expect(readFileSync(path, 'utf8')).toMatch(/^# one\nexport API_SIGNING_KEY=".{32,}"\nPORT=80\n$/);
    expect(statSync(path).mode & 0o7777).toBe(0o640);
    expect(readdirSync(join(path, '..')).sort()).toEqual(['.env', '.env.rekey.json']);
    expect(statSync(`${path}.rekey.json`).mode & 0o7777).toBe(0o600);
  });

  it('whose key has changed is a hard stop that explains itself', async () => {
    const server = await startSshServer(client);
    servers.push(server);
    const path = fileOn(server, 'changed', strong.webhook);
    const other = servers[0] as SshServer;
    const line = other.knownHost.replace(/:\d+\]?/, `:${server.port}`);
    appendFileSync(join(client.folder, 'user_known_hosts'), line);
    const changed = await add(
      'changed',
      '--ssh',
      `${server.address}${path}`,
      '--host-key',
      server.fingerprint,
    );
    expect([changed.code, changed.document.error.code]).toEqual([3, 'host-key-changed']);
    expect(changed.document.error.remedy).toMatch(/by another way/);
  });

  it('takes a passphrase from the keychain, and says so when it has none or a wrong one', async () => {
    const [server] = servers as [SshServer];
    const locked = join(client.folder, 'locked');
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'over the hills', '-f', locked]);
    appendFileSync(`${client.key}.pub`, readFileSync(`${locked}.pub`));
    const path = fileOn(server, 'locked', strong.webhook);
    const first = await add('locked', '--ssh', `${server.address}${path}`);
    expect(first.code, first.stdout).toBe(0);
    const set = await world.call(['env', 'set', 'locked'], {
      input: JSON.stringify({ ssh: { identity: locked } }),
    });
    expect(set.code, set.stderr).toBe(0);
    expect((await world.json<Status>('status', ['locked'])).document.environments[0]?.findings[0]?.code).toBe(
      'ssh-refused',
    );
    const credential = (text: string) =>
      world.call(['env', 'credential', 'locked', '--kind', 'ssh-passphrase'], { input: text });
    expect((await credential('through the woods')).code).toBe(0);
    expect((await world.json<Status>('status', ['locked'])).code).toBe(3);
    expect((await credential('over the hills')).code).toBe(0);
    const good = await world.json<Status>('status', ['locked']);
    expect(good.document.environments[0], good.stdout).toMatchObject({ reachable: true, keys: [{ key }] });
  });

  it('that cannot be reached is named, with what ssh says', async () => {
    const refused = await add('nowhere', '--ssh', '127.0.0.1:1/srv/app/.env');
    expect([refused.code, refused.document.error.code]).toEqual([3, 'host-unreachable']);
    expect(refused.document.error.message).toMatch(/^127\.0\.0\.1:1 .*refused/);
    const odd = await add('odd', '--ssh', '-oProxyCommand=x/srv/.env');
    expect([odd.code, odd.document.error.code]).toEqual([2, 'invalid-input']);
  });
});

describe('a fleet over SSH', () => {
  const hosts = () => servers.slice(0, 3);

  it('is rotated in an emergency with one host down, which is left out and seen to be behind', async () => {
    const value = strong.webhook;
    const files = hosts().map((server) => fileOn(server, 'fleet', value));
    const places = hosts().flatMap((server, index) => ['--ssh', `${server.address}${files[index]}`]);
    const keys = hosts().flatMap((server) => ['--host-key', server.fingerprint]);
    const restart = ['--restart', 'true'];
    const verify = ['--verify', 'true'];
    const added = await add('fleet', ...places, ...keys, ...restart, ...verify);
    expect(added.code, added.stdout).toBe(0);

    const [, , third] = hosts() as [SshServer, SshServer, SshServer];
    await third.kill();
    const emergency = ['fleet', '--all', '--emergency', '--yes', ...reason];
    const stopped = await world.json<Failure>('rotate', emergency);
    expect(stopped.code, stopped.stdout).toBe(3);
    expect(stopped.document.error.details?.hosts).toBe(third.address);
    expect(files.map(valueIn)).toEqual([value, value, value]);

    const run = await world.json<Run>('rotate', [...emergency, '--exclude', third.address]);
    expect([run.code, run.document.state], run.stdout + run.stderr).toEqual([0, 'completed-with-deviations']);
    expect(run.document.excluded_hosts).toMatchObject([{ host: third.address }]);
    expect(valueIn(files[0] ?? '')).not.toBe(value);
    expect(valueIn(files[1] ?? '')).toBe(valueIn(files[0] ?? ''));

    const down = await world.json<Status>('status', ['fleet']);
    expect(down.code).toBe(3);
    expect(down.document.environments[0]?.hosts?.map(({ reachable }) => reachable)).toEqual([
      true,
      true,
      false,
    ]);
    await third.start();
    const back = await world.json<Status>('status', ['fleet']);
    expect(back.code).toBe(1);
    const statuses = back.document.environments[0]?.hosts?.map((host) => host.keys[0]?.status);
    expect(statuses).toEqual(['ok', 'ok', 'drifted']);
    expect(back.document.environments[0]?.findings.map(({ code }) => code)).toContain('host-drift');

    const caught = await world.json<{ set: string[] }>('env catch-up', [
      'fleet',
      third.address,
      '--yes',
      ...reason,
    ]);
    expect([caught.code, caught.document.set], caught.stdout + caught.stderr).toEqual([0, [key]]);
    expect(new Set(files.map(valueIn)).size).toBe(1);
    expect((await world.json<Status>('status', ['fleet'])).code).toBe(0);
    const verified = await world.call(['events', 'verify']);
    expect(verified.code).toBe(0);

    // An auditor sees the rotation, and that a host was left out of it.
    const day = new Date().toISOString().slice(0, 10);
    const made = await world.json<{ bundle: string; verified: boolean }>('report create', [
      ...['--from', day, '--to', day, '--time-zone', 'UTC'],
    ]);
    expect([made.code, made.document.verified], made.stdout + made.stderr).toEqual([0, true]);
    const report = readFileSync(join(made.document.bundle, 'report.json'), 'utf8');
    const told = JSON.parse(report) as { rotations: { run_id: string; outcome: string }[] };
    expect(told.rotations.find(({ run_id }) => run_id === run.document.run_id)?.outcome).toBe('rotated');
    expect(readFileSync(join(made.document.bundle, 'log', 'events.jsonl'), 'utf8')).toContain(
      'host-excluded',
    );
  });

  it('left a host unfinished: the run waits (exit 4), names it, and goes on when it is repaired', async () => {
    const value = strong.webhook;
    const files = hosts().map((server) => fileOn(server, 'waits', value));
    const places = hosts().flatMap((server, index) => ['--ssh', `${server.address}${files[index]}`]);
    const added = await add('waits', ...places, '--restart', `test ! -e broken`, '--verify', 'true');
    expect(added.code, added.stdout).toBe(0);
    const patch = {
      commands: { restart: { argv: ['/bin/sh', '-c', 'test ! -e "$SSH_CONNECTION_BROKEN"'] } },
    };
    // The second host's port decides: its restart fails while a file of that name is there.
    const broken = join(world.root, 'broken');
    patch.commands.restart.argv = [
      '/bin/sh',
      '-c',
      `set -- $SSH_CONNECTION; test ! -e ${broken} || test "$4" != ${hosts()[1]?.port}`,
    ];
    writeFileSync(broken, '');
    await world.set('waits', patch);
    const run = await world.json<Run>('rotate', ['waits', key, '--force', '--emergency', '--yes', ...reason]);
    expect([run.code, run.document.state], run.stdout + run.stderr).toEqual([4, 'paused']);
    expect(run.document.hosts?.find(({ state }) => state === 'failed')?.host).toBe(hosts()[1]?.address);
    spawnSync('rm', [broken]);
    const done = await world.json<Run>('run resume', [run.document.run_id, '--yes']);
    expect([done.code, done.document.state], done.stdout + done.stderr).toEqual([0, 'completed']);
    expect(new Set(files.map(valueIn)).size).toBe(1);
  });

  it('takes another host with its compared key only, and gives it the records of the others', async () => {
    const [first, second] = hosts();
    const another = await startSshServer(client);
    servers.push(another);
    const trio = [first, second, another] as SshServer[];
    const files = trio.map((server) => fileOn(server, 'grows', strong.webhook));
    const location = (index: number) => `${trio[index]?.address}${files[index]}`;
    const added = await add('grows', '--ssh', location(0), '--ssh', location(1));
    expect(added.code, added.stdout).toBe(0);
    const three = trio.map(({ address }, index) => ({ address, path: files[index] }));
    const input = JSON.stringify({ ssh: { hosts: three, waves: { first: 1, rest: 1 } } });
    const unknown = await world.json<Failure>('env set', ['grows'], { input });
    expect([unknown.code, unknown.document.error.code]).toEqual([3, 'host-key-unknown']);
    expect(unknown.document.error.message).toContain(another.fingerprint);
    const before = await world.json<{ connector: { hosts: unknown[] } }>('env show', ['grows']);
    expect(before.document.connector.hosts).toHaveLength(2);
    const keys = trio.flatMap(({ fingerprint }) => ['--host-key', fingerprint]);
    const grown = await world.json<{ connector: { hosts: unknown[]; waves: object } }>(
      'env set',
      ['grows', ...keys],
      { input },
    );
    expect(grown.code, grown.stdout).toBe(0);
    expect(grown.document.connector).toMatchObject({ hosts: three, waves: { first: 1, rest: 1 } });
    const states = files.map((path) => readFileSync(`${path}.rekey.json`, 'utf8'));
    expect(new Set(states.map((text) => JSON.parse(text).fingerprintKey)).size).toBe(1);
  });
});
