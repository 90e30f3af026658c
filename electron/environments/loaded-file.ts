import { createHmac } from 'node:crypto';
import type { Clock } from '#shared/model/clock.ts';
import type { EnvironmentState } from '#shared/model/environment.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { Revision } from './environment.ts';
import { missingFile } from './file-errors.ts';
import type { FileContent, HostFiles } from './host-files.ts';
import { parseState, quarantineState, readState, statePathFor } from './state-file.ts';

/** A dotenv file and its state as they were at one moment. */
export interface LoadedFile {
  /** The configured path, which may be a link. */
  path: string;
  /** The file behind links. */
  target: string;
  /** Null when it does not exist. */
  file: FileContent | null;
  text: string;
  stateFile: FileContent | null;
  state: EnvironmentState | null;
}

/** A dotenv file larger than this is not one. */
const largestFile = 1024 * 1024;

/** How often file and state are read again when another Rekey is between its renames. */
const readAttempts = 20;

/** Reads file and state so that they belong together. `allowMissing`: a file that is not there reads as empty. */
export async function loadFile(
  files: HostFiles,
  path: string,
  allowMissing: boolean,
  clock: Clock,
): Promise<LoadedFile> {
  const target = await locate(files, path, allowMissing);
  const statePath = statePathFor(target);
  for (let attempt = 0; ; attempt++) {
    const [stateFile, file, stateMark] = await files.inOrder([
      () => readState(files, statePath),
      () => readFile(files, target, allowMissing),
      () => files.mark(statePath),
    ] as const);
    if (stateMark !== (stateFile?.mark ?? null) && attempt < readAttempts) continue;
    const text = file ? decodeText(files.describe(target), file.bytes) : '';
    const state = await parseOrQuarantine(files, statePath, stateFile, clock);
    return { path, target, file, text, stateFile, state };
  }
}

/**
 * The file behind symbolic links: the one that is read and replaced, and beside which state and lock lie. A missing
 * file keeps the path at which it would be created, but its folder must exist. Throws `file-missing`,
 * `symlink-loop`, …
 */
export async function locate(files: HostFiles, path: string, allowMissing: boolean): Promise<string> {
  const target = await files.realPath(path);
  if (target !== null) return target;
  if (!allowMissing) throw missingFile(files.describe(path));
  const { basename, dirname, join } = files.paths;
  const folder = await files.realPath(dirname(path));
  if (folder === null) throw missingFile(files.describe(dirname(path)));
  return join(folder, basename(path));
}

/** Whether link, file and state still are what was loaded; the state may have been replaced by `state` since. */
export async function isUnchanged(
  files: HostFiles,
  loaded: LoadedFile,
  state: Buffer | null,
): Promise<boolean> {
  const [target, bytes, stateFile] = await files.inOrder([
    () => locate(files, loaded.path, true),
    () => currentBytes(files, loaded.target),
    () => readState(files, statePathFor(loaded.target)),
  ] as const);
  return (
    target === loaded.target &&
    sameBytes(bytes, loaded.file?.bytes ?? null) &&
    sameBytes(stateFile?.bytes ?? null, state)
  );
}

/** The content of the file now; null when it does not exist. */
export async function currentBytes(files: HostFiles, target: string): Promise<Buffer | null> {
  return (await readFile(files, target, true))?.bytes ?? null;
}

/** The text of the file now, behind links too; empty when it does not exist. Throws `not-utf8`. */
export async function textOf(files: HostFiles, path: string): Promise<string> {
  const bytes = await currentBytes(files, path);
  return bytes ? decodeText(files.describe(path), bytes) : '';
}

/**
 * HMAC over the bytes of file and state under the environment's fingerprint key, so that a revision in a log reveals
 * nothing about a weak value; under `fallbackKey` while there is no state.
 */
export function revisionOf(
  file: Uint8Array | null,
  state: EnvironmentState | null,
  stateBytes: Uint8Array | null,
  fallbackKey: () => Uint8Array,
): Revision {
  const hmac = createHmac('sha256', state ? Buffer.from(state.fingerprintKey, 'hex') : fallbackKey());
  for (const part of [file, stateBytes]) {
    hmac.update(part === null ? 'absent;' : `${part.length};`);
    if (part !== null) hmac.update(part);
  }
  return hmac.digest('hex').slice(0, 32);
}

export function sameBytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}

async function parseOrQuarantine(
  files: HostFiles,
  statePath: string,
  found: FileContent | null,
  clock: Clock,
): Promise<EnvironmentState | null> {
  if (found === null) return null;
  try {
    return parseState(statePath, found.bytes, files.describe(statePath));
  } catch (error) {
    if (isRekeyError(error, 'state-corrupt')) await quarantineState(files, statePath, found.bytes, clock);
    throw error;
  }
}

async function readFile(
  files: HostFiles,
  target: string,
  allowMissing: boolean,
): Promise<FileContent | null> {
  const found = await files.read(target, largestFile);
  if (found === null && !allowMissing) throw missingFile(files.describe(target));
  return found;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a dotenv file. Throws `not-utf8`, also for a NUL byte, which no environment variable can hold. */
function decodeText(described: string, bytes: Uint8Array): string {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw notUtf8(described, cause);
  }
  if (text.includes('\0')) throw notUtf8(described, undefined);
  return text;
}

function notUtf8(described: string, cause: unknown): RekeyError {
  return new RekeyError('not-utf8', {
    message: `${described} is not text in UTF-8.`,
    remedy: 'Save the file as UTF-8 in an editor, and check that it is the dotenv file.',
    details: { path: described },
    ...(cause === undefined ? {} : { cause }),
  });
}
