import type { z } from 'zod';
import { type Environment, type Snapshot, singleChange } from '#electron/environments/environment.ts';
import type { ConnectionCheck as ConnectionCheckSchema } from '#shared/ipc/contract.ts';
import type { Clock } from '#shared/model/clock.ts';
import { isRekeyError, type RekeyError } from '#shared/model/errors.ts';
import { credentialName } from '#shared/model/keychain.ts';
import { fingerprintIn } from '../secrets/fingerprint.ts';

export type ConnectionCheck = z.infer<typeof ConnectionCheckSchema>;

type Finished = Omit<ConnectionCheck, 'id' | 'title' | 'durationMs'>;

const ok = (message: string): Finished => ({ outcome: 'ok', message, remedy: null });
const notConfigured = (message: string): Finished => ({ outcome: 'not-configured', message, remedy: null });
const failed = (message: string, remedy: string): Finished => ({ outcome: 'failed', message, remedy });
const warning = (message: string, remedy: string): Finished => ({ outcome: 'warning', message, remedy });

/**
 * Tests what a rotation needs of an environment, one named check after the other, each with what to do when it fails.
 * Reads, takes the lock for a moment and gives it back, and asks the health URL; changes nothing and runs no command.
 */
export async function testConnection(
  environment: Environment,
  clock: Clock,
  operator: string,
  hasCredential: (name: string) => Promise<boolean>,
  signal?: AbortSignal,
): Promise<ConnectionCheck[]> {
  const checks: ConnectionCheck[] = [];
  const check = async (id: string, title: string, action: () => Promise<Finished>) => {
    const started = clock.monotonic();
    let finished: Finished;
    try {
      finished = await action();
    } catch (error) {
      if (!isRekeyError(error)) throw error;
      finished = failedWith(error);
    }
    checks.push({ id, title, ...finished, durationMs: Math.round(clock.monotonic() - started) });
    return finished.outcome === 'ok';
  };

  let snapshot: Snapshot | null = null;
  await check('read', 'Read the keys', async () => {
    snapshot = await environment.read({ thorough: true });
    return ok(`${snapshot.values.size} variables can be read.`);
  });
  await check('state', 'Read the shared state', async () => stateCheck(snapshot));
  await check('write', 'Write beside the keys', async () => writeCheck(environment, operator));
  await check('findings', 'Look for anything unusual', async () => findingsCheck(snapshot));
  await check('credential', 'Find the health credential', async () => {
    const { health, id } = environment.config;
    if (!health?.credential) return notConfigured('No credential is stored for the health URL.');
    return (await hasCredential(credentialName(id, 'health')))
      ? ok('The credential is in the keychain.')
      : failed('The credential of the health URL is not in the keychain.', 'Enter the credential again.');
  });
  await check('health', 'Ask the service for its health', async () =>
    healthCheck(environment, snapshot, signal),
  );
  await check('commands', 'Look at the commands', async () => commandsCheck(environment));
  return checks;
}

function failedWith(error: RekeyError): Finished {
  return failed(error.message, error.remedy);
}

function stateCheck(snapshot: Snapshot | null): Finished {
  if (!snapshot) return failed('The keys could not be read, so neither was the state.', 'Solve that first.');
  if (snapshot.state) return ok(`The state knows ${Object.keys(snapshot.state.keys).length} keys.`);
  return warning(
    'There is no state yet: nobody could write it when the environment was added.',
    'Make sure that files can be created beside the keys; the first change writes it.',
  );
}

/** Taking the lock writes beside the keys, which is what every change needs first. */
async function writeCheck(environment: Environment, operator: string): Promise<Finished> {
  const status = await environment.lockStatus();
  if (status) {
    const { operator: owner, host, at } = status.lock;
    return warning(
      `The environment is locked by ${owner} on ${host} since ${at}.`,
      status.owner === 'dead'
        ? 'That run was interrupted: resume it, or unlock the environment with a reason.'
        : 'Wait until that run has finished.',
    );
  }
  const held = await environment.lock({ runId: singleChange, operator });
  await held.release();
  return ok('The environment can be locked for a change.');
}

function findingsCheck(snapshot: Snapshot | null): Finished {
  const findings = snapshot?.findings ?? [];
  const [worst] = [...findings].sort(
    (a, b) => Number(a.severity !== 'error') - Number(b.severity !== 'error'),
  );
  if (!worst)
    return snapshot ? ok('Nothing unusual.') : failed('The keys could not be read.', 'Solve that first.');
  const message =
    findings.length === 1 ? worst.message : `${worst.message} (and ${findings.length - 1} more)`;
  return warning(message, worst.remedy ?? 'Look at the findings on the environment.');
}

async function healthCheck(
  environment: Environment,
  snapshot: Snapshot | null,
  signal: AbortSignal | undefined,
): Promise<Finished> {
  const report = await environment.health(signal);
  if (!report.configured) return notConfigured('No health URL is configured.');
  if (!report.reachable) {
    return failed(
      report.problem ?? 'The service did not answer.',
      'Check the URL, and that the service runs.',
    );
  }
  if (!report.healthy) {
    const refused = report.httpStatus === 401 || report.httpStatus === 403;
    return failed(
      report.problem ?? 'The service is not healthy.',
      refused
        ? 'Store the credential that the service expects: a bearer token.'
        : 'Look at the logs of the service.',
    );
  }
  const names = Object.keys(report.fingerprints);
  if (names.length === 0) {
    return ok(`The service is healthy (HTTP ${report.httpStatus}); it reports no fingerprints of its keys.`);
  }
  const differing = names.filter((name) => {
    const value = snapshot?.values.get(name);
    return value && snapshot?.state && fingerprintIn(snapshot.state, value) !== report.fingerprints[name];
  });
  if (differing.length === 0) {
    return ok(
      `The service is healthy and uses the same ${names.length === 1 ? 'key' : `${names.length} keys`}.`,
    );
  }
  return warning(
    `The service is healthy but uses another value for ${differing.join(', ')}.`,
    'Restart the service, so that it reads its file again.',
  );
}

function commandsCheck(environment: Environment): Finished {
  const configured = Object.keys(environment.config.commands);
  if (configured.length === 0) {
    return warning(
      'No command is configured: a person has to restart the service and attest it.',
      'Configure at least a restart command.',
    );
  }
  return ok(`Configured: ${configured.join(', ')}. They are run only by a rotation.`);
}
