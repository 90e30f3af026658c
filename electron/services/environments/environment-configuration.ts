import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { placeInWords, sharePlace } from '#shared/logic/connector-places.ts';
import {
  EnvironmentConfig,
  type EnvironmentPatch,
  type EnvironmentReference,
  type Parser,
  type SshConnector,
  type SshCredential,
  type Stage,
} from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { patchedEnvironment } from '../settings/environment-patch.ts';

export interface NewEnvironment {
  name: string;
  stage: Stage;
  /** Absolute path of the dotenv file; or the hosts that it lies on. */
  path?: string;
  ssh?: Pick<SshConnector, 'hosts' | 'identity' | 'sudo'>;
  parser: Parser;
  patch?: EnvironmentPatch | undefined;
  practice?: boolean;
}

/** What an event says of an environment. */
export function referenceTo({ id, name, stage }: EnvironmentConfig): EnvironmentReference {
  return { id, name, stage };
}

/** The configuration of an environment that is to be added, under an id of its own. */
export function draftConfig({
  name,
  stage,
  path,
  ssh,
  parser,
  patch,
  practice,
}: NewEnvironment): EnvironmentConfig {
  const base = validConfig({
    id: randomUUID(),
    name,
    stage,
    connector: ssh
      ? { kind: 'ssh', parser, ...ssh }
      : { kind: 'dotenv-file', path: resolve(path ?? ''), parser },
    practice: practice ?? false,
  });
  return patch ? validConfig(patchedEnvironment(base, patch)) : base;
}

/** The configuration with what the keychain will hold for its hosts; a file of this machine asks for nothing. */
export function withCredentials(
  config: EnvironmentConfig,
  credentials: readonly SshCredential[],
): EnvironmentConfig {
  const { connector } = config;
  if (credentials.length === 0) return config;
  if (connector.kind !== 'ssh') {
    throw new RekeyError('invalid-input', {
      message: `"${config.name}" is a file of this machine: nothing there asks for a credential of ssh or sudo.`,
      remedy: 'Leave it out, or give hosts.',
    });
  }
  return validConfig({ ...config, connector: { ...connector, credentials } });
}

/** Throws `configuration-invalid`, naming the field. */
export function validConfig(config: unknown): EnvironmentConfig {
  const parsed = EnvironmentConfig.safeParse(config);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RekeyError('configuration-invalid', {
    message: `The configuration does not fit: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}.`,
    remedy: 'Correct that field.',
    details: { field: issue?.path.join('.') ?? '' },
  });
}

/** Why a configuration cannot stand beside another one; null when it can. */
export function refusalBecauseOf(other: EnvironmentConfig, config: EnvironmentConfig): RekeyError | null {
  if (other.name.toLowerCase() === config.name.toLowerCase()) {
    return new RekeyError('environment-exists', {
      message: `There is an environment "${other.name}" already.`,
      remedy: 'Choose another name.',
    });
  }
  if (sharePlace(other.connector, config.connector)) {
    return new RekeyError('environment-exists', {
      message: `"${other.name}" is this file already.`,
      remedy: 'Use that environment, or remove it first.',
    });
  }
  if (other.id !== config.id) return null;
  return new RekeyError('environment-exists', {
    message: `The state beside ${placeInWords(config.connector)} says that it is "${other.name}" (${placeInWords(other.connector)}).`,
    remedy: `If it is the same file, use that environment. If the file was copied together with its state, move the copied state away (${config.connector.kind === 'ssh' ? 'the file whose name ends with .rekey.json' : `mv '${config.connector.path}.rekey.json' '${config.connector.path}.rekey.json.copied'`}).`,
  });
}
