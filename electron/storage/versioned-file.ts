import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ZodType } from 'zod';
import type { Clock } from '#shared/model/clock.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import { makePrivateFolder, removeStaleTemporaries, writeFileAtomic } from './atomic-file.ts';
import { LockBusy, withFileLock } from './lock.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { busyError, isSystemError, unusableError } from './storage-errors.ts';

export interface VersionedFileOptions<T> {
  path: string;
  /** In messages: "The settings". */
  what: string;
  schema: ZodType<T>;
  version: number;
  /** What holds while the file does not exist. */
  initial: T;
  identity: ProcessIdentity;
  clock: Clock;
  /** How long a change waits for another process's. Default 5 s. */
  lockWaitMilliseconds?: number;
}

const largestFile = 16 * 1024 * 1024;

/**
 * A JSON file with a `schemaVersion`, shared by the window and the command: read when it changed, replaced whole,
 * under a lock. One that cannot be read, or that a newer Rekey wrote, is copied aside and never overwritten.
 */
export class VersionedFile<T> {
  readonly #options: VersionedFileOptions<T>;
  #known: { stamp: string; value: T } | null = null;

  constructor(options: VersionedFileOptions<T>) {
    this.#options = options;
  }

  /** The content now, other processes' changes included. Throws `configuration-invalid` or `configuration-newer`. */
  read(): T {
    const stamp = this.#stamp();
    if (this.#known?.stamp === stamp) return this.#known.value;
    const value = stamp === 'missing' ? this.#options.initial : this.#parse(this.#bytes());
    this.#known = { stamp, value };
    return value;
  }

  /**
   * Replaces the content by what `change` makes of it, durable when it returns. `announce` is called when everything
   * is known to be valid and before anything is written: throwing there leaves all as it was.
   */
  update(change: (current: T) => T, announce: (next: T, current: T) => void = () => {}): T {
    const { path, identity, clock, schema, lockWaitMilliseconds } = this.#options;
    try {
      makePrivateFolder(dirname(path));
      return withFileLock({ path: `${path}.lock`, identity, clock }, lockWaitMilliseconds ?? 5_000, () => {
        this.#known = null;
        const current = this.read();
        const next = schema.parse(change(current));
        announce(next, current);
        removeStaleTemporaries(path);
        writeFileAtomic(path, `${JSON.stringify(next, null, 2)}\n`);
        return next;
      });
    } catch (error) {
      throw this.#storageError(error);
    }
  }

  #stamp(): string {
    try {
      const found = statSync(this.#options.path, { throwIfNoEntry: false });
      return found === undefined ? 'missing' : `${found.ino} ${found.size} ${found.mtimeMs}`;
    } catch (error) {
      throw this.#storageError(error);
    }
  }

  #bytes(): Buffer {
    const { path, what } = this.#options;
    try {
      const found = statSync(path);
      if (found.isFile() && found.size <= largestFile) return readFileSync(path);
    } catch (error) {
      throw this.#storageError(error);
    }
    throw new RekeyError('configuration-invalid', {
      message: `${what} cannot be read: ${path} is not a file of at most 16 MB.`,
      remedy: 'Move it away to begin anew, or put the right file there.',
      details: { path },
    });
  }

  #parse(bytes: Buffer): T {
    const { what, path, schema, version } = this.#options;
    let json: unknown;
    try {
      json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (error) {
      throw this.#invalid(bytes, error instanceof SyntaxError ? 'it is not JSON' : 'it is not UTF-8 text');
    }
    const found = (json as { schemaVersion?: unknown } | null)?.schemaVersion;
    if (typeof found === 'number' && found > version) {
      throw new RekeyError('configuration-newer', {
        message: `${what} were written by a newer version of Rekey (format ${found}; this one knows ${version}).`,
        remedy: `Use the newer version, or move ${path} away to begin anew.`,
        details: { path, copy: this.#quarantine(bytes) },
      });
    }
    const parsed = schema.safeParse(json);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const field = issue?.path.join('.') || 'the whole file';
    throw this.#invalid(bytes, `${field}: ${issue?.message ?? 'not as expected'}`);
  }

  #invalid(bytes: Buffer, why: string): RekeyError {
    const { what, path } = this.#options;
    return new RekeyError('configuration-invalid', {
      message: `${what} cannot be read: ${why}.`,
      remedy: `Correct ${path}, or move it away to begin anew. A copy of it as it is now was kept.`,
      details: { path, copy: this.#quarantine(bytes) },
    });
  }

  /** Keeps a copy, once for each content; null where that is not possible. The file itself stays as it is. */
  #quarantine(bytes: Buffer): string | null {
    const { path } = this.#options;
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
    const copy = join(dirname(path), `${basename(path)}.unreadable-${digest}`);
    try {
      if (!existsSync(copy)) writeFileAtomic(copy, bytes);
      return copy;
    } catch {
      return null;
    }
  }

  #storageError(error: unknown): unknown {
    if (isRekeyError(error)) return error;
    const { what, path } = this.#options;
    if (error instanceof LockBusy) return busyError(error, `${what} are`);
    return isSystemError(error) ? unusableError(error, what, path) : error;
  }
}
