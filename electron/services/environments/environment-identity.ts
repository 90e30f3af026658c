import type { Environment } from '#electron/environments/environment.ts';
import { placeInWords } from '#shared/logic/connector-places.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';

/** Where the file or the files lie, for comparing. */
export function placesOf(connector: EnvironmentConfig['connector']): string {
  return connector.kind === 'ssh' ? JSON.stringify(connector.hosts) : connector.path;
}

/** Hosts that Rekey knows as different environments cannot be one: their fingerprints could not be compared. */
export async function requireOneFleet({ fleet }: Environment): Promise<void> {
  const known = new Map<string, string[]>();
  for (const { name, environment } of fleet?.hosts ?? []) {
    const { state } = await environment.read({ thorough: false });
    if (state) known.set(state.fingerprintKey, [...(known.get(state.fingerprintKey) ?? []), name]);
  }
  if (known.size <= 1) return;
  throw new RekeyError('environment-exists', {
    message: `These hosts were different environments before: ${[...known.values()].map((hosts) => hosts.join(', ')).join(' – ')}.`,
    remedy:
      'If they shall be one now, move the state (the file whose name ends with .rekey.json) away on all but one of them, and record baselines.',
  });
}

/** A place that another environment has cannot become this one's. Throws `environment-exists`, and what reading throws. */
export async function requireSameIdentity(environment: Environment): Promise<void> {
  const { config } = environment;
  const { state } = await environment.read({ thorough: false });
  if (state === null || state.environmentId === config.id) return;
  throw new RekeyError('environment-exists', {
    message: `${placeInWords(config.connector)} belongs to another environment (${state.environmentId}).`,
    remedy: 'Add that file as an environment of its own.',
  });
}
