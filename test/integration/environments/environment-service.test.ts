import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectEnvironment } from '#electron/environments/connect.ts';
import { newState } from '#electron/environments/state-file.ts';
import type { EnvironmentServiceDependencies } from '#electron/services/environments/environment-service.ts';
import type { CredentialStore } from '#electron/services/keychain/credential-store.ts';
import { fingerprintIn } from '#electron/services/secrets/fingerprint.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { placeInWords } from '#shared/logic/connector-places.ts';
import type { EnvironmentState } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';
import { type TemporaryDotenv, temporaryDotenv } from '../support/temporary-dotenv.ts';
import { install, strong, text } from './installation-fixture.ts';

let dotenv: TemporaryDotenv;
let data: string;
let installation: ReturnType<typeof install>;
beforeEach(() => {
  dotenv = temporaryDotenv(text);
  data = join(dotenv.folder, 'data');
  installation = install(data);
});
afterEach(() => {
  dotenv.dispose();
});

const add = (more: object = {}, into = installation) =>
  into.environments.add({
    name: 'api',
    stage: 'production',
    path: dotenv.path,
    parser: 'python-dotenv',
    ...more,
  });
const actions = (into = installation) =>
  [...into.log.scan()].map(({ event_type, action }) => `${event_type}/${action}`);
const stateBeside = () => JSON.parse(readFileSync(`${dotenv.path}.rekey.json`, 'utf8')) as EnvironmentState;
const code = async (action: Promise<unknown>) => {
  const error = await action.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RekeyError);
  return (error as RekeyError).code;
};

describe('adding an environment', () => {
  it('creates the state, so that a second installation adopts the identity', async () => {
    const { config, adopted } = await add();
    expect(adopted).toBe(false);
    expect(stateBeside()).toMatchObject({ environmentId: config.id, keys: {} });
    const second = install(join(dotenv.folder, 'second'));
    const again = await add({ name: 'the same' }, second);
    expect(again).toMatchObject({ adopted: true, config: { id: config.id, name: 'the same' } });
    expect(actions()).toEqual(['environment/added']);
    expect(dotenv.text()).toBe(text);
  });

  it('shows before what it found, without a value', async () => {
    const preview = await installation.environments.preview(dotenv.path, 'python-dotenv');
    expect(preview).toEqual({
      path: dotenv.path,
      variables: 3,
      catalogKeys: ['TOKEN_ENCRYPTION_KEY', 'JWT_SECRET_KEY'],
      otherCandidates: ['APP_TOKEN'],
      existingState: false,
      findings: [],
    });
    expect(existsSync(`${dotenv.path}.rekey.json`)).toBe(false);
    expect(actions()).toEqual([]);
  });

  it('refuses a name or a file that is taken, and a copy that brought its state along', async () => {
    await add();
    expect(await code(add({ name: 'API', path: '/somewhere/else' }))).toBe('environment-exists');
    expect(await code(add({ name: 'other', path: '/somewhere/else' }))).toBe('file-missing');
    const other = join(dotenv.folder, 'other.env');
    writeFileSync(other, text);
    expect(await code(add({ name: 'API', path: other }))).toBe('environment-exists');
    expect(await code(add({ name: 'again' }))).toBe('environment-exists');
    cpSync(`${dotenv.path}.rekey.json`, `${other}.rekey.json`);
    const copied = add({ name: 'copied', path: other });
    await expect(copied).rejects.toThrow(/says that it is "api"/);
    expect(installation.environments.list()).toHaveLength(1);
  });

  it('takes a file that nobody may write beside, and says so in the connection test', async () => {
    const refused = install(join(dotenv.folder, 'refused'), {
      connect: (config) => {
        const environment = connectEnvironment(config, { clock: systemClock });
        environment.apply = () =>
          Promise.reject(new RekeyError('no-write-permission', { message: 'No.', remedy: 'No.' }));
        return environment;
      },
    });
    const { config } = await add({}, refused);
    expect(await refused.environments.test(config.id)).toContainEqual(
      expect.objectContaining({ id: 'state', outcome: 'warning' }),
    );
  });

  it('changes nothing when the log cannot be written', async () => {
    const log = join(data, 'log');
    rmSync(log, { recursive: true, force: true });
    writeFileSync(log, 'in the way');
    await code(add());
    expect(installation.environments.list()).toEqual([]);
    expect(dotenv.names()).toEqual(['.env', 'data']);
  });

  it('refuses a configuration that does not fit, naming the field', async () => {
    await expect(add({ name: ' ' })).rejects.toMatchObject({
      code: 'configuration-invalid',
      details: { field: 'name' },
    });
  });
});

describe('changing and removing one', () => {
  it('applies a patch, and records what changed', async () => {
    const { config } = await add();
    const changed = await installation.environments.update(config.id, {
      name: 'api-2',
      keys: { JWT_SECRET_KEY: { slots: 'previous' }, CUSTOM_KEY: { cryptoperiodDays: 30 } },
    });
    expect(changed).toMatchObject({ id: config.id, name: 'api-2' });
    expect(installation.environments.find('API-2').keys.JWT_SECRET_KEY).toEqual({ slots: 'previous' });
    expect(actions()).toEqual(['environment/added', 'environment/changed']);
    await installation.environments.update(config.id, { name: 'api-2' });
    expect(actions()).toHaveLength(2);
  });

  it('does not move to a file that is another environment', async () => {
    const { config } = await add();
    const other = join(dotenv.folder, 'other.env');
    writeFileSync(other, text);
    writeFileSync(`${other}.rekey.json`, JSON.stringify(newState('0198c5a0-3333-4333-8333-333333333333')));
    expect(await code(installation.environments.update(config.id, { path: other }))).toBe(
      'environment-exists',
    );
    rmSync(`${other}.rekey.json`);
    const moved = await installation.environments.update(config.id, { path: other });
    expect(placeInWords(moved.connector)).toBe(other);
  });

  it('forgets it and keeps its files; not while a run is open', async () => {
    const { config } = await add();
    const busy = install(data, { openRuns: () => [{ run_id: 'run-1' }] });
    expect(await code(busy.environments.remove(config.id))).toBe('run-open');
    await installation.environments.remove(config.id);
    expect(installation.environments.list()).toEqual([]);
    expect(dotenv.names()).toEqual(['.env', '.env.rekey.json', 'data']);
    expect(await code(installation.environments.remove(config.id))).toBe('environment-unknown');
  });
});

describe('recording what people know', () => {
  it('a baseline makes an unrecorded key known, and a later change drift', async () => {
    const { config } = await add();
    const statusOf = async (key: string) =>
      (await installation.status.environment(config.id)).keys.find((entry) => entry.key === key);
    expect(await statusOf('JWT_SECRET_KEY')).toMatchObject({ status: 'unrecorded', due_at: null });
    await installation.environments.baseline(config.id, 'JWT_SECRET_KEY', '2026-11-01', 'ticket 17');
    expect(await statusOf('JWT_SECRET_KEY')).toMatchObject({
      status: 'ok',
      due_at: '2027-11-01T00:00:00.000Z',
    });
    expect(stateBeside().keys.JWT_SECRET_KEY).toMatchObject({
      fingerprint: fingerprintIn(stateBeside(), new Secret(strong.JWT_SECRET_KEY)),
      baseline: { date: '2026-11-01', reason: 'ticket 17', by: 'ada@example.org' },
    });
    dotenv.write(text.replace(strong.JWT_SECRET_KEY, [...strong.JWT_SECRET_KEY].reverse().join('')));
    expect(await statusOf('JWT_SECRET_KEY')).toMatchObject({ status: 'drifted' });
    expect(actions()).toEqual(['environment/added', 'key/baseline-intended', 'key/baseline-recorded']);
    expect([...installation.log.scan()].at(-1)).toMatchObject({
      key_type: 'JWT_SECRET_KEY',
      user_id: 'ada@example.org',
      reason: 'ticket 17',
      next_rotation_due: '2027-11-01T00:00:00.000Z',
    });
  });

  it('a mark wins over everything, until it is cleared', async () => {
    const { config } = await add();
    await installation.environments.baseline(config.id, 'JWT_SECRET_KEY', '2026-11-01', 'ticket 17');
    await installation.environments.markCompromised(
      config.id,
      'JWT_SECRET_KEY',
      'seen in a public repository',
    );
    const first = stateBeside().keys.JWT_SECRET_KEY?.compromised?.at;
    const marked = await installation.status.environment(config.id);
    expect(marked.keys.find(({ key }) => key === 'JWT_SECRET_KEY')).toMatchObject({ status: 'compromised' });
    await installation.environments.markCompromised(config.id, 'JWT_SECRET_KEY', 'and used');
    expect(stateBeside().keys.JWT_SECRET_KEY?.compromised).toEqual({ at: first, reason: 'and used' });
    await installation.environments.clearCompromised(config.id, 'JWT_SECRET_KEY', 'it was a test key');
    expect(await code(installation.environments.clearCompromised(config.id, 'JWT_SECRET_KEY', 'x'))).toBe(
      'illegal-move',
    );
    const cleared = await installation.status.environment(config.id);
    expect(cleared.keys.find(({ key }) => key === 'JWT_SECRET_KEY')).toMatchObject({ status: 'ok' });
    expect(actions().slice(-2)).toEqual(['key/clear-compromised-intended', 'key/cleared-compromised']);
  });

  it('refuses what makes no sense, before the log is told', async () => {
    const { config } = await add();
    const before = actions();
    const { environments } = installation;
    expect(await code(environments.baseline(config.id, 'JWT_SECRET_KEY', '2999-01-01', 'x'))).toBe(
      'invalid-input',
    );
    expect(await code(environments.baseline(config.id, 'ENCRYPTION_KEY', '2026-01-01', 'x'))).toBe(
      'key-absent',
    );
    expect(await code(environments.baseline(config.id, 'NO_SUCH_KEY', '2026-01-01', 'x'))).toBe(
      'key-unknown',
    );
    const busy = install(data, { openRotation: () => ({}) });
    expect(await code(busy.environments.baseline(config.id, 'JWT_SECRET_KEY', '2026-01-01', 'x'))).toBe(
      'run-open',
    );
    expect(actions()).toEqual(before);
  });
});

describe('credentials and locks', () => {
  it('a health credential is used once it is stored, and nowhere written', async () => {
    const { config } = await add();
    const value = new Secret('a-bearer-token-nobody-may-see');
    expect(await code(installation.environments.setCredential(config.id, 'health', value))).toBe(
      'invalid-input',
    );
    await installation.environments.update(config.id, {
      health: { url: 'http://127.0.0.1:1/health', credential: false, timeout: '1s' },
    });
    await installation.environments.setCredential(config.id, 'health', value);
    expect(installation.environments.find('api').health?.credential).toBe(true);
    expect([...installation.credentials.entries.keys()]).toEqual([`environment/${config.id}/health`]);
    await installation.environments.removeCredential(config.id, 'health');
    expect(installation.environments.find('api').health?.credential).toBe(false);
    expect(installation.credentials.entries.size).toBe(0);
    expect(JSON.stringify([...installation.log.scan()])).not.toContain('nobody-may-see');
  });

  describe('what ssh and sudo ask for', () => {
    const secrets = new Map([
      ['ssh-password', new Secret('a-password-nobody-may-see')],
      ['sudo', new Secret('another-one-nobody-may-see')],
    ] as const);
    /** A file of this machine stands for the host’s; `refuses` says which entries the keychain does not take. */
    const withKeychain = (refuses: (name: string, puts: number) => boolean) => {
      const entries = new Map<string, Secret>();
      let puts = 0;
      const credentials: CredentialStore = {
        backend: 'vault',
        get: async (name) => entries.get(name) ?? null,
        put: async (name, value) => {
          puts += 1;
          if (refuses(name, puts))
            throw new RekeyError('keychain-locked', { message: 'It is locked.', remedy: 'Unlock it.' });
          entries.set(name, value);
        },
        remove: async (name) => void entries.delete(name),
        probe: () => Promise.reject(new Error('not asked')),
      };
      const connect: EnvironmentServiceDependencies['connect'] = (config) =>
        connectEnvironment(
          { ...config, connector: { kind: 'dotenv-file', path: dotenv.path, parser: 'dotenv' } },
          { clock: systemClock },
        );
      const made = install(join(dotenv.folder, 'ssh'), { connect, credentials: () => credentials });
      const hosts = [{ address: 'ada@host.example.org:22', path: '/srv/app/.env' }];
      const attempt = () =>
        made.environments.add(
          { name: 'far', stage: 'production', ssh: { hosts, identity: null, sudo: true }, parser: 'dotenv' },
          { expected: [], confirm: null },
          secrets,
        );
      return { ...made, entries, attempt };
    };

    it('both are stored, under the id that its state says', async () => {
      const { config } = await add();
      const { attempt, entries } = withKeychain(() => false);
      const added = await attempt();
      expect([added.adopted, added.config.id]).toEqual([true, config.id]);
      expect([...entries.keys()].sort()).toEqual([
        `environment/${config.id}/ssh-password`,
        `environment/${config.id}/sudo`,
      ]);
    });

    it.each([
      ['the second one', (name: string) => name.endsWith('/sudo')],
      ['the second one, under the id that its state says', (_name: string, puts: number) => puts === 4],
    ])('none is stored and nothing added when %s cannot be stored', async (_what, refuses) => {
      await add();
      const { attempt, entries, environments, log } = withKeychain(refuses);
      expect(await code(attempt())).toBe('keychain-locked');
      expect([...entries.keys()]).toEqual([]);
      expect(environments.list()).toEqual([]);
      const told = [...log.scan()].map(({ action, data }) => `${action} ${data?.kind}`);
      const stored = told.filter((line) => line.startsWith('credential-stored'));
      expect(told.filter((line) => line.startsWith('credential-removed')).length).toBe(stored.length);
      expect(stored.length).toBeGreaterThan(0);
      expect(JSON.stringify([...log.scan()])).not.toContain('nobody-may-see');
    });

    it('the one that is stored stays when its successor cannot be stored', async () => {
      const { attempt, entries, environments } = withKeychain((_name, puts) => puts === 3);
      const { config } = await attempt();
      const before = [...entries];
      const other = new Secret('a-newer-one-nobody-may-see');
      expect(await code(environments.setCredential(config.id, 'sudo', other))).toBe('keychain-locked');
      expect([...entries]).toEqual(before);
    });
  });

  it('a lock is taken away on purpose, with a reason, and recorded', async () => {
    const { config } = await add();
    expect(await code(installation.environments.unlock(config.id, 'x'))).toBe('environment-not-locked');
    await installation.environments.open(config.id).lock({ runId: 'run-9', operator: 'bob@example.org' });
    await installation.environments.unlock(config.id, 'his machine is gone');
    expect(await installation.environments.open(config.id).lockStatus()).toBeNull();
    expect([...installation.log.scan()].at(-1)).toMatchObject({
      action: 'unlocked',
      reason: 'his machine is gone',
      data: { run_id: 'run-9', operator: 'bob@example.org' },
    });
  });
});
