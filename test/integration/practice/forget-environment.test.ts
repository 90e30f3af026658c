import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { workerEntry } from '#electron/installation.ts';
import { FileEventLog } from '#electron/services/events/file-event-log.ts';
import type { CredentialStore } from '#electron/services/keychain/credential-store.ts';
import { WrappingKey } from '#electron/services/keychain/wrapping-key.ts';
import { forgetEnvironment } from '#electron/services/practice/forget-environment.ts';
import { RunRegistry } from '#electron/services/rotation/run-registry.ts';
import { FileSealedStore } from '#electron/services/secrets/file-sealed-store.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { EnvironmentConfig } from '#shared/model/environment.ts';
import { Secret } from '#shared/model/secret.ts';

/** Keeps what a keychain would keep in memory; the files that it guards are real. */
class FakeCredentialStore implements CredentialStore {
  readonly backend = 'vault';
  readonly #entries = new Map<string, Secret>();

  async get(name: string): Promise<Secret | null> {
    return this.#entries.get(name) ?? null;
  }

  async put(name: string, value: Secret): Promise<void> {
    this.#entries.set(name, value);
  }

  async remove(name: string): Promise<void> {
    this.#entries.delete(name);
  }

  async probe(): Promise<never> {
    throw new Error('not asked in this test');
  }
}

let folder: string;
let log: FileEventLog;
let runs: RunRegistry;
let sealed: FileSealedStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rekey-forget-'));
  log = new FileEventLog({
    folder: () => join(folder, 'log'),
    clock: systemClock,
    identity: ownIdentity(),
    osUser: 'tester',
    appVersion: '0.0.0',
    operator: () => ({ user_id: 'someone@example.org', source: 'declared' }),
    verifyWorker: workerEntry(import.meta.dirname, 'log-verify'),
  });
  runs = new RunRegistry({ log, cacheFile: join(folder, 'runs.json') });
  const credentials = new FakeCredentialStore();
  sealed = new FileSealedStore(
    join(folder, 'sealed'),
    new WrappingKey({
      credentials: async () => credentials,
      hasSealedFiles: () => false,
      exclusively: (action) => action(),
    }),
  );
});

afterEach(() => {
  log.close();
  rmSync(folder, { recursive: true, force: true });
});

function environment(name: string): EnvironmentConfig {
  return EnvironmentConfig.parse({
    id: randomUUID(),
    name,
    stage: 'development',
    connector: { kind: 'dotenv-file', path: '/nowhere/.env' },
  });
}

function openRun({ id, name, stage }: EnvironmentConfig): string {
  const runId = randomUUID();
  log.append({
    event_type: 'run',
    action: 'started',
    reason: 'a drill',
    environment: { id, name, stage },
    run_id: runId,
    drill: true,
    data: {
      runbook: 'planned',
      title: 'Planned rotation',
      mode: 'planned',
      dry_run: false,
      keys: ['JWT_SECRET_KEY'],
      runbook_sha256: null,
      runbook_version: null,
    },
  });
  return runId;
}

it('aborts the open runs and destroys the sealed values of this environment, and of no other', async () => {
  const [practice, other] = [environment('Practice'), environment('Other')];
  const [abandoned, kept] = [openRun(practice), openRun(other)];
  for (const { id } of [practice, other]) {
    for (const role of ['old', 'new'] as const) {
      const name = { environmentId: id, key: 'JWT_SECRET_KEY', rotationId: randomUUID(), role };
      await sealed.seal(name, new Secret(randomBytes(24).toString('base64url')));
    }
  }
  const forgotten = await forgetEnvironment({ log, runs, sealed })(
    practice,
    'The practice environment was reset.',
  );
  expect(forgotten).toEqual({ abortedRuns: [abandoned], destroyedValues: 2 });
  expect(runs.get(abandoned).state).toBe('aborted');
  expect(runs.get(kept).state).toBe('running');
  expect(runs.openRuns().map((run) => run.run_id)).toEqual([kept]);
  expect(sealed.list(practice.id)).toEqual([]);
  expect(sealed.list(other.id)).toHaveLength(2);
  const [last] = log.query({ limit: 1 }).events;
  expect(last).toMatchObject({
    event_type: 'run',
    action: 'aborted',
    run_id: abandoned,
    reason: 'The practice environment was reset.',
    drill: true,
  });
});

it('has nothing to do for an environment that nothing is left of', async () => {
  const size = log.size();
  expect(await forgetEnvironment({ log, runs, sealed })(environment('Practice'), 'reset')).toEqual({
    abortedRuns: [],
    destroyedValues: 0,
  });
  expect(log.size()).toBe(size);
  expect(readdirSync(folder)).not.toContain('sealed');
});
