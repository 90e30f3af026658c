import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { DotenvReader, type DotenvReaderDependencies } from './dotenv-reader.ts';
import type { EnvironmentReader } from './environment.ts';

/** The reading part of the environment behind a configuration, by the kind of its connector. Opens nothing yet. */
export function environmentReader(
  config: EnvironmentConfig,
  dependencies: DotenvReaderDependencies,
): EnvironmentReader {
  switch (config.connector.kind) {
    case 'dotenv-file':
      return new DotenvReader(config, dependencies);
  }
}
