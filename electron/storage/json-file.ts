import { copyFileSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Clock } from '#shared/model/clock.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { makePrivateFolder, writeFileAtomic } from './atomic-file.ts';
import { LockBusy, withFileLock } from './lock.ts';
import { ownIdentity } from './process-identity.ts';

export interface JsonFileOptions<T> {
  path: string;
  schema: z.ZodType<T>;
  /** The `schemaVersion` that this version of Rekey writes. */
  version: number;
  /** What holds before the file exists. */
  initial: T;
  /** In messages: "the settings". */
  name: string;
  clock: Clock;
}

const lockPatienceMilliseconds = 5_000;

/**
 * A small JSON document that several processes share: read again when it changed on disk, replaced in one step under
 * a lock. A file that is corrupt or from a newer version is copied aside and reported, never overwritten.
 */
export class JsonFile<T> {
  readonly #options: JsonFileOptions<T>;
  #cached: { stamp: string; value: T } | null = null;

  constructor(options: JsonFileOptions<T>) {
    this.#options = options;
  }

  /** Throws `configuration-invalid`, `configuration-newer` or `data-folder-unusable`. */
  read(): T {
    const { path, initial } = this.#options;
    const stamp = stampOf(path);
    if (stamp === null) return initial;
    if (this.#cached?.stamp === stamp) return this.#cached.value;
    const value = this.#parse(this.#readText());
    this.#cached = { stamp, value };
    return value;
  }

  /** Replaces the document by `change` of the newest one; durable when it returns. Returns the new document. */
  update(change: (current: T) => T): T {
    const { path, clock } = this.#options;
    try {
      makePrivateFolder(dirname(path));
      return withFileLock(
        { path: `${path}.lock`, identity: ownIdentity(), clock },
        lockPatienceMilliseconds,
        () => {
          this.#cached = null;
          const value = this.#options.schema.parse(change(this.read()));
          writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
          this.#cached = null;
          return value;
        },
      );
    } catch (error) {
      throw error instanceof RekeyError ? error : this.#unusable(error);
    }
  }

  #readText(): string {
    try {
      return readFileSync(this.#options.path, 'utf8');
    } catch (error) {
      throw this.#unusable(error);
    }
  }

  #parse(text: string): T {
    const { path, name, schema, version } = this.#options;
    let found: unknown;
    try {
      found = JSON.parse(text);
    } catch (cause) {
      throw this.#invalid(`${path} is not JSON`, cause);
    }
    const foundVersion = z.object({ schemaVersion: z.number() }).safeParse(found);
    if (foundVersion.success && foundVersion.data.schemaVersion > version) {
      throw new RekeyError('configuration-newer', {
        message: `${path} holds ${name} of a newer version of Rekey (${foundVersion.data.schemaVersion}, this one knows ${version}).`,
        remedy: 'Use the newer Rekey. The file was left as it is.',
      });
    }
    const parsed = schema.safeParse(found);
    if (parsed.success) return parsed.data;
    throw this.#invalid(`${path} does not hold ${name}: ${z.prettifyError(parsed.error)}`, parsed.error);
  }

  /** Keeps a copy of what was found, so that whoever mends the file can look at it. */
  #invalid(message: string, cause: unknown): RekeyError {
    const { path, clock } = this.#options;
    const copy = `${path}.corrupt-${clock.now().toISOString().replaceAll(':', '-')}`;
    let kept = 'The file was left as it is.';
    try {
      copyFileSync(path, copy);
      kept = `The file was left as it is; a copy is ${copy}.`;
    } catch {
      // The original is still there, which is what matters.
    }
    return new RekeyError('configuration-invalid', {
      message,
      unchanged: kept,
      remedy: 'Correct the file, or move it away to begin anew.',
      cause,
    });
  }

  #unusable(cause: unknown): RekeyError {
    const reason =
      cause instanceof LockBusy
        ? 'another Rekey is changing it'
        : cause instanceof Error
          ? cause.message
          : 'unknown';
    return new RekeyError('data-folder-unusable', {
      message: `${this.#options.path} cannot be read or written: ${reason}.`,
      remedy: 'Check the data folder: free space and permissions. Then try again.',
      cause,
    });
  }
}

/** Changes whenever the file was replaced; null while there is none. */
function stampOf(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat ? `${stat.ino}:${stat.mtimeNs}:${stat.size}` : null;
}
