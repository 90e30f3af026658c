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

/** A pool whose time goes by on demand, and the host that it reaches. */
function openPool() {
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
  const pass = async (minutes: number) => {
    now += minutes * 60_000;
    await vi.advanceTimersByTimeAsync(60_000);
  };
  return { pool, target, pass };
}

it('a connection that nobody used for minutes is closed, and opened anew when it is needed', async () => {
  const { pool, target, pass } = openPool();
  try {
    const first = await pool.open(target);
    await pass(4);
    expect(first.isOpen).toBe(true);
    await pass(2);
    await vi.waitFor(() => expect(first.isOpen).toBe(false), 5_000);
    const second = await pool.open(target);
    expect(second).not.toBe(first);
    await (await second.sftp()).stat('/');
  } finally {
    await pool.closeAll();
  }
});

it('a connection that is kept for a run stays, used or not, until the last run lets it go', async () => {
  const { pool, target, pass } = openPool();
  try {
    const letGo = [pool.keep(target), pool.keep(target)];
    const connection = await pool.open(target);
    await pass(60);
    expect(connection.isOpen).toBe(true);
    letGo[0]?.();
    // Letting go twice lets go once.
    letGo[0]?.();
    await pass(60);
    expect(connection.isOpen).toBe(true);
    letGo[1]?.();
    await pass(60);
    await vi.waitFor(() => expect(connection.isOpen).toBe(false), 5_000);
  } finally {
    await pool.closeAll();
  }
});
