import type { PlatformPath } from 'node:path';

/**
 * The files of the machine on which an environment's keys live: this one, or a host that is reached over SSH. What is
 * built on it (reading, replacing, locking a dotenv file) is the same for both.
 *
 * Every path is absolute. Every method throws RekeyError for what a person can meet: `no-read-permission`,
 * `disk-full`, `connection-lost`, …; its message names the path as `describe` does.
 */
export interface HostFiles {
  /** How that machine writes paths. */
  readonly paths: Pick<PlatformPath, 'basename' | 'dirname' | 'join'>;

  /** A path as messages name it: with the host where it is not this machine. */
  describe(path: string): string;

  /** The path behind symbolic links, or null where nothing is. Throws `symlink-loop`, `no-read-permission`. */
  realPath(path: string): Promise<string | null>;

  /**
   * A regular file of at most `largest` bytes, or null where there is none. Throws `not-a-file` for anything else,
   * also a pipe or a device, and `file-too-large`; `conflict` when it grew while it was read.
   */
  read(path: string, largest: number): Promise<FileContent | null>;

  /** The mark that `read` would give now, without the content where that can be; null where there is no file. */
  mark(path: string): Promise<string | null>;

  /**
   * Takes steps that do not depend on each other's results (reading, staging) such that none is older than those before
   * it: one after the other, or all under way at once where the machine is known to take them in order. Throws what
   * the first that failed threw; there, those after it were taken all the same.
   */
  inOrder<T extends readonly (() => Promise<unknown>)[]>(steps: T): Promise<Answers<T>>;

  /** Throws what would stop a replacement of the file, or its creation, before anything is written. */
  checkReplaceable(path: string, exists: boolean): Promise<void>;

  /**
   * Writes the next content of a file beside it, durable and complete; `commit` puts it in place. The temporary file
   * is readable by its owner only until it has `mode` and `owner`, and is gone after `discard` or a failure.
   */
  stage(path: string, bytes: Uint8Array, options?: StageOptions): Promise<StagedFile>;

  /**
   * Creates a file with its whole content in one step, durable; false, and nothing is changed, when one is there.
   * Where the system has no such step a reader may, for a moment, see a part of it.
   */
  createExclusive(path: string, bytes: Uint8Array, mode: number): Promise<boolean>;

  /** Removes a file, durably. None being there is no error. */
  remove(path: string): Promise<void>;

  /** Removes what a crash left of `stage` and `createExclusive` beside these. Only for the holder of their lock. */
  removeStaleTemporaries(paths: readonly string[]): Promise<void>;

  /** The names in a folder. */
  names(folder: string): Promise<string[]>;

  /** Whether git keeps the file in a repository; null when that was not, or cannot be, found out. */
  isTrackedByGit(path: string, thorough: boolean): Promise<boolean | null>;
}

/** What each of several steps gives, in their order. */
export type Answers<T extends readonly (() => Promise<unknown>)[]> = {
  -readonly [Index in keyof T]: Awaited<ReturnType<T[Index]>>;
};

export interface FileContent {
  bytes: Buffer;
  /**
   * Changes whenever the file is replaced; while it stays the same, so does the content. Made of what the system tells
   * about a file, or of the content. For comparing, never for showing.
   */
  mark: string;
  stats: FileStats;
}

/** What a system tells about a file; null for what it does not. */
export interface FileStats {
  /** Permission bits, as in chmod. */
  mode: number | null;
  owner: FileOwner | null;
  /** How many names (hard links) the file has. */
  links: number | null;
}

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

export interface StageOptions {
  /** Permissions of the finished file. Default 0600. */
  mode?: number;
  /** Owner of the finished file. Giving a file away needs privileges: without them, nothing is changed. */
  owner?: FileOwner | null;
}

export interface StagedFile {
  /**
   * Replaces the file in one step, durable when it returns. When it throws, the file mostly is what it was; after
   * `connection-lost`, or when it could only not be made durable, it may be either: whoever needs to know reads it.
   */
  commit(): Promise<void>;
  /** Removes the temporary file. After a commit there is none. Never throws: the next change removes what stays. */
  discard(): Promise<void>;
}
