import { sweepConnectionFolders } from './connection-folder.ts';
import { OpensshConnection, type SshOptions, type SshTarget } from './openssh-connection.ts';
import type { SftpClient } from './sftp/sftp-client.ts';

/** How many logins are under way at the same time; sshd refuses more than a few from one place (MaxStartups). */
const loginsAtOnce = 10;

/**
 * The SSH connections of this process: one to each host, opened when it is first needed, used by everything that
 * speaks to that host, and closed at the end.
 */
export class ConnectionPool {
  readonly #options: (environmentId: string) => SshOptions;
  readonly #connections = new Map<string, OpensshConnection>();
  #logins = 0;
  readonly #queue: (() => void)[] = [];

  /** @param options - the credentials are those of the environment to which a host belongs */
  constructor(options: (environmentId: string) => SshOptions) {
    this.#options = options;
  }

  connection(target: SshTarget): OpensshConnection {
    const { environmentId, address, identity, sudo, stored } = target;
    const key = JSON.stringify([environmentId, address, identity, sudo, stored]);
    const found = this.#connections.get(key);
    if (found) return found;
    if (this.#connections.size === 0) sweepConnectionFolders();
    const made = new OpensshConnection(target, this.#options(environmentId));
    this.#connections.set(key, made);
    return made;
  }

  /** The SFTP client of a host. Waits for its turn where it has to log in. */
  async sftp(target: SshTarget): Promise<SftpClient> {
    const connection = this.connection(target);
    if (connection.isOpen) return connection.sftp();
    while (this.#logins >= loginsAtOnce) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#logins += 1;
    try {
      return await connection.sftp();
    } finally {
      this.#logins -= 1;
      this.#queue.shift()?.();
    }
  }

  async closeAll(): Promise<void> {
    const all = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(all.map((connection) => connection.close()));
  }
}
