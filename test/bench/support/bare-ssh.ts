import { spawn } from 'node:child_process';
import { atOnce } from '#electron/environments/fleet/at-once.ts';
import { OpensshConnection } from '#electron/environments/ssh/openssh-connection.ts';
import type { SshServer } from '#test/support/ssh-server.ts';
import type { SshFleet } from './ssh-fleet.ts';

/** Reads both files of every host through a connection of its own, `limit` at a time; milliseconds. */
export async function bareReads(fleet: SshFleet, limit: number): Promise<number> {
  const started = performance.now();
  const results = await atOnce(fleet.servers, limit, async (server) => {
    const file = fleet.fileOf(server);
    const text = await bareSsh(fleet, server, `cat ${file} ${file}.rekey.json`);
    if (!text.includes('PORT=8080')) throw new Error('the file was not read');
  });
  const failed = results.find((result) => 'error' in result);
  if (failed && 'error' in failed) throw failed.error;
  return performance.now() - started;
}

/** What a command on the host prints. */
export function bareSsh(fleet: SshFleet, server: SshServer, command: string): Promise<string> {
  const [user = ''] = server.address.split('@');
  const args = [
    ...['-F', fleet.client.configFile, '-i', fleet.client.key, '-p', String(server.port), '-l', user],
    ...['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-a', '-x', '-T'],
    ...['--', '127.0.0.1', command],
  ];
  return new Promise((resolve, reject) => {
    const ssh = spawn('ssh', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    ssh.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    ssh.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    ssh.once('error', reject);
    ssh.once('close', (code) => (code === 0 ? resolve(stdout) : reject(new Error(`ssh: ${code} ${stderr}`))));
  });
}

/**
 * What a rotation must at least do on every host, and nothing else: one connection, both files read before and after,
 * a lock made and taken away, three files written beside their places, synced and renamed, the service restarted, and
 * one command to verify it. The first wave ends before the second begins; milliseconds.
 */
export async function bareRotation(
  fleet: SshFleet,
  { first, limit }: { first: number; limit: number },
): Promise<number> {
  const started = performance.now();
  const restart = fleet.config.commands.restart?.argv.join(' ') ?? 'true';
  const onHost = async (server: SshServer): Promise<void> => {
    const target = { address: server.address, identity: fleet.client.key, sudo: false, stored: [] };
    const connection = new OpensshConnection(
      { ...target, environmentId: 'bare' },
      { knownHosts: '/dev/null', configFile: fleet.client.configFile, credential: async () => null },
    );
    const client = await connection.sftp();
    const file = fleet.fileOf(server);
    const read = async (path: string) => {
      const handle = await client.openToRead(path);
      const { bytes } = await client.readFile(handle, 1 << 20);
      client.letGo(handle);
      return bytes;
    };
    const write = async (path: string, bytes: Buffer) => {
      const handle = await client.openNew(`${path}.bare`, 0o600);
      await client.write(handle, bytes);
      await client.sync(handle);
      client.letGo(handle);
      await client.rename(`${path}.bare`, path);
    };
    const run = async (command: string) => {
      const child = await connection.exec(command);
      child.stdout.resume();
      child.stderr.resume();
      await child.ended;
    };
    const text = await read(file);
    const state = await read(`${file}.rekey.json`);
    await write(`${file}.bare-lock`, Buffer.from('lock'));
    await write(`${file}.rekey.json`, state);
    await write(file, text);
    await write(`${file}.rekey.json`, state);
    await client.remove(`${file}.bare-lock`);
    await run(restart);
    await run('true');
    await read(file);
    await read(`${file}.rekey.json`);
    await connection.close();
  };
  for (const wave of [fleet.servers.slice(0, first), fleet.servers.slice(first)]) {
    const results = await atOnce(wave, limit, onHost);
    const failed = results.find((result) => 'error' in result);
    if (failed && 'error' in failed) throw failed.error;
  }
  return performance.now() - started;
}
