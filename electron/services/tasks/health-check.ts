import type { Environment } from '#electron/environments/environment.ts';
import { type EnvironmentConfig, isCountedAmong } from '#shared/model/environment.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { LogHealth } from '#shared/model/event.ts';
import { type ComplianceStatus, complianceStatus } from '#shared/model/key.ts';
import type { KeychainProbe } from '#shared/model/keychain.ts';
import type { HealthSample } from '#shared/model/metrics.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';
import type { HealthCheckResult } from '#shared/model/task.ts';
import { probedState } from '../keychain/probed-state.ts';

export interface HealthCheckDependencies {
  environments: () => readonly EnvironmentConfig[];
  status: () => Promise<readonly EnvironmentStatus[]>;
  open: (environmentId: string) => Environment;
  log: () => LogHealth;
  probeKeychain: () => Promise<KeychainProbe>;
}

/** Health URLs that are asked at the same time. */
const askedAtOnce = 10;

/**
 * The seed's `key_rotation_health_check`: the log, the keychain, and of every environment whether it can be read and
 * what its service says. Changes nothing in them.
 */
export async function checkHealth(
  deps: HealthCheckDependencies,
  signal?: AbortSignal,
): Promise<HealthCheckResult> {
  const log = deps.log();
  const [keychain, statuses, services] = await Promise.all([
    probedState(deps.probeKeychain),
    deps.status(),
    askServices(deps, signal),
  ]);
  // A service that was not waited for is not one that is silent.
  signal?.throwIfAborted();
  const environments = statuses.map(({ id, name, stage, reachable, hosts = [] }) => ({
    id,
    name,
    stage,
    reachable: reachable && hosts.every((host) => host.reachable),
    service: services.get(id)?.service ?? ('not-configured' as const),
  }));
  const problems = [
    ...(log.state === 'ok' || log.state === 'repaired'
      ? []
      : [log.message ?? `The event log is ${log.state}.`]),
    ...(keychain.state === 'durable' ? [] : [keychain.message]),
    ...statuses.flatMap(({ name, reachable, findings, hosts = [] }) => [
      ...(reachable ? [] : [`${name}: ${findings[0]?.message ?? 'it cannot be read.'}`]),
      ...hosts.flatMap(({ host, problem }) => (problem === null ? [] : [`${name}, ${host}: ${problem}`])),
    ]),
    ...statuses.flatMap(({ id, name }) => {
      const problem = services.get(id)?.problem ?? null;
      return problem === null ? [] : [`${name}: ${problem}`];
    }),
  ];
  return {
    healthy: problems.length === 0,
    log: log.state,
    keychain: keychain.state,
    environments,
    problems,
    sample: sampleOf(deps, statuses, environments),
  };
}

/** Whoever practises is not measured. */
function sampleOf(
  deps: HealthCheckDependencies,
  statuses: readonly EnvironmentStatus[],
  environments: HealthCheckResult['environments'],
): HealthSample {
  const isCounted = isCountedAmong(deps.environments());
  const keys = statuses
    .filter(({ id }) => isCounted(id))
    .flatMap((status) => status.keys.map((key) => complianceStatus(key.status)));
  const asked = environments.filter(({ id }) => isCounted(id));
  const count = (status: ComplianceStatus) => keys.filter((one) => one === status).length;
  return {
    keys: keys.length,
    compliant: count('compliant'),
    due_soon: count('due_soon'),
    overdue: count('overdue'),
    environments: asked.length,
    available: asked.filter(
      ({ reachable, service }) => reachable && (service === 'healthy' || service === 'not-configured'),
    ).length,
  };
}

interface ServiceFinding {
  service: HealthCheckResult['environments'][number]['service'];
  problem: string | null;
}

async function askServices(
  { environments, open }: HealthCheckDependencies,
  signal: AbortSignal | undefined,
): Promise<Map<string, ServiceFinding>> {
  const waiting = environments().filter(({ health }) => health !== null);
  const found = new Map<string, ServiceFinding>();
  const askNext = async (): Promise<void> => {
    for (let config = waiting.shift(); config !== undefined; config = waiting.shift()) {
      signal?.throwIfAborted();
      found.set(config.id, await askService(open(config.id), signal));
    }
  };
  await Promise.all(Array.from({ length: askedAtOnce }, askNext));
  return found;
}

async function askService(
  environment: Environment,
  signal: AbortSignal | undefined,
): Promise<ServiceFinding> {
  try {
    const { configured, reachable, healthy, problem } = await environment.health(signal);
    if (!configured) return { service: 'not-configured', problem: null };
    if (!reachable) return { service: 'silent', problem: problem ?? 'The service did not answer.' };
    if (!healthy) return { service: 'failing', problem: problem ?? 'The service is not healthy.' };
    return { service: 'healthy', problem: null };
  } catch (error) {
    // Such as a keychain that does not give the credential.
    if (!isRekeyError(error)) throw error;
    return { service: 'silent', problem: error.message };
  } finally {
    await environment.close();
  }
}
