import { createHmac } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '#shared/model/clock.ts';
import type { EnvironmentState } from '#shared/model/environment.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { Revision } from './environment.ts';
import { parseState, quarantineState, readStateBytes, statePathFor } from './state-file.ts';
import { decodeText, type FileContent, readTarget, resolveTarget } from './target-file.ts';

/** A dotenv file and its state as they were at one moment. */
export interface LoadedFile {
  /** The configured path, which may be a link. */
  path: string;
  /** The file behind links. */
  target: string;
  /** Null when it does not exist. */
  file: FileContent | null;
  text: string;
  stateBytes: Buffer | null;
  state: EnvironmentState | null;
}

/** How often file and state are read again when another Rekey is between its renames. */
const readAttempts = 20;

/** Reads file and state so that they belong together. `allowMissing`: a file that is not there reads as empty. */
export function loadFile(path: string, allowMissing: boolean, clock: Clock): LoadedFile {
  const target = locate(path, allowMissing);
  const statePath = statePathFor(target);
  for (let attempt = 0; ; attempt++) {
    const before = stateMark(statePath);
    const stateBytes = readStateBytes(statePath);
    const file = readOrMissing(target, allowMissing);
    if (before !== stateMark(statePath) && attempt < readAttempts) continue;
    const text = file ? decodeText(target, file.bytes) : '';
    return { path, target, file, text, stateBytes, state: parseOrQuarantine(statePath, stateBytes, clock) };
  }
}

/**
 * The file behind links. A missing file keeps the path at which it would be created, but its folder must exist.
 * Throws `file-missing`, `symlink-loop`, …
 */
export function locate(path: string, allowMissing: boolean): string {
  try {
    return resolveTarget(path);
  } catch (error) {
    if (!allowMissing || !isRekeyError(error, 'file-missing')) throw error;
    return join(resolveTarget(dirname(path)), basename(path));
  }
}

/** Whether link, file and state still are what was loaded; the state may have been replaced by `state` since. */
export function isUnchanged(loaded: LoadedFile, state: Buffer | null): boolean {
  const target = locate(loaded.path, true);
  return (
    target === loaded.target &&
    sameBytes(readOrMissing(target, true)?.bytes ?? null, loaded.file?.bytes ?? null) &&
    sameBytes(readStateBytes(statePathFor(target)), state)
  );
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

function parseOrQuarantine(statePath: string, bytes: Buffer | null, clock: Clock): EnvironmentState | null {
  if (bytes === null) return null;
  try {
    return parseState(statePath, bytes);
  } catch (error) {
    if (isRekeyError(error, 'state-corrupt')) quarantineState(statePath, bytes, clock);
    throw error;
  }
}

function readOrMissing(target: string, allowMissing: boolean): FileContent | null {
  try {
    return readTarget(target);
  } catch (error) {
    if (allowMissing && isRekeyError(error, 'file-missing')) return null;
    throw error;
  }
}

/** Changes whenever the state file is replaced. */
function stateMark(statePath: string): string {
  const stats = statSync(statePath, { throwIfNoEntry: false, bigint: true });
  return stats ? `${stats.ino}:${stats.ctimeNs}` : 'absent';
}

function sameBytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}
