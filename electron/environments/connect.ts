import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { DotenvEnvironment, type DotenvEnvironmentDependencies } from './dotenv-environment.ts';
import type { Environment } from './environment.ts';
import { localHost } from './local-host.ts';
import type { ConnectionPool } from './ssh/connection-pool.ts';
import { sshEnvironment } from './ssh/ssh-environment.ts';

/** What connectors may need; each takes its part. */
export interface ConnectDependencies extends DotenvEnvironmentDependencies {
  /** The SSH connections of this process; asked for only by an environment that is reached so. */
  ssh?: () => ConnectionPool;
}

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
    case 'ssh':
      if (!dependencies.ssh) throw new RangeError('No SSH connections were given');
      return sshEnvironment(config, connector, dependencies.ssh(), dependencies);
  }
}
