import type { Environment } from '#electron/environments/environment.ts';
import type { EnvironmentDetail } from '#shared/ipc/contract.ts';
import { type ErrorReport, isRekeyError } from '#shared/model/errors.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';

/** Everything that the environment's screen shows; what cannot be read is in `error`. */
export async function environmentDetail(
  environment: Environment,
  status: () => Promise<EnvironmentStatus>,
): Promise<EnvironmentDetail> {
  const { config } = environment;
  let stateKnown = false;
  let lock: EnvironmentDetail['lock'] = null;
  let error: ErrorReport | null = null;
  try {
    stateKnown = (await environment.read({ thorough: false })).state !== null;
    const found = await environment.lockStatus();
    if (found) {
      const { operator, host, at, runId } = found.lock;
      lock = { operator, host, at, runId, owner: found.owner };
    }
  } catch (thrown) {
    if (!isRekeyError(thrown)) throw thrown;
    error = thrown.report();
  }
  const known = await status();
  return {
    config,
    status: known,
    rules: keyRules(config.keys),
    stateKnown,
    lock,
    healthCredential: config.health?.credential === true,
    // Of a fleet of which some answer, the status says which do not.
    error: known.hosts && known.reachable ? null : error,
  };
}
