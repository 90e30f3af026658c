import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '#shared/model/clock.ts';
import { EnvironmentState, environmentStateVersion } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { writeFileAtomic } from '../storage/atomic-file.ts';
import { fileError } from './file-errors.ts';
import { resolveTarget } from './target-file.ts';

/** `<target file>.rekey.json`, beside the file that links lead to. */
export function statePathFor(target: string): string {
  return `${target}.rekey.json`;
}

/** The state of an environment that nobody has initialised yet, with a fresh fingerprint key. */
export function newState(environmentId: string): EnvironmentState {
  return {
    schemaVersion: environmentStateVersion,
    environmentId,
    fingerprintKey: randomBytes(32).toString('hex'),
    keys: {},
  };
}

/**
 * The state that already lies beside a dotenv file, so that a second installation adopts its environment id; null
 * when there is none. Throws `file-missing`, `state-corrupt`, `state-newer`, …
 */
export function adoptState(path: string): EnvironmentState | null {
  const statePath = statePathFor(resolveTarget(path));
  const bytes = readStateBytes(statePath);
  return bytes === null ? null : parseState(statePath, bytes);
}

/** Thousands of keys fit into this; what is larger was not written by Rekey. */
const largestState = 4 * 1024 * 1024;

/** Null when there is no state file. Throws `no-read-permission` and the like, `state-corrupt` for no file at all. */
export function readStateBytes(statePath: string): Buffer | null {
  try {
    const stats = statSync(statePath, { throwIfNoEntry: false });
    if (stats === undefined) return null;
    if (!stats.isFile() || stats.size > largestState) throw corrupt(statePath, 'it is no file of Rekey');
    return readFileSync(statePath);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fileError(cause, statePath, 'read');
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Throws `state-newer` for a later version, and `state-corrupt` for anything that is not a state file. */
export function parseState(statePath: string, bytes: Uint8Array): EnvironmentState {
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw corrupt(statePath, 'it is not JSON', cause);
  }
  const version = (json as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version === 'number' && version > environmentStateVersion) {
    throw new RekeyError('state-newer', {
      message: `${statePath} was written by a newer Rekey (version ${version}; this one reads ${environmentStateVersion}).`,
      remedy: 'Update Rekey on this machine. The state file is left as it is.',
      details: { path: statePath, version },
    });
  }
  const parsed = EnvironmentState.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw corrupt(statePath, `field "${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'not valid'}`);
}

export function serializeState(state: EnvironmentState): Buffer {
  return Buffer.from(`${JSON.stringify(EnvironmentState.parse(state), null, 2)}\n`, 'utf8');
}

/**
 * Keeps a copy of a corrupt state file beside it (`.corrupt-<time>`), once for the same bytes, so that what may still
 * be read from it survives whatever is done next. The state file itself is never overwritten. Where the copy cannot
 * be written the file simply stays.
 */
export function quarantineState(statePath: string, bytes: Uint8Array, clock: Clock): string | null {
  const folder = dirname(statePath);
  const prefix = `${basename(statePath)}.corrupt-`;
  try {
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(prefix)) continue;
      if (readFileSync(join(folder, name)).equals(bytes)) return join(folder, name);
    }
    const copy = join(
      folder,
      `${prefix}${clock.now().toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '')}`,
    );
    writeFileAtomic(copy, bytes);
    return copy;
  } catch {
    return null;
  }
}

function corrupt(statePath: string, why: string, cause?: unknown): RekeyError {
  return new RekeyError('state-corrupt', {
    message: `${statePath} is damaged: ${why}.`,
    unchanged: 'Nothing was changed, and the damaged file stays as it is.',
    remedy: `Restore the file from a backup. Without one, move it away (mv '${statePath}' '${statePath}.damaged') to begin anew: the keys stay, their recorded rotations are lost, and baselines must be recorded again.`,
    details: { path: statePath },
    ...(cause === undefined ? {} : { cause }),
  });
}
