import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newState } from '#electron/environments/state-file.ts';
import { generateValue } from '#electron/services/secrets/generate-value.ts';
import {
  CommandKind,
  EnvironmentConfig,
  type HealthConfig,
  type RotationWindow,
} from '#shared/model/environment.ts';
import type { KeyName, KeyRuleOverride } from '#shared/model/key.ts';
import { keyRules } from '#shared/model/key-catalog.ts';

/** An environment with a consumer (consumer.sh), as a scenario describes it. */
export interface ConsumerSetup {
  keys: Readonly<Record<KeyName, KeyRuleOverride>>;
  /** Keys that have no value. */
  missing?: readonly KeyName[];
  /** Commands that are configured; default: all. */
  commands?: readonly CommandKind[];
  practice?: boolean;
  health?: HealthConfig;
  windows?: readonly RotationWindow[];
  /** Reached over SSH instead of directly. */
  host?: { address: string; identity: string };
}

export const consumerEnvironmentId = '0190aaaa-0000-7000-8000-000000000001';

/** Where the parts of a scenario lie under its folder. */
export interface ConsumerFolders {
  data: string;
  environment: string;
}

export function foldersIn(root: string): ConsumerFolders {
  return { data: join(root, 'data'), environment: join(root, 'environment') };
}

/** The configuration; commands and file lie under `root`, which is another one for each copy. */
export function consumerConfig(root: string, setup: ConsumerSetup): EnvironmentConfig {
  const { environment } = foldersIn(root);
  const script = join(import.meta.dirname, 'consumer.sh');
  return EnvironmentConfig.parse({
    id: consumerEnvironmentId,
    name: 'Crash test',
    stage: 'staging',
    connector: setup.host
      ? {
          kind: 'ssh',
          hosts: [{ address: setup.host.address, path: join(environment, '.env') }],
          identity: setup.host.identity,
          parser: 'dotenv',
        }
      : { kind: 'dotenv-file', path: join(environment, '.env'), parser: 'dotenv' },
    commands: Object.fromEntries(
      (setup.commands ?? CommandKind.options).map((kind) => [
        kind,
        { argv: ['/bin/sh', script, kind, environment] },
      ]),
    ),
    keys: setup.keys,
    ...(setup.health ? { health: setup.health } : {}),
    windows: setup.windows ?? [],
    practice: setup.practice ?? false,
  });
}

/** Writes a file with fresh values, a running consumer with three rows for each data key, and the configuration. */
export function writeConsumer(root: string, setup: ConsumerSetup): void {
  const { data, environment } = foldersIn(root);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  mkdirSync(environment, { recursive: true });
  const rules = keyRules(setup.keys).filter(({ name }) => name in setup.keys);
  const values = rules
    .filter(({ name }) => !setup.missing?.includes(name))
    .map((rule) => ({ rule, value: generateValue(rule).reveal() }));
  const lines = values.map(({ rule, value }) => `${rule.name}=${value}`);
  const file = `# Settings of the service\nPORT=8080\n${lines.join('\n')}\n`;
  const rows = values.flatMap(({ rule, value }) =>
    rule.protects === 'data' ? Array.from({ length: 3 }, () => `${rule.name} ${value}\n`) : [],
  );
  writeFileSync(join(environment, '.env'), file, { mode: 0o600 });
  writeFileSync(join(environment, 'running.env'), file, { mode: 0o600 });
  writeFileSync(join(environment, 'rows'), rows.join(''));
  const state = newState(consumerEnvironmentId);
  writeFileSync(join(environment, '.env.rekey.json'), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  writeConfiguration(root, setup);
}

/** `environments.json` for this copy of the scenario. */
export function writeConfiguration(root: string, setup: ConsumerSetup): void {
  const environments = { schemaVersion: 1, environments: [consumerConfig(root, setup)] };
  writeFileSync(join(foldersIn(root).data, 'environments.json'), JSON.stringify(environments));
}

/** Variables of a plain .env file, as `NAME=value` lines say. */
export function variablesOf(file: string): Map<string, string> {
  return new Map(
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line): [string, string][] => {
        const at = line.indexOf('=');
        return at > 0 && !line.startsWith('#') ? [[line.slice(0, at), line.slice(at + 1)]] : [];
      }),
  );
}

/** Rows of the consumer: which value each is encrypted under. */
export function rowsOf(root: string): { key: string; value: string }[] {
  return readFileSync(join(foldersIn(root).environment, 'rows'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [key = '', value = ''] = line.split(' ');
      return { key, value };
    });
}
