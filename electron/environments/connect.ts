import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { DotenvFile, type DotenvFileDependencies } from './dotenv-file.ts';
import type { Environment } from './environment.ts';

/** What connectors may need; each takes its part. */
export type ConnectDependencies = DotenvFileDependencies;

export type ConnectEnvironment = (config: EnvironmentConfig) => Environment;

/** The environment behind a configuration, by the kind of its connector. Opens nothing yet. */
export function connectEnvironment(
  config: EnvironmentConfig,
  dependencies: ConnectDependencies,
): Environment {
  switch (config.connector.kind) {
    case 'dotenv-file':
      return new DotenvFile(config, dependencies);
  }
}
