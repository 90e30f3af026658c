import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from './atomic-file.ts';
import { writeAll } from './write-all.ts';

/**
 * A file of lines that only grows: each append is durable when it returns, and one that fails leaves nothing behind.
 * What a crash leaves is at most one line without its end, the torn tail. Callers hold a lock while they change it.
 */
export class AppendLog {
  readonly path: string;
  /** Inode of the open file: another one at the path means that it was replaced. */
  readonly inode: number;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number) {
    this.path = path;
    this.#descriptor = descriptor;
    this.inode = fstatSync(descriptor).ino;
  }

  /** Opens for reading and appending, and creates the file (0600) if it is missing, durably. */
  static open(path: string): AppendLog {
    const missing = statSync(path, { throwIfNoEntry: false }) === undefined;
    const log = new AppendLog(path, openSync(path, 'a+', 0o600));
    if (missing) syncFolder(dirname(path));
    return log;
  }

  /** Opens for reading only; null when there is no such file. */
  static openForReading(path: string): AppendLog | null {
    try {
      return new AppendLog(path, openSync(path, 'r'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  size(): number {
    return fstatSync(this.#descriptor).size;
  }

  /**
   * Appends and waits until the disk has it. `end` is where the file ends now; if anything fails the file is cut back
   * to it, as far as that is possible, and the system's error is thrown.
   */
  append(bytes: Uint8Array, end: number): void {
    try {
      writeAll(this.#descriptor, bytes);
      fdatasyncSync(this.#descriptor);
    } catch (error) {
      this.#tryToCutBack(end);
      throw error;
    }
  }

  /**
   * Puts `bytes` where the complete lines end, in the place of a torn tail, durably. Written over the tail, then cut:
   * a crash in between leaves a torn tail again, never a file from which the tail has vanished without these bytes.
   */
  replaceTail(bytes: Uint8Array, end: number): void {
    // A descriptor opened for appending ignores positions.
    const descriptor = openSync(this.path, 'r+');
    try {
      writeAll(descriptor, bytes, end);
      ftruncateSync(descriptor, end + bytes.length);
      fdatasyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Reads exactly the bytes from `start` to `end`, or fewer where the file ends before. */
  read(start: number, end: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.max(0, end - start));
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(this.#descriptor, bytes, filled, bytes.length - filled, start + filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #tryToCutBack(end: number): void {
    try {
      ftruncateSync(this.#descriptor, end);
      fdatasyncSync(this.#descriptor);
    } catch {
      // The torn tail stays; the next append finds and repairs it.
    }
  }
}
