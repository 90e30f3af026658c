import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectEnvironment } from '#electron/environments/connect.ts';
import { ConnectionPool } from '#electron/environments/ssh/connection-pool.ts';
import { FileEventLog } from '#electron/services/events/file-event-log.ts';
import type { CredentialStore } from '#electron/services/keychain/credential-store.ts';
import { KeychainIndex } from '#electron/services/keychain/keychain-index.ts';
import { OsKeychain } from '#electron/services/keychain/os-keychain.ts';
import { WrappingKey } from '#electron/services/keychain/wrapping-key.ts';
import { DirectRotation } from '#electron/services/rotation/direct-rotation.ts';
import { Recovery } from '#electron/services/rotation/recovery.ts';
import type { RotationDependencies } from '#electron/services/rotation/rotation-dependencies.ts';
import { RotationEngine } from '#electron/services/rotation/rotation-engine.ts';
import { RunRegistry } from '#electron/services/rotation/run-registry.ts';
import { FileSealedStore } from '#electron/services/secrets/file-sealed-store.ts';
import { generateValue } from '#electron/services/secrets/generate-value.ts';
import { dataFolder } from '#electron/storage/data-folder.ts';
import { ExclusiveSection } from '#electron/storage/exclusive-section.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { UuidV7Generator } from '#shared/logic/uuid-v7.ts';
import type { CheckValue } from '#shared/logic/validator/check-value.ts';
import { formFindings } from '#shared/logic/validator/rules.ts';
import type { Clock } from '#shared/model/clock.ts';
import { EnvironmentsFile } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';

/**
 * The rotation services as the application composes them, over a data folder and environments that exist, without
 * what a rotation does not need. The validator judges form only: loading its dictionaries takes half a second, which
 * thousands of processes cannot afford; what it says of strength has its own tests.
 */
export interface RotationWorld {
  log: FileEventLog;
  runs: RunRegistry;
  sealed: FileSealedStore;
  engine: RotationEngine;
  direct: DirectRotation;
  recovery: Recovery;
  dependencies: RotationDependencies;
  close(): Promise<void>;
}

export interface WorldOptions {
  data: string;
  clock?: Clock;
  /** Default: the OS keychain. */
  credentials?: CredentialStore;
  overrides?: Partial<RotationDependencies>;
}

const checkForm: CheckValue = async (rule, value) => {
  const findings = formFindings(rule, value.reveal());
  return { valid: findings.every(({ severity }) => severity !== 'error'), bits: null, findings };
};

export function openRotationWorld(options: WorldOptions): RotationWorld {
  const clock = options.clock ?? systemClock;
  const folder = dataFolder(options.data);
  const identity = ownIdentity();
  const log = new FileEventLog({
    folder: () => folder.log,
    clock,
    identity,
    osUser: 'tester',
    appVersion: '0.0.0',
    operator: () => ({ user_id: 'ada@example.org', source: 'declared' }),
    verifyWorker: join(import.meta.dirname, '../../electron/workers/log-verify.ts'),
  });
  const credentials = options.credentials ?? new OsKeychain(new KeychainIndex(folder.keychainIndex));
  const section = new ExclusiveSection(
    { path: join(folder.path, 'wrapping-key.lock'), identity, clock },
    'The wrapping key',
  );
  const sealed = new FileSealedStore(
    folder.sealed,
    new WrappingKey({
      credentials: async () => credentials,
      hasSealedFiles: () => sealed.list().length > 0,
      exclusively: (action) => section.run(action),
    }),
  );
  const { environments } = EnvironmentsFile.parse(JSON.parse(readFileSync(folder.environments, 'utf8')));
  const config = (id: string) => {
    const found = environments.find((one) => one.id === id);
    if (!found) throw new RekeyError('environment-unknown', { message: `No environment ${id}.`, remedy: '' });
    return found;
  };
  const runs = new RunRegistry({ log, cacheFile: join(folder.cache, 'runs.json') });
  const ids = new UuidV7Generator(randomBytes);
  let pool: ConnectionPool | null = null;
  const hosts = () => {
    pool ??= new ConnectionPool(() => ({
      knownHosts: folder.knownHosts,
      configFile: process.env.REKEY_SSH_CONFIG,
      credential: async () => null,
    }));
    return pool;
  };
  const dependencies: RotationDependencies = {
    clock,
    log,
    runs,
    sealed,
    environments: { config, open: (id) => connectEnvironment(config(id), { clock, ssh: hosts }) },
    status: async (id) => ({
      id,
      name: config(id).name,
      stage: config(id).stage,
      reachable: true,
      compliance_score: 0,
      findings: [],
      keys: [],
    }),
    generate: generateValue,
    check: checkForm,
    validate: async () => ({ valid: true, errors: [], warnings: [] }),
    operator: () => 'ada@example.org',
    newId: () => ids.next(clock.now()),
    healthPatienceMs: 2_000,
    ...options.overrides,
  };
  const engine = new RotationEngine(dependencies);
  const asWritten = async (_environment: unknown, text: string) => text;
  const direct = new DirectRotation(dependencies, engine, {
    keepEvidence: async () => ({ sha256: '0'.repeat(64) }),
    withoutSecrets: asWritten,
  });
  return {
    log,
    runs,
    sealed,
    engine,
    direct,
    recovery: new Recovery(dependencies, asWritten),
    dependencies,
    close: async () => {
      log.close();
      await pool?.closeAll();
    },
  };
}
