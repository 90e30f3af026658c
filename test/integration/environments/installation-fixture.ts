import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { connectEnvironment } from '#electron/environments/connect.ts';
import {
  EnvironmentService,
  type EnvironmentServiceDependencies,
} from '#electron/services/environments/environment-service.ts';
import type { CredentialStore } from '#electron/services/keychain/credential-store.ts';
import { EnvironmentStore } from '#electron/services/settings/environment-store.ts';
import { nothingRecorded, StatusService } from '#electron/services/status/status-service.ts';
import { VerdictCache } from '#electron/services/status/verdict-cache.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { valueChecker } from '#shared/logic/validator/value-check.ts';
import { loadZxcvbnPatterns } from '#shared/logic/validator/zxcvbn-patterns.ts';
import type { Secret } from '#shared/model/secret.ts';
import { openLog } from '../events/log-fixture.ts';

/** Values that the validator accepts, made for this run of the tests. */
export const strong = {
  TOKEN_ENCRYPTION_KEY: randomBytes(24).toString('base64url'),
  JWT_SECRET_KEY: randomBytes(48).toString('base64url'),
};
export const text = `TOKEN_ENCRYPTION_KEY=${strong.TOKEN_ENCRYPTION_KEY}\nJWT_SECRET_KEY=${strong.JWT_SECRET_KEY}\nAPP_TOKEN=x\n`;

/** Keeps credentials in memory only: the keychain has tests of its own. */
function memoryCredentials(): CredentialStore & { entries: Map<string, Secret> } {
  const entries = new Map<string, Secret>();
  return {
    backend: 'vault',
    entries,
    get: async (name) => entries.get(name) ?? null,
    put: async (name, value) => void entries.set(name, value),
    remove: async (name) => void entries.delete(name),
    probe: async () => {
      throw new Error('not asked');
    },
  };
}

/** What an installation of Rekey is made of, over a data folder. */
export function install(folder: string, changes: Partial<EnvironmentServiceDependencies> = {}) {
  mkdirSync(folder, { recursive: true });
  const log = openLog(join(folder, 'log'));
  const store = new EnvironmentStore({
    path: join(folder, 'environments.json'),
    clock: systemClock,
    identity: ownIdentity(),
    append: (draft) => void log.append(draft),
  });
  const credentials = memoryCredentials();
  const connect: EnvironmentServiceDependencies['connect'] = (config) =>
    connectEnvironment(config, { clock: systemClock, credentials });
  const check = valueChecker(loadZxcvbnPatterns);
  const status = new StatusService({
    clock: systemClock,
    environments: store,
    connect,
    verdicts: new VerdictCache(join(folder, 'cache', 'verdicts.json'), check),
    recorded: () => nothingRecorded,
  });
  const environments = new EnvironmentService({
    isOver: () => false,
    lookAtHosts: async () => [],
    requireKnownHosts: async () => {},
    clock: systemClock,
    log,
    store,
    connect,
    credentials: () => credentials,
    check,
    operator: () => 'ada@example.org',
    openRotation: () => null,
    openRuns: () => [],
    status: (id) => status.environment(id),
    withoutSecrets: async (_environment, text) => text,
    ...changes,
  });
  return { log, store, status, environments, credentials };
}
