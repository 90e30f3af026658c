import { hostNames } from '#shared/logic/connector-places.ts';
import type { EnvironmentConfig, EnvironmentReference } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { installationName, installationReference } from '#shared/model/installation.ts';
import type { KeyName } from '#shared/model/key.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { Runbook } from '#shared/model/runbook.ts';
import { RotationJournal } from '../rotation/rotation-journal.ts';
import { environmentRedactor } from '../secrets/environment-redactor.ts';
import type { GuidedDependencies } from './guided-dependencies.ts';

/** Which runbook, where, and why. */
export interface GuidedRequest {
  /** Id of a runbook. */
  runbook: string;
  /** Null for a runbook about this installation, and only for those. */
  environmentId: string | null;
  /** For a runbook about a host of a fleet, and only for those. */
  host?: string | null | undefined;
  /** For a runbook that lets choose; ignored by the others. */
  keys: readonly KeyName[];
  reason: string;
  dryRun: boolean;
  drill: boolean;
}

/**
 * Pins the runbook's text and records the start; the run has no step yet. Returns the run's id. Throws as
 * `GuidedRuns.start` does; then nothing was recorded.
 */
export async function startRun(services: GuidedDependencies, request: GuidedRequest): Promise<string> {
  services.operator();
  const { runbook, text, sha256 } = services.library.load(request.runbook);
  const environment = subjectOf(services, runbook, request);
  const host = hostFor(services, runbook, request);
  const redactor = await environmentRedactor(environment.id, services.environments, services.sealed);
  const reason = redactor.redact(request.reason.trim()).text;
  if (reason === '') {
    throw new RekeyError('invalid-input', {
      message: 'The run has no reason.',
      remedy: 'Say in a few words why it is started; the record asks for it.',
    });
  }
  const keys = await keysFor(services, runbook, request.keys, environment.id);
  const runId = services.newId();
  services.folders.pin(runId, text);
  new RotationJournal(services.log).started(
    { run_id: runId, environment, drill: request.drill, reason },
    {
      runbook: runbook.id,
      title: titleOf(runbook, keys, host),
      mode: runbook.mode,
      dry_run: request.dryRun,
      keys,
      ...(host === null ? {} : { host }),
      runbook_sha256: sha256,
      runbook_version: runbook.version,
    },
  );
  return runId;
}

function titleOf(runbook: Runbook, keys: readonly KeyName[], host: string | null): string {
  if (host !== null) return `${runbook.title}: ${host}`;
  return keys.length > 0 && runbook.keys === 'choose'
    ? `${runbook.title}: ${keys.join(', ')}`
    : runbook.title;
}

/** The host that the run is about; null where it is about none. */
function hostFor(services: GuidedDependencies, runbook: Runbook, request: GuidedRequest): string | null {
  const wanted = request.host ?? null;
  if (runbook.subject !== 'host') {
    if (wanted === null) return null;
    throw new RekeyError('usage', {
      message: `"${runbook.title}" is not about a single host.`,
      remedy: 'Start it without naming a host.',
    });
  }
  const config = services.environments.config(request.environmentId ?? '');
  const hosts = config.connector.kind === 'ssh' ? hostNames(config.connector) : [];
  if (hosts.length < 2) {
    throw new RekeyError('usage', {
      message: `"${config.name}" is no fleet: there are no other hosts to go by.`,
      remedy: 'Rotate its keys instead.',
    });
  }
  if (wanted !== null && hosts.includes(wanted)) return wanted;
  throw new RekeyError('usage', {
    message:
      wanted === null
        ? `"${runbook.title}" is about one host, and none was named.`
        : `"${config.name}" has no host "${wanted}".`,
    remedy: `Name one of: ${hosts.join(', ')}.`,
  });
}

/** The environment that the run is about, or what stands in its place. */
function subjectOf(
  services: GuidedDependencies,
  runbook: Runbook,
  request: GuidedRequest,
): EnvironmentReference {
  const { environmentId } = request;
  if (runbook.subject === 'installation') {
    if (environmentId !== null) {
      throw new RekeyError('usage', {
        message: `"${runbook.title}" is about this installation, not about an environment.`,
        remedy: 'Start it without naming an environment.',
      });
    }
    requireDrillable(request, null);
    return installationReference(services.signer.installationId());
  }
  if (environmentId === null) {
    throw new RekeyError('usage', {
      message: `"${runbook.title}" is about an environment, and none was named.`,
      remedy: 'Name the environment.',
    });
  }
  const config = services.environments.config(environmentId);
  requireDrillable(request, config);
  return { id: config.id, name: config.name, stage: config.stage };
}

function requireDrillable(request: GuidedRequest, config: EnvironmentConfig | null): void {
  if (request.drill && !config?.practice) {
    const where = config ? `"${config.name}"` : installationName;
    throw new RekeyError('drill-refused', {
      message: `A drill does real effects, and ${where} is not a practice environment.`,
      remedy: 'Start the practice environment and drill there, or make a dry run here.',
    });
  }
  if (request.drill && request.dryRun) {
    throw new RekeyError('usage', {
      message: 'A run is a drill or a dry run, not both.',
      remedy: 'A drill does the real steps on the practice environment; a dry run does nothing anywhere.',
    });
  }
}

async function keysFor(
  services: GuidedDependencies,
  runbook: Runbook,
  wanted: readonly KeyName[],
  environmentId: string,
): Promise<KeyName[]> {
  if (runbook.keys === 'none') return [];
  if (runbook.keys === 'all') {
    const keys = (await services.status(environmentId)).keys.map(({ key }) => key);
    if (keys.length > 0) return keys;
    throw new RekeyError('key-unknown', {
      message: 'The environment has no keys that Rekey knows.',
      remedy: 'Check its file, or add custom keys to its configuration.',
    });
  }
  const config = services.environments.config(environmentId);
  const known = keyRules(config.keys).map(({ name }) => name);
  const keys = [...new Set(wanted)];
  const unknown = keys.filter((key) => !known.includes(key));
  if (keys.length === 0 || unknown.length > 0) {
    throw new RekeyError('key-unknown', {
      message:
        keys.length === 0
          ? `"${runbook.title}" rotates the keys that you choose, and none was chosen.`
          : `${unknown.join(', ')} is neither in the catalog nor configured for "${config.name}".`,
      remedy: `Choose from: ${known.join(', ')}.`,
    });
  }
  return keys;
}
