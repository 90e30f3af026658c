/**
 * The files of the machine on which an environment's keys live: this one, or a host that is reached over SSH. What is
 * built on it (reading, replacing, locking a dotenv file) is the same for both.
 *
 * Every path is absolute. Every method throws RekeyError for what a person can meet: `no-read-permission`,
 * `disk-full`, `connection-lost`, …; its message names the path, and the host where there is one.
 */
export interface HostFiles {
  /** The path behind symbolic links, or null where nothing is. Throws `symlink-loop`, `no-read-permission`. */
  realPath(path: string): Promise<string | null>;

  /**
   * A regular file of at most `largest` bytes, or null where there is none. Throws `not-a-file` for anything else,
   * also a pipe or a device, and `file-too-large`; `conflict` when it grew while it was read.
   */
  read(path: string, largest: number): Promise<FileContent | null>;

  /** What `read` says beside the content; null where there is nothing. Follows links. */
  stats(path: string): Promise<FileStats | null>;

  /** Changes whenever the file is replaced; the same text means the same content. For comparing, never for showing. */
  mark(path: string): Promise<string>;

  /** Throws what would stop a replacement of the file, or its creation, before anything is written. */
  checkReplaceable(path: string, exists: boolean): Promise<void>;

  /**
   * Writes the next content of a file beside it, durable and complete; `commit` puts it in place. The temporary file
   * is readable by its owner only until it has `mode` and `owner`, and is gone after `discard` or a failure.
   */
  stage(path: string, bytes: Uint8Array, options?: StageOptions): Promise<StagedFile>;

  /** Creates a file with its whole content in one step, durable; false, and nothing is changed, when one is there. */
  createExclusive(path: string, bytes: Uint8Array, mode: number): Promise<boolean>;

  /** Removes a file, durably. None being there is no error. */
  remove(path: string): Promise<void>;

  /** Removes what a crash left of `stage` and `createExclusive` beside `path`. Only for the holder of its lock. */
  removeStaleTemporaries(path: string): Promise<void>;

  /** The names in a folder. */
  names(folder: string): Promise<string[]>;

  /** Whether git keeps the file in a repository; null when that was not, or cannot be, found out. */
  isTrackedByGit(path: string, thorough: boolean): Promise<boolean | null>;
}

export interface FileStats {
  /** Permission bits, as in chmod. */
  mode: number;
  uid: number;
  gid: number;
  /** How many names (hard links) the file has; null where that cannot be told. */
  links: number | null;
}

export interface FileContent {
  bytes: Buffer;
  stats: FileStats;
}

export interface StageOptions {
  /** Permissions of the finished file. Default 0600. */
  mode?: number;
  /** Owner of the finished file. Giving a file away needs privileges: without them, nothing is changed. */
  owner?: Readonly<{ uid: number; gid: number }>;
}

export interface StagedFile {
  /** Replaces the file in one step, durable when it returns. */
  commit(): Promise<void>;
  /** Removes the temporary file. After a commit there is none. */
  discard(): Promise<void>;
}
