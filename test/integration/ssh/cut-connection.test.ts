import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DotenvEnvironment } from '#electron/environments/dotenv-environment.ts';
import { ConnectionPool } from '#electron/environments/ssh/connection-pool.ts';
import { SshHost } from '#electron/environments/ssh/ssh-host.ts';
import { newState } from '#electron/environments/state-file.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { emptyKeyState } from '#shared/model/environment.ts';
import { Secret } from '#shared/model/secret.ts';
import { type SshServer, sshClient, startSshServer } from '#test/support/ssh-server.ts';
import { type CutPoint, startTcpProxy, type TcpProxy } from '#test/support/tcp-proxy.ts';
import { temporaryDotenv } from '../support/temporary-dotenv.ts';

/** Every how many-th piece is lost; all of them in `npm run test:long`. */
const stride = process.env.REKEY_TEST_LONG === '1' ? 1 : 6;

/** Codes of what a person may be told; which one depends on where the connection was cut. */
const told = ['connection-lost', 'host-unreachable', 'commit-unknown'];

const client = sshClient();
let server: SshServer;
let proxy: TcpProxy;
beforeAll(async () => {
  server = await startSshServer(client);
  proxy = await startTcpProxy(server.port);
  writeFileSync(
    client.knownHosts,
    server.knownHost + server.knownHost.replace(`:${server.port}`, `:${proxy.port}`),
  );
});
afterAll(async () => {
  await proxy.close();
  await server.stop();
  client.remove();
});

const before = 'a-value-that-was-there-before-0123456789';
const after = 'a-value-that-is-there-afterwards-9876543';

describe('a connection that is cut at every step of a change', { timeout: 300_000 }, () => {
  for (const way of ['up', 'down'] as const) {
    const lost = way === 'up' ? 'the request' : 'the answer';
    it(`leaves the old value or the new one, when ${lost} is lost`, async () => {
      const found = { old: 0, new: 0 };
      let piece = 1;
      while (await change({ way, piece }, found)) piece += stride;
      console.log(`cut at ${piece - 1} pieces (${way}), every ${stride}: old ${found.old}, new ${found.new}`);
      expect(found.old).toBeGreaterThan(4);
      expect(found.new).toBeGreaterThan(0);
    });
  }
});

/** One change through a connection that is cut; false when the change was done before the cut came. */
async function change(point: CutPoint, found: { old: number; new: number }): Promise<boolean> {
  const dotenv = temporaryDotenv(`# cut\nAPI_SIGNING_KEY=${before}\nPORT=8080\n`);
  const pool = new ConnectionPool(() => ({
    knownHosts: client.knownHosts,
    configFile: client.configFile,
    credential: async () => null,
  }));
  const through = (port: number) =>
    new DotenvEnvironment(
      dotenv.config(),
      dotenv.path,
      new SshHost({
        target: {
          address: `${userInfo().username}@127.0.0.1:${port}`,
          identity: client.key,
          sudo: false,
          stored: [],
          environmentId: 'cut',
        },
        pool,
        commandsRun: 'here',
        healthFrom: 'here',
      }),
      { clock: systemClock },
    );
  const state = newState(dotenv.config().id);
  const set = async (environment: DotenvEnvironment, value: string) => {
    const { revision, state: present } = await environment.read();
    await environment.apply(
      {
        values: new Map([['API_SIGNING_KEY', new Secret(value)]]),
        pending: {},
        after: {
          ...(present ?? state),
          keys: { API_SIGNING_KEY: { ...emptyKeyState, version: value.length } },
        },
      },
      revision,
    );
  };
  proxy.cutAt(point);
  try {
    const error = await set(through(proxy.port), after).catch((reason: { code?: string }) => reason);
    const { hasCut } = proxy;
    proxy.cutAt(null);
    if (!hasCut) {
      expect(error).toBeUndefined();
      return false;
    }
    // Rekey may have connected anew, to take away what it left.
    await pool.closeAll();
    await proxy.quiet();
    const where = `${point.way} ${point.piece}`;
    const direct = through(server.port);
    const value = (await direct.read()).values.get('API_SIGNING_KEY')?.reveal() ?? '';
    expect([before, after], where).toContain(value);
    found[value === before ? 'old' : 'new'] += 1;
    // Only a cut after the last step goes unnoticed.
    if (error === undefined) expect(value, where).toBe(after);
    else expect(told, `${where}: ${error}`).toContain(error.code);
    // Whatever was left behind (a lock, temporary files) is in nobody's way, and gone afterwards.
    await set(direct, 'a-value-of-the-next-change-00112233445');
    expect(dotenv.text(), where).toBe(
      '# cut\nAPI_SIGNING_KEY=a-value-of-the-next-change-00112233445\nPORT=8080\n',
    );
    expect(dotenv.names(), where).toEqual(['.env', '.env.rekey.json']);
    return true;
  } finally {
    await pool.closeAll();
    dotenv.dispose();
  }
}
