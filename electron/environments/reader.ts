import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { DotenvReader, type DotenvReaderDependencies } from './dotenv-reader.ts';
import type { EnvironmentReader } from './environment.ts';
import type { ReadableHost } from './host.ts';
import { localFiles } from './local-files.ts';

/** This machine without what runs commands, which a status need not load. */
const here: ReadableHost = { name: null, files: localFiles, close: async () => {} };

/** The reading part of the environment behind a configuration, by the kind of its connector. Opens nothing yet. */
export function environmentReader(
  config: EnvironmentConfig,
  dependencies: DotenvReaderDependencies,
): EnvironmentReader {
  const { connector } = config;
  switch (connector.kind) {
    case 'dotenv-file':
      return new DotenvReader(config, connector.path, here, dependencies);
  }
}
