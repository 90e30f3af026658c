import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { parseSshAddress } from '#shared/logic/ssh-address.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { Secret } from '#shared/model/secret.ts';
import { type Askpass, openAskpass, type SshSecretKind } from './askpass.ts';
import { makeConnectionFolder } from './connection-folder.ts';
import { SftpClient } from './sftp/sftp-client.ts';
import { quoted } from './shell-quoting.ts';
import { unsupportedDirective } from './ssh-config-check.ts';
import { connectionLost, sshError } from './ssh-errors.ts';
import { tunnelStream } from './tunnel.ts';

/** What it takes to reach one host. */
export interface SshTarget {
  /** `[USER@]HOST[:PORT]`. */
  address: string;
  /** A private key file, beside those that ssh_config and the agent offer. */
  identity: string | null;
  /** Whether the files need another user's rights: the SFTP server is started under sudo. */
  sudo: boolean;
  /** Which credentials are in the keychain; ssh is asked for no others. */
  stored: readonly (SshSecretKind | 'sudo')[];
  /** Whose credentials they are. */
  environmentId: string;
}

export interface SshOptions {
  /** Host keys that were compared for Rekey; beside those that the user and the system know. */
  knownHosts: string;
  credential: (kind: SshSecretKind | 'sudo') => Promise<Secret | null>;
  /** Another ssh_config than the user's own. */
  configFile?: string | undefined;
  /** How long one answer may take, milliseconds. Default 20 s. */
  patience?: number | undefined;
}

/** A program on the host. */
export interface RemoteProcess {
  stdin: NodeJS.WritableStream;
  stdout: NodeJS.ReadableStream;
  stderr: NodeJS.ReadableStream;
  /** Resolves when its ssh has ended and all its output is read. */
  ended: Promise<void>;
  kill(): void;
}

const defaultPatience = 20_000;
/** Where the SFTP server of OpenSSH lies on the systems that have it. */
const sftpServers = [
  '/usr/lib/openssh/sftp-server',
  '/usr/libexec/openssh/sftp-server',
  '/usr/lib/ssh/sftp-server',
  '/usr/libexec/sftp-server',
  '/usr/local/libexec/sftp-server',
];
const sudoPrompt = 'rekey-asks-for-sudo:';
/** The remote side says so right before it starts sudo. */
const sudoStarts = 'rekey-starts-sudo';
/** How long sudo may take to ask, milliseconds. One that has not asked by then needs no password. */
const sudoAsksWithin = 5_000;

/**
 * One host over the OpenSSH of this machine: one `ssh` that carries SFTP on its standard input and output, and the
 * further channels (commands, connections) through its control socket. ssh reads ssh_config, known_hosts, agents and
 * jumps by itself; what would get in the way of that is set aside here, by name.
 *
 * The folder of the control socket is private. When this process dies, ssh sees the end of its input and ends too.
 */
export class OpensshConnection {
  readonly target: SshTarget;
  readonly #options: SshOptions;
  readonly #folder: string;
  #askpass: Askpass | null = null;
  #ssh: ChildProcess | null = null;
  #client: Promise<SftpClient> | null = null;
  #channels = 0;
  /** Channels that have not ended. */
  #running = 0;
  #sftp: SftpClient | null = null;

  constructor(target: SshTarget, options: SshOptions) {
    this.target = target;
    this.#options = options;
    this.#folder = makeConnectionFolder();
  }

  /** Whether a client is there, or on its way, that was not lost. */
  get isOpen(): boolean {
    return this.#client !== null && !this.#lost;
  }

  /** Whether something goes through it right now. */
  get isBusy(): boolean {
    return (
      this.#running > 0 || this.#sftp?.isWaiting === true || (this.#client !== null && this.#sftp === null)
    );
  }

  /** The SFTP client; opens the connection when there is none, or when it was lost. */
  async sftp(): Promise<SftpClient> {
    const current = this.#client;
    const open = await current?.catch(() => null);
    if (open && !open.closed) return open;
    // Someone else opened it anew meanwhile.
    if (this.#client !== current) return this.sftp();
    this.#sftp = null;
    this.#client = this.#open();
    this.#sftp = await this.#client;
    return this.#client;
  }

  get #lost(): boolean {
    return this.#ssh !== null && (this.#ssh.exitCode !== null || this.#ssh.signalCode !== null);
  }

  /** Starts a program on the host; `command` is read by the login shell there. The connection must be open. */
  async exec(command: string): Promise<RemoteProcess> {
    await this.sftp();
    const child = spawn('ssh', [...this.#channel(), '--', this.#host, command], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => {});
    this.#count(child);
    return {
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      ended: new Promise((resolve) => {
        child.once('error', () => resolve());
        child.once('close', () => resolve());
      }),
      kill: () => child.kill('SIGTERM'),
    };
  }

  /** A connection from the host to an address that it sees. */
  tunnel(host: string, port: number): Duplex {
    const address = host.includes(':') ? `[${host}]` : host;
    const child = spawn('ssh', [...this.#channel(), '-W', `${address}:${port}`, '--', this.#host], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#count(child);
    let words = '';
    child.stderr.on('data', (bytes: Buffer) => {
      words = (words + bytes.toString('utf8')).slice(-1_000);
    });
    const log = this.#channelLog;
    return tunnelStream(child, () => words + (existsSync(log) ? readFileSync(log, 'utf8') : ''));
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => null);
    client?.close();
    const ssh = this.#ssh;
    if (ssh && ssh.exitCode === null && ssh.signalCode === null) {
      const ended = new Promise<void>((resolve) => ssh.once('exit', () => resolve()));
      const timer = setTimeout(() => ssh.kill('SIGKILL'), 2_000);
      ssh.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
    }
    this.#askpass?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #count(child: ChildProcess): void {
    this.#running += 1;
    child.once('close', () => {
      this.#running -= 1;
    });
  }

  get #host(): string {
    return parseSshAddress(this.target.address).host;
  }

  async #open(): Promise<SftpClient> {
    const asks = this.target.stored.some((kind) => kind !== 'sudo');
    if (asks && !this.#askpass) this.#askpass = openAskpass(this.#folder, this.#options.credential);
    const log = join(this.#folder, 'log');
    rmSync(log, { force: true });
    const { patience = defaultPatience } = this.#options;
    const remote = this.target.sudo
      ? ['--', this.#host, this.#sudoServer()]
      : ['-s', '--', this.#host, 'sftp'];
    const ssh = spawn('ssh', [...this.#master(log, asks), ...remote], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...this.#askpass?.environment },
      // Its own group: what interrupts a terminal does not end it half-way.
      detached: process.platform !== 'win32',
    });
    this.#ssh = ssh;
    let stderr = '';
    ssh.stderr.on('data', (bytes: Buffer) => {
      stderr = (stderr + bytes.toString('utf8')).slice(-4_000);
      // Asked again, sudo would wait for another password until it gives up: there is none.
      if (stderr.split(sudoPrompt).length > 2) ssh.kill();
    });
    const ended = new Promise<void>((resolve) => {
      ssh.once('error', (error: NodeJS.ErrnoException) => {
        stderr = error.code === 'ENOENT' ? 'rekey: no ssh' : String(error.code);
        resolve();
      });
      ssh.once('close', () => resolve());
    });
    try {
      if (this.target.sudo && this.target.stored.includes('sudo')) await this.#answerSudo(ssh, () => stderr);
      return await SftpClient.open(
        { input: ssh.stdout, output: ssh.stdin },
        { patience, lost: (why) => connectionLost(this.target.address, why) },
      );
    } catch (error) {
      if (isRekeyError(error) && error.code === 'ssh-credential-missing') {
        ssh.kill();
        throw error;
      }
      // Why there is no connection is in what ssh wrote, once it has ended.
      await Promise.race([ended, wait(3_000, undefined, { ref: false })]);
      ssh.kill('SIGKILL');
      const directive = await unsupportedDirective(this.target, this.#options);
      if (directive) throw directive;
      throw this.#failure(error, existsSync(log) ? readFileSync(log, 'utf8') : '', stderr);
    }
  }

  #failure(error: unknown, log: string, stderr: string): unknown {
    const { address } = this.target;
    if (stderr === 'rekey: no ssh') {
      return new RekeyError('ssh-unsupported', {
        message: 'There is no ssh on this machine.',
        remedy: 'Install the OpenSSH client (Debian: apt-get install openssh-client).',
      });
    }
    if (this.target.sudo && stderr.trim() !== '' && log.trim() === '') {
      return sudoRefused(address, stderr);
    }
    for (const kind of this.#askpass?.missing ?? []) {
      return new RekeyError('ssh-credential-missing', {
        message: `ssh asks for a ${kind === 'ssh-password' ? 'password' : 'passphrase'} for ${address}, and none is in the keychain.`,
        remedy: `Store it with "rekey env credential ENV --kind ${kind}".`,
        details: { host: address },
      });
    }
    // Through a jump, ssh itself only knows that it ended. Why is said by the ssh of the jump, which has no log; the
    // host itself has not been spoken to yet, so that these are not its words.
    if (/UNKNOWN port|kex_exchange_identification/.test(log)) return sshError(address, `${log}\n${stderr}`);
    if (log.trim() !== '') return sshError(address, log);
    if (/subsystem request failed/i.test(stderr)) {
      return new RekeyError('ssh-unsupported', {
        message: `${address} offers no SFTP.`,
        remedy: 'Switch it on there: Subsystem sftp in sshd_config.',
        details: { host: address },
      });
    }
    return error;
  }

  /** Writes the password when sudo asks for it, and not before: it would be read as part of the conversation. */
  async #answerSudo(ssh: ChildProcess, stderr: () => string): Promise<void> {
    let looks = (this.#options.patience ?? defaultPatience) / 20;
    let looksAtSudo = sudoAsksWithin / 20;
    while (!stderr().includes(sudoPrompt)) {
      // What it says when it ends, or has not come so far, tells the reason.
      if (ssh.exitCode !== null || ssh.signalCode !== null || looks < 0 || looksAtSudo < 0) return;
      if (stderr().includes(sudoStarts)) looksAtSudo -= 1;
      looks -= 1;
      await wait(20);
    }
    const password = await this.#options.credential('sudo');
    if (password === null) {
      throw new RekeyError('ssh-credential-missing', {
        message: `The sudo password for ${this.target.address} is not in the keychain.`,
        remedy: 'Store it with "rekey env credential ENV --kind sudo".',
        details: { host: this.target.address },
      });
    }
    ssh.stdin?.write(`${password.reveal()}\n`);
  }

  /** The first SFTP server that the host has, as root; read by its login shell. */
  #sudoServer(): string {
    const sudo = this.target.stored.includes('sudo') ? `sudo -k -S -p ${quoted(sudoPrompt)}` : 'sudo -n';
    const script = `for server in ${sftpServers.join(' ')}; do [ -x "$server" ] || continue; echo ${sudoStarts} >&2; LC_ALL=C exec ${sudo} "$server"; done; echo rekey-no-sftp-server >&2; exit 127`;
    return `exec /bin/sh -c ${quoted(script)}`;
  }

  /** For the one ssh that logs in. */
  #master(log: string, asks: boolean): string[] {
    const { user, port } = parseSshAddress(this.target.address);
    const { configFile, knownHosts } = this.#options;
    return [
      ...(configFile === undefined ? [] : ['-F', configFile]),
      ...(port === null ? [] : ['-p', String(port)]),
      ...(user === null ? [] : ['-l', user]),
      ...(this.target.identity === null ? [] : ['-i', this.target.identity]),
      ...['-E', log, '-M', '-S', this.#socket, '-a', '-x', '-T'],
      ...option('ControlPersist', 'no'),
      ...option('BatchMode', asks ? 'no' : 'yes'),
      ...option('NumberOfPasswordPrompts', '1'),
      ...option('StrictHostKeyChecking', 'yes'),
      ...option('UpdateHostKeys', 'no'),
      ...option('GlobalKnownHostsFile', `/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2 "${knownHosts}"`),
      ...option('ConnectTimeout', String(Math.ceil((this.#options.patience ?? defaultPatience) / 1000))),
      ...option('ServerAliveInterval', '10'),
      ...option('ServerAliveCountMax', '3'),
      ...asideOptions,
    ];
  }

  /** For what goes through the control socket of the first one; never logs in by itself. */
  #channel(): string[] {
    this.#channels += 1;
    return [
      ...(this.#options.configFile === undefined ? [] : ['-F', this.#options.configFile]),
      ...['-E', this.#channelLog, '-S', this.#socket, '-a', '-x', '-T'],
      ...option('ControlMaster', 'no'),
      ...option('ProxyCommand', 'false'),
      ...asideOptions,
    ];
  }

  /** Of the channel that was started last. */
  get #channelLog(): string {
    return join(this.#folder, `log-${this.#channels}`);
  }

  get #socket(): string {
    return join(this.#folder, 'm');
  }
}

/** What ssh_config may say for people and would get in the way here; sftp(1) sets the same aside. */
const asideOptions = [
  ...option('LogLevel', 'ERROR'),
  ...option('ClearAllForwardings', 'yes'),
  ...option('PermitLocalCommand', 'no'),
  ...option('Tunnel', 'no'),
];

function option(name: string, value: string): string[] {
  return ['-o', `${name}=${value}`];
}

function sudoRefused(address: string, stderr: string): RekeyError {
  if (stderr.includes('rekey-no-sftp-server')) {
    return new RekeyError('ssh-unsupported', {
      message: `No SFTP server of OpenSSH was found on ${address}.`,
      remedy: 'Install it there (Debian: openssh-sftp-server).',
      details: { host: address },
    });
  }
  const why = /incorrect password|try again/i.test(stderr)
    ? 'refused the stored password'
    : /a password is required/i.test(stderr)
      ? 'asks for a password, and none is stored'
      : /must have a tty|terminal is required/i.test(stderr)
        ? 'wants a terminal (requiretty)'
        : 'does not let this user start the SFTP server';
  return new RekeyError('sudo-refused', {
    message: `sudo on ${address} ${why}.`,
    remedy:
      'Allow it in sudoers, for example: deploy ALL=(root) NOPASSWD: /usr/lib/openssh/sftp-server. Or store the password with "rekey env credential ENV --kind sudo".',
    details: { host: address },
  });
}
