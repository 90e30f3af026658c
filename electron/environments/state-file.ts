import { randomBytes } from 'node:crypto';
import type { Clock } from '#shared/model/clock.ts';
import { EnvironmentState, environmentStateVersion } from '#shared/model/environment.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import { missingFile } from './file-errors.ts';
import type { FileContent, HostFiles } from './host-files.ts';

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
export async function adoptState(files: HostFiles, path: string): Promise<EnvironmentState | null> {
  const target = await files.realPath(path);
  if (target === null) throw missingFile(files.describe(path));
  const statePath = statePathFor(target);
  const found = await readState(files, statePath);
  return found === null ? null : parseState(statePath, found.bytes, files.describe(statePath));
}

/** Thousands of keys fit into this; what is larger was not written by Rekey. */
const largestState = 4 * 1024 * 1024;

/** Null when there is no state file. Throws `no-read-permission` and the like, `state-corrupt` for no file at all. */
export async function readState(files: HostFiles, statePath: string): Promise<FileContent | null> {
  try {
    return await files.read(statePath, largestState);
  } catch (error) {
    if (!isRekeyError(error, 'not-a-file') && !isRekeyError(error, 'file-too-large')) throw error;
    throw corrupt(statePath, files.describe(statePath), 'it is no file of Rekey', error);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Throws `state-newer` for a later version, and `state-corrupt` for anything that is not a state file.
 * @param described - the path as messages name it
 */
export function parseState(statePath: string, bytes: Uint8Array, described = statePath): EnvironmentState {
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw corrupt(statePath, described, 'it is not JSON', cause);
  }
  const version = (json as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version === 'number' && version > environmentStateVersion) {
    throw new RekeyError('state-newer', {
      message: `${described} was written by a newer Rekey (version ${version}; this one reads ${environmentStateVersion}).`,
      remedy: 'Update Rekey on this machine. The state file is left as it is.',
      details: { path: statePath, version },
    });
  }
  const parsed = EnvironmentState.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const why = `field "${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'not valid'}`;
  throw corrupt(statePath, described, why);
}

export function serializeState(state: EnvironmentState): Buffer {
  return Buffer.from(`${JSON.stringify(EnvironmentState.parse(state), null, 2)}\n`, 'utf8');
}

/**
 * Keeps a copy of a corrupt state file beside it (`.corrupt-<time>`), once for the same bytes, so that what may still
 * be read from it survives whatever is done next. The state file itself is never overwritten. Where the copy cannot
 * be written the file simply stays.
 */
export async function quarantineState(
  files: HostFiles,
  statePath: string,
  bytes: Buffer,
  clock: Clock,
): Promise<string | null> {
  const { basename, dirname, join } = files.paths;
  const folder = dirname(statePath);
  const prefix = `${basename(statePath)}.corrupt-`;
  try {
    for (const name of await files.names(folder)) {
      if (!name.startsWith(prefix)) continue;
      const kept = await files.read(join(folder, name), largestState);
      if (kept?.bytes.equals(bytes)) return join(folder, name);
    }
    const time = clock.now().toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
    const copy = join(folder, `${prefix}${time}`);
    await (await files.stage(copy, bytes)).commit();
    return copy;
  } catch {
    return null;
  }
}

function corrupt(statePath: string, described: string, why: string, cause?: unknown): RekeyError {
  return new RekeyError('state-corrupt', {
    message: `${described} is damaged: ${why}.`,
    unchanged: 'Nothing was changed, and the damaged file stays as it is.',
    remedy: `Restore the file from a backup. Without one, move it away (mv '${statePath}' '${statePath}.damaged') to begin anew: the keys stay, their recorded rotations are lost, and baselines must be recorded again.`,
    details: { path: statePath },
    ...(cause === undefined ? {} : { cause }),
  });
}
