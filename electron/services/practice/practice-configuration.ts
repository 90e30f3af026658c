import type { EnvironmentConfig, EnvironmentState, KeyState } from '#shared/model/environment.ts';
import { EnvironmentConfig as EnvironmentConfigSchema, emptyKeyState } from '#shared/model/environment.ts';
import type { KeyRuleOverride } from '#shared/model/key.ts';
import { fingerprintOf, type PracticeKey } from './key-ring.ts';
import { practiceCommandConfig } from './practice-command.ts';
import type { PracticeValues } from './practice-values.ts';
import type { PracticeFiles } from './service-file.ts';

/** A soak that a drill can wait for. The service's tokens live 30 s, so it is also long enough. */
const practiceSoak = '30s';

/**
 * What the keys can do, so that each way of rotating can be practised. The service reads all three slots of every
 * key; fewer are declared here, as in services that read fewer.
 */
const rules: Readonly<Record<PracticeKey, KeyRuleOverride>> = {
  TOKEN_ENCRYPTION_KEY: {
    slots: 'previous',
    soak: practiceSoak,
    owner: 'Platform team',
    dependents: ['Partners'],
  },
  JWT_SECRET_KEY: {
    slots: 'next+previous',
    soak: practiceSoak,
    owner: 'Platform team',
    dependents: ['Web', 'Mobile'],
  },
  WEBHOOK_SIGNING_KEY: { slots: 'one', owner: 'Integrations team', dependents: ['Partners'] },
  ENCRYPTION_KEY: { slots: 'one', owner: 'Platform team' },
  API_SIGNING_KEY: { slots: 'previous', soak: practiceSoak, owner: 'Integrations team' },
};

/** Days since each key was last rotated; null: nobody recorded it. */
const ageDays: Readonly<Record<PracticeKey, number | null>> = {
  TOKEN_ENCRYPTION_KEY: 127, // of 90: overdue
  JWT_SECRET_KEY: 356, // of 365: due soon
  WEBHOOK_SIGNING_KEY: 41, // of 180, and weak: invalid
  ENCRYPTION_KEY: null, // unrecorded
  API_SIGNING_KEY: 23, // of 180: ok
};

const dayMs = 86_400_000;

export function practiceConfiguration(
  id: string,
  name: string,
  files: PracticeFiles,
  port: number,
): EnvironmentConfig {
  return EnvironmentConfigSchema.parse({
    id,
    name,
    stage: 'development',
    connector: { kind: 'dotenv-file', path: files.environment, parser: 'dotenv' },
    health: { url: healthUrl(port) },
    commands: practiceCommandConfig(),
    keys: rules,
    practice: true,
  });
}

export function healthUrl(port: number): string {
  return `http://127.0.0.1:${port}/health`;
}

/** The port in a health URL, or 0. */
export function portOf(config: EnvironmentConfig | null): number {
  return config?.health == null ? 0 : Number(new URL(config.health.url).port);
}

/** The state file of a service that has been running for a while: some keys were rotated on time, some were not. */
export function practiceState(
  environmentId: string,
  values: PracticeValues,
  fingerprintKey: Buffer,
  now: Date,
): EnvironmentState {
  const keys: Record<string, KeyState> = {};
  for (const [key, value] of values) {
    const age = ageDays[key];
    if (age === null) continue;
    const date = new Date(now.getTime() - age * dayMs);
    keys[key] = {
      ...emptyKeyState,
      fingerprint: fingerprintOf(value, fingerprintKey),
      activatedAt: date.toISOString(),
      baseline: {
        date: date.toISOString().slice(0, 10),
        reason: 'Made up for practice',
        by: 'system',
      },
    };
  }
  return { schemaVersion: 1, environmentId, fingerprintKey: fingerprintKey.toString('hex'), keys };
}
