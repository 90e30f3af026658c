import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { RekeyError } from '#shared/model/errors.ts';
import { fileError, notAFile } from './file-errors.ts';

/** A dotenv file larger than this is not one. */
export const largestFile = 1024 * 1024;

export interface FileContent {
  bytes: Buffer;
  stats: Stats;
}

/**
 * The file behind symbolic links: the one that is read and replaced, and beside which state and lock lie.
 * Throws `file-missing`, `symlink-loop` or `no-read-permission`.
 */
export function resolveTarget(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (cause) {
    throw fileError(cause, path, 'read');
  }
}

/** Reads a regular file of at most `largestFile` bytes. Never follows a file that grows while it is read. */
export function readTarget(path: string): FileContent {
  let descriptor: number;
  try {
    // Without waiting, so that a pipe in place of the file is refused and not waited for.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw fileError(cause, path, 'read');
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw notAFile(path);
    if (stats.size > largestFile) throw tooLarge(path, stats.size);
    const buffer = Buffer.allocUnsafe(stats.size + 1);
    let length = 0;
    for (;;) {
      const count = readSync(descriptor, buffer, length, buffer.length - length, null);
      length += count;
      if (count === 0 || length === buffer.length) break;
    }
    if (length > stats.size) throw changedWhileReading(path);
    return { bytes: buffer.subarray(0, length), stats };
  } catch (cause) {
    throw fileError(cause, path, 'read');
  } finally {
    closeSync(descriptor);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a dotenv file. Throws `not-utf8`, also for a NUL byte, which no environment variable can hold. */
export function decodeText(path: string, bytes: Uint8Array): string {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw notUtf8(path, cause);
  }
  if (text.includes('\0')) throw notUtf8(path, undefined);
  return text;
}

/** Throws what would stop a replacement, before anything is written. */
export function checkReplaceable(path: string, exists: boolean): void {
  try {
    if (exists) accessSync(path, constants.W_OK);
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw fileError(cause, path, 'write');
  }
}

function tooLarge(path: string, size: number): RekeyError {
  return new RekeyError('file-too-large', {
    message: `${path} has ${size} bytes; a dotenv file of more than ${largestFile} bytes is not read.`,
    remedy: 'Check that the path is that of the dotenv file.',
    details: { path, size },
  });
}

function changedWhileReading(path: string): RekeyError {
  return new RekeyError('conflict', {
    message: `${path} grew while it was read.`,
    remedy: 'Try again when nobody else is writing it.',
    details: { path },
  });
}

function notUtf8(path: string, cause: unknown): RekeyError {
  return new RekeyError('not-utf8', {
    message: `${path} is not text in UTF-8.`,
    remedy: 'Save the file as UTF-8 in an editor, and check that it is the dotenv file.',
    details: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}
