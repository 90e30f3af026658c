import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { DotenvEnvironment, type DotenvEnvironmentDependencies } from './dotenv-environment.ts';
import type { Environment } from './environment.ts';
import { localHost } from './local-host.ts';

/** What connectors may need; each takes its part. */
export type ConnectDependencies = DotenvEnvironmentDependencies;

export type ConnectEnvironment = (config: EnvironmentConfig) => Environment;

/** The environment behind a configuration, by the kind of its connector. Opens nothing yet. */
export function connectEnvironment(
  config: EnvironmentConfig,
  dependencies: ConnectDependencies,
): Environment {
  const { connector } = config;
  switch (connector.kind) {
    case 'dotenv-file':
      return new DotenvEnvironment(config, connector.path, localHost, dependencies);
  }
}
