import type { Environment, ReadOptions } from '../environment.ts';
import { atOnce } from './at-once.ts';
import { hostsFailed } from './hosts-failed.ts';

/**
 * A fleet without the hosts that do not answer now, and which those are; any other environment as it is. For what must
 * not wait until the last host is back: a key that leaked is marked on those that can be told. Throws, naming all of
 * them, when none answers.
 */
export async function answeringHosts(
  environment: Environment,
  options: ReadOptions = {},
): Promise<{ environment: Environment; silent: string[] }> {
  const { fleet } = environment;
  if (!fleet) return { environment, silent: [] };
  const results = await atOnce(fleet.hosts, fleet.atOnce, ({ environment: host }) =>
    host.read({ thorough: false, ...options }),
  );
  const failures = results.filter((result) => 'error' in result);
  if (failures.length === results.length) throw hostsFailed(failures, results.length, 'read');
  const silent = failures.map(({ item }) => item.name);
  return { environment: silent.length === 0 ? environment : fleet.without(silent), silent };
}
