import type { Environment, ReadOptions, Snapshot } from '#electron/environments/environment.ts';
import { atOnce } from '#electron/environments/fleet/at-once.ts';
import { mergedSnapshot } from '#electron/environments/fleet/fleet-snapshot.ts';
import { everyHost } from '#electron/environments/fleet/hosts-failed.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { EnvironmentSource } from './rotation-dependencies.ts';

/** What one place holds: a host of a fleet by its name, or the only place there is (null). */
export interface Place {
  host: string | null;
  snapshot: Snapshot;
}

/** All places as the one environment that they are. There is at least one. */
export function snapshotOf(places: readonly Place[], config: EnvironmentConfig): Snapshot {
  const [first] = places;
  if (!first) throw new RangeError('An environment has a place');
  if (first.host === null) return first.snapshot;
  return mergedSnapshot(
    places.map(({ host, snapshot }) => ({ host: host ?? '', snapshot })),
    keyRules(config.keys),
  );
}

/** The environment of a run, without the hosts that a person left out of it. */
export function environmentOfRun(
  environments: EnvironmentSource,
  run: Pick<RunRecord, 'environment' | 'excluded_hosts'>,
): Environment {
  const excluded = (run.excluded_hosts ?? []).map(({ host }) => host);
  return environmentWithout(environments.open(run.environment.id), excluded);
}

/** The environment without these hosts; as it is where it is no fleet. */
export function environmentWithout(environment: Environment, hosts: readonly string[]): Environment {
  return environment.fleet && hosts.length > 0 ? environment.fleet.without(hosts) : environment;
}

/** Reads every place of an environment. Throws what reading throws; of a fleet it names the hosts. */
export async function readPlaces(
  environment: Environment,
  options: Pick<ReadOptions, 'whenMissing'> = {},
): Promise<Place[]> {
  const wanted = { thorough: false, ...options };
  if (!environment.fleet) return [{ host: null, snapshot: await environment.read(wanted) }];
  const { hosts, atOnce: limit } = environment.fleet;
  const results = await atOnce(hosts, limit, async ({ name, environment: host }) => ({
    host: name,
    snapshot: await host.read(wanted),
  }));
  return everyHost(results, 'read');
}
