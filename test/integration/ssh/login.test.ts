import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DotenvEnvironment } from '#electron/environments/dotenv-environment.ts';
import { ConnectionPool } from '#electron/environments/ssh/connection-pool.ts';
import { SshHost } from '#electron/environments/ssh/ssh-host.ts';
import { newState } from '#electron/environments/state-file.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { EnvironmentConfig } from '#shared/model/environment.ts';
import { Secret } from '#shared/model/secret.ts';
import { type SshServer, sshClient, startSshServer } from '#test/support/ssh-server.ts';
import { canMakeUsers, makeSystemUser, type SystemUser } from '#test/support/system-user.ts';

type Kind = 'ssh-password' | 'ssh-passphrase' | 'sudo';

const value = 'a-value-behind-a-login-0123456789abcdef';
const next = 'a-value-behind-a-login-fedcba9876543210';

describe.skipIf(!canMakeUsers)('logging in (without root: skipped, since it makes a system user)', () => {
  const client = sshClient();
  let server: SshServer;
  let user: SystemUser;
  let folder: string;
  let path: string;
  const pools: ConnectionPool[] = [];

  beforeAll(async () => {
    user = makeSystemUser();
    // sshd reads the accepted keys as the user who logs in.
    chmodSync(client.folder, 0o755);
    server = await startSshServer(client, ['PasswordAuthentication yes']);
    writeFileSync(client.knownHosts, server.knownHost);
    folder = mkdtempSync(join(tmpdir(), 'rekey-login-'));
    chmodSync(folder, 0o755);
    path = join(folder, '.env');
  });
  afterAll(async () => {
    for (const pool of pools) await pool.closeAll();
    await server.stop();
    user.remove();
    client.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The file belongs to root, or to the user. */
  function begin(owner: 'root' | 'user'): void {
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    writeFileSync(path, `API_SIGNING_KEY=${value}\n`, { mode: 0o600 });
    const [uid, gid] = owner === 'root' ? [0, 0] : [Number(idOf('-u')), Number(idOf('-g'))];
    chownSync(path, uid, gid);
    chownSync(folder, uid, gid);
  }
  const idOf = (what: string) => spawnSync('id', [what, user.name], { encoding: 'utf8' }).stdout;

  function connect(how: {
    credentials?: Partial<Record<Kind, string>>;
    identity?: boolean;
    sudo?: boolean;
    stored?: Kind[];
  }) {
    const { credentials = {}, identity = false, sudo = false } = how;
    const asked: Kind[] = [];
    const pool = new ConnectionPool(() => ({
      patience: 120_000,
      knownHosts: client.knownHosts,
      configFile: client.configFile,
      credential: async (kind) => {
        asked.push(kind);
        const text = credentials[kind];
        return text === undefined ? null : new Secret(text);
      },
    }));
    pools.push(pool);
    const config = EnvironmentConfig.parse({
      id: '0198c5a0-1111-4111-8111-111111111111',
      name: 'login',
      stage: 'development',
      connector: { kind: 'dotenv-file', path, parser: 'dotenv' },
    });
    const target = {
      address: `${user.name}@127.0.0.1:${server.port}`,
      identity: identity ? client.key : null,
      sudo,
      stored: how.stored ?? (Object.keys(credentials) as Kind[]),
      environmentId: config.id,
    };
    const host = new SshHost({ target, pool, commandsRun: 'on-host', healthFrom: 'on-host' });
    return { environment: new DotenvEnvironment(config, path, host, { clock: systemClock }), asked };
  }
  async function readAndReplace(environment: DotenvEnvironment): Promise<void> {
    const { values, revision } = await environment.read();
    expect(values.get('API_SIGNING_KEY')?.reveal()).toBe(value);
    const change = { values: new Map([['API_SIGNING_KEY', new Secret(next)]]), pending: {} };
    await environment.apply({ ...change, after: newState(environment.config.id) }, revision);
    expect(readFileSync(path, 'utf8')).toBe(`API_SIGNING_KEY=${next}\n`);
    expect(readdirSync(folder).sort()).toEqual(['.env', '.env.rekey.json']);
  }
  const refusal = (environment: DotenvEnvironment) =>
    environment.read().then(
      () => 'read',
      (error: { code?: string; message?: string }) => error,
    );

  describe('with a password', () => {
    it('from the keychain reads and replaces the user’s file', async () => {
      begin('user');
      const { environment, asked } = connect({ credentials: { 'ssh-password': user.password } });
      await readAndReplace(environment);
      expect(asked).toEqual(['ssh-password']);
    });

    it('that is wrong is tried once', async () => {
      const before = server.log().match(/Failed password/g)?.length ?? 0;
      const { environment } = connect({ credentials: { 'ssh-password': 'not the password' } });
      expect(await refusal(environment)).toMatchObject({ code: 'ssh-refused' });
      expect((server.log().match(/Failed password/g)?.length ?? 0) - before).toBe(1);
    });

    it('that the keychain does not hold is named', async () => {
      const { environment } = connect({ stored: ['ssh-password'] });
      expect(await refusal(environment)).toMatchObject({ code: 'ssh-credential-missing' });
    });

    it('is not asked for when none is stored', async () => {
      const { environment, asked } = connect({});
      expect(await refusal(environment)).toMatchObject({ code: 'ssh-refused' });
      expect(asked).toEqual([]);
    });
  });

  describe('with sudo', () => {
    const program = '/usr/lib/openssh/sftp-server';

    it('that needs no password reads and replaces root’s file, which stays root’s', async () => {
      begin('root');
      user.allow(`NOPASSWD: ${program}`);
      const plain = connect({ identity: true });
      expect(await refusal(plain.environment)).toMatchObject({ code: 'no-read-permission' });
      const { environment } = connect({ identity: true, sudo: true });
      await readAndReplace(environment);
      expect(statSync(path)).toMatchObject({ uid: 0, gid: 0 });
      expect(statSync(path).mode & 0o777).toBe(0o600);
    });

    it('that needs a password takes it from the keychain', async () => {
      begin('root');
      user.allow(program);
      const { environment, asked } = connect({
        identity: true,
        sudo: true,
        credentials: { sudo: user.password },
      });
      await readAndReplace(environment);
      expect(asked).toEqual(['sudo']);
    });

    it('whose password is wrong, or missing, says so', async () => {
      user.allow(program);
      const wrong = connect({ identity: true, sudo: true, credentials: { sudo: 'not the password' } });
      const refused = await refusal(wrong.environment);
      expect(refused).toMatchObject({ code: 'sudo-refused' });
      expect(refused).toHaveProperty('message', expect.stringContaining('refused the stored password'));
      const none = await refusal(connect({ identity: true, sudo: true }).environment);
      expect(none).toMatchObject({ code: 'sudo-refused' });
      expect(none).toHaveProperty(
        'message',
        expect.stringContaining('asks for a password, and none is stored'),
      );
      const missing = await refusal(connect({ identity: true, sudo: true, stored: ['sudo'] }).environment);
      expect(missing).toMatchObject({ code: 'ssh-credential-missing' });
    });

    it('does not keep anyone waiting where the login fails', async () => {
      const credentials = { sudo: user.password };
      const { environment } = connect({ sudo: true, credentials });
      // It would wait for as long as an answer may take, which here is longer than a test.
      expect(await refusal(environment)).toMatchObject({ code: 'ssh-refused' });
    });

    it('that does not allow it says so; one that asks for nothing although a password is stored works', async () => {
      user.allow(null);
      const credentials = { sudo: user.password };
      expect(await refusal(connect({ identity: true, sudo: true, credentials }).environment)).toMatchObject({
        code: 'sudo-refused',
      });
      begin('root');
      user.allow(`NOPASSWD: ${program}`);
      const { environment } = connect({ identity: true, sudo: true, credentials });
      await readAndReplace(environment);
    });
  });
});
