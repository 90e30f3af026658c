import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import { isTemporaryFor, temporaryNameFor } from '../../storage/atomic-file.ts';
import { changedWhileReading, type FileAction, fileError, notAFile, tooLarge } from '../file-errors.ts';
import type { Answers, FileContent, HostFiles, StagedFile, StageOptions } from '../host-files.ts';
import type { Attributes } from './sftp/packets.ts';
import { statusCode } from './sftp/packets.ts';
import { type SftpClient, SftpRefusal } from './sftp/sftp-client.ts';

/** The type bits of a mode, and those of a regular file and of a folder (inode(7)). */
const typeBits = 0o170000;
const regular = 0o100000;
const folder = 0o040000;

/**
 * The files of a host, over SFTP. What version 3 of the protocol cannot say is said so: there are no inodes and no
 * times below a second (a file's mark is made of its content), no link counts, no access(2), and a refusal has no
 * reason beside "not there" and "no permission".
 */
export class SftpFiles implements HostFiles {
  readonly paths = posix;
  readonly #host: string;
  readonly #client: () => Promise<SftpClient>;

  /** @param client - the open connection, opened anew when it was lost */
  constructor(host: string, client: () => Promise<SftpClient>) {
    this.#host = host;
    this.#client = client;
  }

  describe(path: string): string {
    return `${path} on ${this.#host}`;
  }

  async realPath(path: string): Promise<string | null> {
    const client = await this.#client();
    return this.#attempt(path, 'read', async () => {
      // The server also resolves a path whose last part does not exist: what is there is asked for by itself.
      const [found, resolved] = await Promise.allSettled([statOrNull(client, path), client.realPath(path)]);
      if (found.status === 'rejected') throw found.reason;
      if (found.value === null) return null;
      if (resolved.status === 'rejected') throw resolved.reason;
      return resolved.value;
    });
  }

  async read(path: string, largest: number): Promise<FileContent | null> {
    const client = await this.#client();
    return this.#attempt(path, 'read', async () => {
      // Opening a pipe would hold the server up: what is no file is refused before. Between the two it may be replaced
      // by one; then the answer is late, and the connection ends.
      const found = await statOrNull(client, path);
      if (found === null) return null;
      this.#requireFile(path, found);
      if ((found.size ?? 0) > largest) throw tooLarge(this.describe(path), found.size ?? 0, largest);
      const handle = await client.openToRead(path);
      try {
        const { stats, bytes } = await client.readFile(handle, largest);
        this.#requireFile(path, stats);
        if (bytes.length > largest) throw tooLarge(this.describe(path), bytes.length, largest);
        if (stats.size !== null && bytes.length > stats.size) throw changedWhileReading(this.describe(path));
        return {
          bytes,
          mark: markOf(bytes),
          stats: { mode: stats.mode === null ? null : stats.mode & 0o7777, owner: stats.owner, links: null },
        };
      } finally {
        client.letGo(handle);
      }
    });
  }

  /** Only the content tells whether a file was replaced by one of the same size within a second. */
  async mark(path: string): Promise<string | null> {
    return (await this.read(path, 64 * 1024 * 1024))?.mark ?? null;
  }

  /** OpenSSH's server takes requests in order, and every step sends its next one when the last is answered. */
  async inOrder<T extends readonly (() => Promise<unknown>)[]>(steps: T): Promise<Answers<T>> {
    const settled = await Promise.allSettled(steps.map((step) => step()));
    return settled.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    }) as Answers<T>;
  }

  /** SFTP has no access(2): a file is opened for writing, which changes nothing. For a folder `stage` finds out. */
  async checkReplaceable(path: string, exists: boolean): Promise<void> {
    const client = await this.#client();
    await this.#attempt(path, 'write', async () => {
      if (!client.has('posix-rename')) throw this.#unsupported('replace a file in one step (posix-rename)');
      if (exists) client.letGo(await client.openToWrite(path));
    });
  }

  async stage(path: string, bytes: Uint8Array, options: StageOptions = {}): Promise<StagedFile> {
    const client = await this.#client();
    const temporary = this.#temporaryFor(path);
    const discard = async () => {
      try {
        await (await this.#client()).remove(temporary);
      } catch {
        // It is swept away with the next change.
      }
    };
    try {
      await this.#attempt(path, 'write', () => writeDurably(client, temporary, bytes, options));
    } catch (error) {
      await discard();
      throw error;
    }
    return {
      commit: () =>
        this.#attempt(path, 'write', () => durably(client, path, () => client.rename(temporary, path))),
      discard,
    };
  }

  async createExclusive(path: string, bytes: Uint8Array, mode: number): Promise<boolean> {
    const client = await this.#client();
    return this.#attempt(path, 'write', async () => {
      if (!client.has('hardlink')) return this.#createDirectly(client, path, bytes, mode);
      const temporary = this.#temporaryFor(path);
      const discard = async () => {
        if (!client.closed) await client.remove(temporary).catch(() => {});
      };
      try {
        await writeDurably(client, temporary, bytes, { mode });
      } catch (error) {
        await discard();
        throw error;
      }
      try {
        await durably(client, path, async () => {
          await Promise.all([client.link(temporary, path), discard()]);
        });
      } catch (error) {
        // The refusal does not say why. Something being there is the reason that counts.
        if (error instanceof SftpRefusal && (await statOrNull(client, path)) !== null) return false;
        throw error;
      }
      return true;
    });
  }

  async remove(path: string): Promise<void> {
    const client = await this.#client();
    await this.#attempt(path, 'write', async () => {
      try {
        await durably(client, path, () => client.remove(path));
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    });
  }

  async removeStaleTemporaries(paths: readonly string[]): Promise<void> {
    for (const folder of new Set(paths.map((path) => posix.dirname(path)))) {
      const beside = paths
        .filter((path) => posix.dirname(path) === folder)
        .map((path) => posix.basename(path));
      const stale = (await this.names(folder)).filter((found) =>
        beside.some((name) => isTemporaryFor(name, found)),
      );
      for (const name of stale) await this.remove(posix.join(folder, name));
    }
  }

  async names(path: string): Promise<string[]> {
    const client = await this.#client();
    return this.#attempt(path, 'read', () => client.names(path));
  }

  /** Not found out over SFTP. */
  async isTrackedByGit(): Promise<null> {
    return null;
  }

  async #createDirectly(client: SftpClient, path: string, bytes: Uint8Array, mode: number): Promise<boolean> {
    try {
      await durably(client, path, () => writeDurably(client, path, bytes, { mode }));
    } catch (error) {
      if (error instanceof SftpRefusal && (await statOrNull(client, path)) !== null) return false;
      throw error;
    }
    return true;
  }

  #temporaryFor(path: string): string {
    return posix.join(posix.dirname(path), temporaryNameFor(posix.basename(path)));
  }

  #requireFile(path: string, { mode }: Attributes): void {
    if (mode !== null && (mode & typeBits) !== regular) throw notAFile(this.describe(path));
  }

  /** The server's refusal as an error that a person can act on. */
  async #attempt<T>(path: string, action: FileAction, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (isRekeyError(error)) throw error;
      if (!(error instanceof SftpRefusal)) throw error;
      switch (error.code) {
        case statusCode.noSuchFile:
          throw fileError({ code: 'ENOENT' }, this.describe(path), action);
        case statusCode.permissionDenied:
          throw fileError({ code: 'EACCES' }, this.describe(path), action);
        case statusCode.unsupported:
          throw this.#unsupported('do what is needed for this');
        default:
          throw await this.#unexplained(path, action);
      }
    }
  }

  /** The server only says "failure": what the likely reasons are is asked for, else it is said so. */
  async #unexplained(path: string, action: FileAction): Promise<RekeyError> {
    const client = await this.#client();
    if (action === 'write' && client.has('statvfs')) {
      const disk = await client.fileSystem(posix.dirname(path)).catch(() => null);
      if (disk?.readOnly) return fileError({ code: 'EROFS' }, this.describe(path), action);
      if (disk?.freeBlocks === 0) return fileError({ code: 'ENOSPC' }, this.describe(path), action);
    }
    if (action === 'read') {
      const parent = await statOrNull(client, posix.dirname(path)).catch(() => null);
      if (parent !== null && parent.mode !== null && (parent.mode & typeBits) === folder) {
        return fileError({ code: 'ELOOP' }, this.describe(path), action);
      }
    }
    return new RekeyError(action === 'read' ? 'no-read-permission' : 'no-write-permission', {
      message: `${this.describe(path)} could not be ${action === 'read' ? 'read' : 'written'}, and the server does not say why.`,
      remedy: `Look on ${this.#host} whether the disk is full or read-only (df, mount), and who may write there (ls -ld).`,
      details: { path, host: this.#host },
    });
  }

  #unsupported(what: string): RekeyError {
    return new RekeyError('ssh-unsupported', {
      message: `The SFTP server of ${this.#host} cannot ${what}.`,
      remedy: 'Rekey needs the SFTP server of OpenSSH 5.1 or later there (Subsystem sftp in sshd_config).',
      details: { host: this.#host },
    });
  }
}

/**
 * Durable where the server offers it, with its final mode and owner, readable by its owner only until then. An answer
 * is waited for only where something depends on it: the server takes requests in order.
 */
async function writeDurably(
  client: SftpClient,
  path: string,
  bytes: Uint8Array,
  { mode = 0o600, owner }: StageOptions,
): Promise<void> {
  const handle = await client.openNew(path, 0o600);
  try {
    const [created] = await Promise.all([
      owner ? client.fstat(handle) : null,
      // Before the file is given away, while its mode is surely its owner's alone.
      client.write(handle, bytes),
    ]);
    const given = created?.owner;
    if (owner && (given?.uid !== owner.uid || given.gid !== owner.gid)) {
      await client.setAttributes(handle, { owner });
    }
    await Promise.all([
      client.setAttributes(handle, { mode }),
      client.has('fsync') ? client.sync(handle) : null,
    ]);
  } finally {
    client.letGo(handle);
  }
}

/**
 * Changes a folder's entry for `path`, and makes that durable where the server can: OpenSSH's opens a folder like a
 * file, and syncs it. Where that is refused, the change is as durable as it is. Throws what `change` throws.
 */
async function durably(client: SftpClient, path: string, change: () => Promise<void>): Promise<void> {
  const changing = change();
  if (!client.has('fsync')) return changing;
  // The folder is opened meanwhile; it is synced after the change.
  const [changed, opened] = await Promise.allSettled([changing, client.openToRead(posix.dirname(path))]);
  try {
    if (changed.status === 'rejected') throw changed.reason;
    if (opened.status === 'fulfilled') await client.sync(opened.value);
    else throw opened.reason;
  } catch (error) {
    if (changed.status === 'rejected' || !(error instanceof SftpRefusal)) throw error;
  } finally {
    if (opened.status === 'fulfilled') client.letGo(opened.value);
  }
}

/** Null where nothing is. */
async function statOrNull(client: SftpClient, path: string): Promise<Attributes | null> {
  try {
    return await client.stat(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof SftpRefusal && error.code === statusCode.noSuchFile;
}

function markOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
