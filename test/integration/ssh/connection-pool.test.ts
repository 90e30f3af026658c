import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ConnectionPool } from '#electron/environments/ssh/connection-pool.ts';
import { type SshServer, sshClient, startSshServer } from '#test/support/ssh-server.ts';

const client = sshClient();
let server: SshServer;
beforeAll(async () => {
  server = await startSshServer(client);
  writeFileSync(client.knownHosts, server.knownHost.replace('[127.0.0.1]', '[127.*.*.*]'));
});
afterAll(async () => {
  vi.useRealTimers();
  await server.stop();
  client.remove();
});

it('a connection that nobody used for minutes is closed, and opened anew when it is needed', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  let now = 0;
  const pool = new ConnectionPool(
    () => ({ knownHosts: client.knownHosts, configFile: client.configFile, credential: async () => null }),
    { monotonic: () => now },
  );
  const target = {
    address: server.address,
    identity: client.key,
    sudo: false,
    stored: [],
    environmentId: 'pool',
  };
  try {
    const first = await pool.open(target);
    now += 4 * 60_000;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(first.isOpen).toBe(true);
    now += 2 * 60_000;
    await vi.advanceTimersByTimeAsync(60_000);
    await vi.waitFor(() => expect(first.isOpen).toBe(false), 5_000);
    const second = await pool.open(target);
    expect(second).not.toBe(first);
    await (await second.sftp()).stat('/');
  } finally {
    await pool.closeAll();
  }
});
