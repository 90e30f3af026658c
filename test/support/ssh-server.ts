import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** A real sshd of this machine, on a port of its own: several of them are several hosts. */
export interface SshServer {
  /** `USER@127.0.0.1:PORT`. */
  address: string;
  port: number;
  /** `SHA256:…`, as ssh-keygen prints it. */
  fingerprint: string;
  folder: string;
  /** A line for known_hosts. */
  knownHost: string;
  /** What sshd wrote so far. */
  log(): string;
  kill(signal?: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface SshClientFiles {
  folder: string;
  /** Private key that every server of this client accepts. */
  key: string;
  knownHosts: string;
  /** An ssh_config without anything of the user's. */
  configFile: string;
}

/** Keys and files of one client; `remove` when the tests are over. */
export function sshClient(): SshClientFiles & { remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'rekey-ssh-client-'));
  const key = join(folder, 'key');
  generateKey(key);
  const knownHosts = join(folder, 'known_hosts');
  writeFileSync(knownHosts, '');
  const configFile = join(folder, 'config');
  writeFileSync(configFile, `UserKnownHostsFile ${join(folder, 'user_known_hosts')}\nIdentitiesOnly yes\n`);
  return {
    folder,
    key,
    knownHosts,
    configFile,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Starts a server that accepts the client's key; `settings` are further lines of sshd_config. */
export async function startSshServer(
  client: SshClientFiles,
  settings: readonly string[] = [],
): Promise<SshServer> {
  // For the separated privileges of one that root starts.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'rekey-sshd-'));
  const unless = (name: string, line: string) =>
    settings.some((given) => given.startsWith(name)) ? [] : [line];
  const hostKey = join(folder, 'host_key');
  generateKey(hostKey);
  const port = await freePort();
  const config = join(folder, 'sshd_config');
  const log = join(folder, 'log');
  writeFileSync(log, '');
  writeFileSync(
    config,
    [
      ...unless('ListenAddress', 'ListenAddress 127.0.0.1'),
      `Port ${port}`,
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${client.key}.pub`,
      `PidFile ${join(folder, 'pid')}`,
      // Without root the account's own entry in shadow cannot be read, and counts as locked unless PAM is asked.
      `UsePAM ${process.getuid?.() === 0 ? 'no' : 'yes'}`,
      'StrictModes no',
      'PermitRootLogin yes',
      'MaxStartups 200',
      ...settings,
      ...unless('Subsystem', 'Subsystem sftp /usr/lib/openssh/sftp-server'),
      // What this machine's user does at each login is no part of the tests; killed in the middle, it may leave a lock.
      ...unless('SetEnv', `SetEnv HOME=${folder}`),
      '',
    ].join('\n'),
  );
  let sshd: ChildProcess | null = null;
  const start = async () => {
    sshd = spawn('/usr/sbin/sshd', ['-D', '-f', config, '-E', log], { stdio: 'ignore' });
    await untilListening(port);
  };
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (!sshd || sshd.exitCode !== null || sshd.signalCode !== null) return;
    const ended = once(sshd, 'exit');
    // Its descendants hold the open connections.
    if (signal === 'SIGKILL') for (const pid of descendantsOf(sshd.pid ?? 0)) killIfThere(pid);
    sshd.kill(signal);
    await ended;
  };
  await start();
  const publicKey = readFileSync(`${hostKey}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  const printed = spawnSync('ssh-keygen', ['-l', '-f', `${hostKey}.pub`], { encoding: 'utf8' }).stdout;
  return {
    address: `${userInfo().username}@127.0.0.1:${port}`,
    port,
    fingerprint: /SHA256:\S+/.exec(printed)?.[0] ?? '',
    folder,
    knownHost: `[127.0.0.1]:${port} ${publicKey}\n`,
    log: () => readFileSync(log, 'utf8'),
    kill,
    start,
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function descendantsOf(pid: number): number[] {
  const children = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' }).stdout.split('\n');
  return children.filter(Boolean).flatMap((child) => [...descendantsOf(Number(child)), Number(child)]);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function generateKey(path: string): void {
  const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port');
  return address.port;
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await wait(25);
  }
  throw new Error(`sshd does not listen on ${port}`);
}
