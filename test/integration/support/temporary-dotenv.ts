import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DotenvEnvironment,
  type DotenvEnvironmentDependencies,
} from '#electron/environments/dotenv-environment.ts';
import { localHost } from '#electron/environments/local-host.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { placeInWords } from '#shared/logic/connector-places.ts';
import { EnvironmentConfig, type Parser } from '#shared/model/environment.ts';

/** A dotenv file in a folder of its own, and the environment that it is. */
export interface TemporaryDotenv {
  folder: string;
  path: string;
  config(more?: Partial<EnvironmentConfig>): EnvironmentConfig;
  connect(
    more?: Partial<EnvironmentConfig>,
    dependencies?: Partial<DotenvEnvironmentDependencies>,
  ): DotenvEnvironment;
  text(): string;
  write(text: string | Uint8Array): void;
  remove(): void;
  /** Everything in the folder, sorted. */
  names(): string[];
  dispose(): void;
}

export const temporaryEnvironmentId = '0198c5a0-1111-4111-8111-111111111111';

export function temporaryDotenv(
  text: string | Uint8Array,
  parser: Parser = 'python-dotenv',
): TemporaryDotenv {
  const folder = mkdtempSync(join(tmpdir(), 'rekey-dotenv-'));
  const path = join(folder, '.env');
  writeFileSync(path, text, { mode: 0o600 });
  const config = (more: Partial<EnvironmentConfig> = {}) =>
    EnvironmentConfig.parse({
      id: temporaryEnvironmentId,
      name: 'temporary',
      stage: 'development',
      connector: { kind: 'dotenv-file', path, parser },
      ...more,
    });
  return {
    folder,
    path,
    config,
    connect: (more, dependencies) => {
      const wanted = config(more);
      return new DotenvEnvironment(wanted, placeInWords(wanted.connector), localHost, {
        clock: systemClock,
        ...dependencies,
      });
    },
    text: () => readFileSync(path, 'utf8'),
    write: (next) => writeFileSync(path, next),
    remove: () => rmSync(path),
    names: () => readdirSync(folder).sort(),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
