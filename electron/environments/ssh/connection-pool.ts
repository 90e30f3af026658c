import type { Clock } from '#shared/model/clock.ts';
import { systemClock } from '../../storage/system-clock.ts';
import { sweepConnectionFolders } from './connection-folder.ts';
import { OpensshConnection, type SshOptions, type SshTarget } from './openssh-connection.ts';
import type { SftpClient } from './sftp/sftp-client.ts';

/** How many logins are under way at the same time; sshd refuses more than a few from one place (MaxStartups). */
const loginsAtOnce = 10;

/** With more open than this, one that was not used for a while is closed before another is opened: each is a process. */
const mostOpen = 64;
/** How long that while is, milliseconds. Longer than anything waits between two requests that belong together. */
const unusedFor = 2_000;

/** Nobody wants a login on a production host to stand for hours because a window is open: milliseconds. */
const closedAfter = 5 * 60_000;

/**
 * The SSH connections of this process: one to each host, opened when it is first needed, used by everything that
 * speaks to that host, and closed at the end; earlier, where it is not used.
 */
export class ConnectionPool {
  readonly #options: (environmentId: string) => SshOptions;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #connections = new Map<string, OpensshConnection>();
  readonly #lastUsed = new Map<OpensshConnection, number>();
  /** How many want the connection with this key to stay. */
  readonly #kept = new Map<string, number>();
  #logins = 0;
  #timer: NodeJS.Timeout | null = null;
  readonly #queue: (() => void)[] = [];

  /** @param options - the credentials are those of the environment to which a host belongs */
  constructor(options: (environmentId: string) => SshOptions, clock: Pick<Clock, 'monotonic'> = systemClock) {
    this.#options = options;
    this.#clock = clock;
  }

  #connection(target: SshTarget): OpensshConnection {
    const key = keyOf(target);
    const found = this.#connections.get(key);
    if (found) return found;
    if (this.#connections.size === 0) sweepConnectionFolders();
    const made = new OpensshConnection(target, this.#options(target.environmentId));
    this.#connections.set(key, made);
    return made;
  }

  /** The SFTP client of a host. */
  async sftp(target: SshTarget): Promise<SftpClient> {
    return (await this.open(target)).sftp();
  }

  /** The connection to a host, open. Waits for its turn where it has to log in. Throws what keeps it from opening. */
  async open(target: SshTarget): Promise<OpensshConnection> {
    const connection = this.#connection(target);
    this.#lastUsed.set(connection, this.#clock.monotonic());
    if (connection.isOpen) {
      await connection.sftp();
      return connection;
    }
    this.#timer ??= setInterval(() => void this.#closeUnused(closedAfter), closedAfter / 5).unref();
    await this.#makeRoom();
    while (this.#logins >= loginsAtOnce) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#logins += 1;
    try {
      await connection.sftp();
      return connection;
    } finally {
      this.#logins -= 1;
      this.#queue.shift()?.();
    }
  }

  /**
   * A run asks the same hosts again and again, with pauses between: its connections are not closed for others, nor
   * because they are not used, until the function that is returned is called.
   */
  keep(target: SshTarget): () => void {
    const key = keyOf(target);
    this.#kept.set(key, (this.#kept.get(key) ?? 0) + 1);
    let isKept = true;
    return () => {
      if (!isKept) return;
      isKept = false;
      const others = (this.#kept.get(key) ?? 1) - 1;
      if (others === 0) this.#kept.delete(key);
      else this.#kept.set(key, others);
    };
  }

  async #makeRoom(): Promise<void> {
    const open = [...this.#connections.values()].filter(({ isOpen }) => isOpen).length;
    await this.#closeUnused(unusedFor, Math.max(0, open - mostOpen + 1));
  }

  /** Closes what was not used for so many milliseconds, the longest unused first, at most `most`. */
  async #closeUnused(unused: number, most = Number.POSITIVE_INFINITY): Promise<void> {
    const now = this.#clock.monotonic();
    const found = [...this.#connections]
      .filter(([key, { isOpen, isBusy }]) => isOpen && !isBusy && !this.#kept.has(key))
      .map(([, connection]) => ({ connection, at: this.#lastUsed.get(connection) ?? 0 }))
      .filter(({ at }) => now - at > unused)
      .sort((a, b) => a.at - b.at)
      .slice(0, most);
    await Promise.all(found.map(({ connection }) => this.#close(connection)));
  }

  async #close(connection: OpensshConnection): Promise<void> {
    for (const [key, one] of this.#connections) if (one === connection) this.#connections.delete(key);
    this.#lastUsed.delete(connection);
    await connection.close();
  }

  async closeAll(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    const all = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(all.map((connection) => connection.close()));
  }
}

/** One connection for all that reaches the same host in the same way. */
function keyOf({ environmentId, address, identity, sudo, stored }: SshTarget): string {
  return JSON.stringify([environmentId, address, identity, sudo, stored]);
}
