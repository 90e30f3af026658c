import type { CommandConfig, CommandKind } from '#shared/model/environment.ts';
import { type CommandRunnerDependencies, runCommand } from '../command-runner.ts';
import type { CommandResult } from '../environment.ts';
import type { Host } from '../host.ts';
import type { ConnectionPool } from './connection-pool.ts';
import type { SshTarget } from './openssh-connection.ts';
import { runRemoteCommand } from './remote-command.ts';
import { SftpFiles } from './sftp-files.ts';

export interface SshHostOptions {
  target: SshTarget;
  pool: ConnectionPool;
  /** Where commands run, and from where the health URL is asked. */
  commandsRun: 'on-host' | 'here';
  healthFrom: 'on-host' | 'here';
}

/** A host that is reached over SSH. Its connection is opened when it is needed, and shared with whoever else uses it. */
export class SshHost implements Host {
  readonly name: string;
  readonly files: SftpFiles;
  readonly connect: Host['connect'];
  readonly #options: SshHostOptions;

  constructor(options: SshHostOptions) {
    this.#options = options;
    const { target, pool } = options;
    this.name = target.address;
    this.files = new SftpFiles(target.address, () => pool.sftp(target));
    this.connect =
      options.healthFrom === 'here'
        ? null
        : async (host: string, port: number) => (await pool.open(target)).tunnel(host, port);
  }

  async run(
    kind: CommandKind,
    command: CommandConfig,
    dependencies: CommandRunnerDependencies,
  ): Promise<CommandResult> {
    if (this.#options.commandsRun === 'here') return runCommand(kind, command, dependencies);
    const { pool, target } = this.#options;
    const exec = async (line: string) => (await pool.open(target)).exec(line);
    return runRemoteCommand({ exec }, kind, command, dependencies);
  }

  keep(): () => void {
    const { pool, target } = this.#options;
    return pool.keep(target);
  }

  /** The pool closes what is idle: a run asks the same host again and again. */
  async close(): Promise<void> {}
}
