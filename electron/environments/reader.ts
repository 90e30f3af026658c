import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { DotenvReader, type DotenvReaderDependencies } from './dotenv-reader.ts';
import type { EnvironmentReader } from './environment.ts';
import type { ReadableHost } from './host.ts';
import { localFiles } from './local-files.ts';
import type { ConnectionPool } from './ssh/connection-pool.ts';

/** This machine without what runs commands, which a status need not load. */
const here: ReadableHost = { name: null, files: localFiles, close: async () => {} };

/** The reading part of the environment behind a configuration, by the kind of its connector. Opens nothing yet. */
export async function environmentReader(
  config: EnvironmentConfig,
  dependencies: DotenvReaderDependencies & { ssh: () => Promise<ConnectionPool> },
): Promise<EnvironmentReader> {
  const { connector } = config;
  switch (connector.kind) {
    case 'dotenv-file':
      return new DotenvReader(config, connector.path, here, dependencies);
    case 'ssh': {
      // Most statuses need none of it.
      const { sshReader } = await import('./ssh/ssh-environment.ts');
      return sshReader(config, connector, await dependencies.ssh(), dependencies);
    }
  }
}
