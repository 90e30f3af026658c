import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConnectionPool } from '#electron/environments/ssh/connection-pool.ts';
import { SftpFiles } from '#electron/environments/ssh/sftp-files.ts';
import { unsupportedDirective } from '#electron/environments/ssh/ssh-config-check.ts';
import { type SshServer, sshClient, startSshServer } from '#test/support/ssh-server.ts';

// What operators have in ~/.ssh already: aliases, hashed known_hosts, an agent, jumps.

const client = sshClient();
const userKnownHosts = join(client.folder, 'user_known_hosts');
const basics = readFileSync(client.configFile, 'utf8');
let server: SshServer;
let jump: SshServer;
let pool: ConnectionPool;

beforeAll(async () => {
  [server, jump] = await Promise.all([startSshServer(client), startSshServer(client)]);
});
afterEach(async () => {
  await pool.closeAll();
});
afterAll(async () => {
  await server.stop();
  await jump.stop();
  client.remove();
});

interface Setup {
  /** ssh_config, before what keeps this machine's own out. */
  config: string;
  knownHosts: string;
}

/** A file on the host as Rekey reads it through an alias; the identity comes from ssh_config or the agent. */
async function readThrough(address: string, { config, knownHosts }: Setup): Promise<string | undefined> {
  writeFileSync(client.configFile, `${config}\nHost *\n${basics}`);
  writeFileSync(userKnownHosts, knownHosts);
  writeFileSync(join(server.folder, 'seen'), 'from afar\n');
  pool = new ConnectionPool(() => ({
    knownHosts: client.knownHosts,
    configFile: client.configFile,
    credential: async () => null,
  }));
  const target = { address, identity: null, sudo: false, stored: [], environmentId: 'config' };
  const file = await new SftpFiles(address, () => pool.sftp(target)).read(join(server.folder, 'seen'), 1_000);
  return file?.bytes.toString('utf8');
}

const alias = (name: string, to: SshServer, ...more: string[]) =>
  [
    `Host ${name}`,
    'HostName 127.0.0.1',
    `Port ${to.port}`,
    `User ${userInfo().username}`,
    `IdentityFile ${client.key}`,
    ...more,
    '',
  ].join('\n  ');

/** As HashKnownHosts writes it. */
function hashed(lines: string): string {
  const file = join(client.folder, 'to-be-hashed');
  writeFileSync(file, lines);
  const { status, stderr } = spawnSync('ssh-keygen', ['-H', '-f', file], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return readFileSync(file, 'utf8');
}

describe('what the operator’s ssh knows', () => {
  it('is followed: an alias with host, port, user and key, and a hashed known_hosts', async () => {
    const knownHosts = hashed(server.knownHost);
    expect(knownHosts).toMatch(/^\|1\|/);
    expect(await readThrough('shop', { config: alias('shop', server), knownHosts })).toBe('from afar\n');
  });

  it('is followed through a jump, whose own key must be known too', async () => {
    const config = alias('jump', jump) + alias('inner', server, 'ProxyJump jump');
    const both = server.knownHost + jump.knownHost;
    expect(await readThrough('inner', { config, knownHosts: both })).toBe('from afar\n');
    await pool.closeAll();
    const one = readThrough('inner', { config, knownHosts: server.knownHost });
    await expect(one).rejects.toMatchObject({ code: 'host-key-unknown' });
  });

  it('is followed to the agent', async () => {
    const agent = spawnSync('ssh-agent', ['-s'], { encoding: 'utf8' }).stdout;
    const [, socket = ''] = /SSH_AUTH_SOCK=([^;]+)/.exec(agent) ?? [];
    const [, pid = ''] = /SSH_AGENT_PID=(\d+)/.exec(agent) ?? [];
    const before = process.env.SSH_AUTH_SOCK;
    process.env.SSH_AUTH_SOCK = socket;
    try {
      const config = alias('shop', server).replace(/ *IdentityFile.*\n/, '  IdentitiesOnly no\n');
      const setup = { config, knownHosts: server.knownHost };
      await expect(readThrough('shop', setup)).rejects.toMatchObject({ code: 'ssh-refused' });
      await pool.closeAll();
      spawnSync('ssh-add', ['-q', client.key]);
      expect(await readThrough('shop', setup)).toBe('from afar\n');
    } finally {
      process.kill(Number(pid));
      if (before === undefined) delete process.env.SSH_AUTH_SOCK;
      else process.env.SSH_AUTH_SOCK = before;
    }
  });

  it('may say things for people that change nothing here', async () => {
    const more = [
      'RequestTTY force',
      'ForwardAgent yes',
      'LocalForward 127.0.0.1:1 127.0.0.1:1',
      'PermitLocalCommand yes',
      'LocalCommand echo spoiled',
      'ControlMaster auto',
      `ControlPath ${join(client.folder, 'shared-%C')}`,
      'ControlPersist 60',
      'LogLevel DEBUG3',
    ];
    const config = alias('shop', server, ...more);
    expect(await readThrough('shop', { config, knownHosts: server.knownHost })).toBe('from afar\n');
  });

  it.each([
    ['RemoteCommand', 'tmux attach'],
    ['SessionType', 'none'],
    ['ForkAfterAuthentication', 'yes'],
    ['StdinNull', 'yes'],
    ['GlobalKnownHostsFile', '/etc/elsewhere'],
  ])('is refused by name where it cannot be followed: %s', async (directive, value) => {
    const config = alias('shop', server, `${directive} ${value}`);
    // When an environment is added, which asks first …
    await readThrough('shop', { config: alias('shop', server), knownHosts: server.knownHost });
    writeFileSync(client.configFile, `${config}\nHost *\n${basics}`);
    const asked = await unsupportedDirective({ address: 'shop' }, { configFile: client.configFile });
    expect(asked).toMatchObject({ code: 'ssh-unsupported', details: { directive } });
    expect(asked?.message).toContain(directive);
    await pool.closeAll();
    // … and where it keeps an environment that was added before from being reached.
    const knownHosts = directive === 'GlobalKnownHostsFile' ? '' : server.knownHost;
    const error = await readThrough('shop', { config, knownHosts }).catch((reason: unknown) => reason);
    if (directive !== 'SessionType') expect(error).toMatchObject({ details: { directive } });
  });
});
