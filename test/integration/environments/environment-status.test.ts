import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectEnvironment } from '#electron/environments/connect.ts';
import { nothingRecorded, StatusService } from '#electron/services/status/status-service.ts';
import { VerdictCache } from '#electron/services/status/verdict-cache.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { valueChecker } from '#shared/logic/validator/value-check.ts';
import { loadZxcvbnPatterns } from '#shared/logic/validator/zxcvbn-patterns.ts';
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

describe('asking', () => {
  it('the connection test names each check, and what to do', async () => {
    const { config } = await add();
    const checks = await installation.environments.test(config.id);
    expect(checks.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['read', 'ok'],
      ['state', 'ok'],
      ['write', 'ok'],
      ['findings', 'ok'],
      ['credential', 'not-configured'],
      ['health', 'not-configured'],
      ['commands', 'warning'],
    ]);
    chmodSync(dotenv.path, 0o644);
    await installation.environments.open(config.id).lock({ runId: 'run-9', operator: 'bob@example.org' });
    const worse = await installation.environments.test(config.id);
    expect(worse.filter(({ outcome }) => outcome === 'warning').map(({ id }) => id)).toEqual([
      'write',
      'findings',
      'commands',
    ]);
    dotenv.remove();
    const lost = await installation.environments.test(config.id);
    expect(lost[0]).toMatchObject({
      id: 'read',
      outcome: 'failed',
      remedy: expect.stringContaining('recover'),
    });
  });

  it('startup validation follows the stage', async () => {
    const { config } = await add();
    const production = await installation.environments.validate(config.id);
    expect(production.valid).toBe(false);
    expect(production.errors).toMatchObject([{ key: 'WEBHOOK_SIGNING_KEY', code: 'missing' }]);
    await installation.environments.update(config.id, { stage: 'development' });
    expect(await installation.environments.validate(config.id)).toMatchObject({ valid: true });
    expect(actions().filter((action) => action === 'validation/validated')).toHaveLength(2);
  });

  it('the detail survives an environment that cannot be read', async () => {
    const { config } = await add();
    expect(await installation.environments.detail(config.id)).toMatchObject({
      stateKnown: true,
      error: null,
    });
    dotenv.write(Buffer.from([0xff]));
    expect(await installation.environments.detail(config.id)).toMatchObject({
      error: { code: 'not-utf8' },
      status: { reachable: false, keys: [], compliance_score: 0 },
    });
  });
});

describe('status', () => {
  it('lists catalog keys that are present, those that the stage requires, and custom keys', async () => {
    const { config } = await add({ patch: { keys: { CUSTOM_KEY: { purpose: 'ours' } } } });
    const listed = async () =>
      (await installation.status.report()).environments[0]?.keys.map(({ key }) => key);
    expect(await listed()).toEqual([
      'TOKEN_ENCRYPTION_KEY',
      'JWT_SECRET_KEY',
      'WEBHOOK_SIGNING_KEY',
      'CUSTOM_KEY',
    ]);
    await installation.environments.update(config.id, { stage: 'development' });
    expect(await listed()).toEqual(['TOKEN_ENCRYPTION_KEY', 'JWT_SECRET_KEY', 'CUSTOM_KEY']);
  });

  it('scores, and tells what cannot be reached', async () => {
    const { config } = await add();
    await installation.environments.baseline(config.id, 'JWT_SECRET_KEY', '2026-11-01', 'known');
    const { environments } = await installation.status.report(['api']);
    expect(environments[0]).toMatchObject({ reachable: true, compliance_score: 33 });
    dotenv.remove();
    const lost = await installation.status.report();
    expect(lost.environments[0]).toMatchObject({
      reachable: false,
      compliance_score: 0,
      findings: [{ code: 'file-missing', severity: 'error' }],
    });
    await expect(installation.status.report(['nobody'])).rejects.toMatchObject({
      code: 'environment-unknown',
    });
  });

  it('keeps verdicts, without values, and makes them anew when the file is damaged', async () => {
    await add();
    let judged = 0;
    const counting = valueChecker(loadZxcvbnPatterns);
    const cacheFile = join(data, 'cache', 'verdicts.json');
    const report = () =>
      new StatusService({
        clock: systemClock,
        environments: installation.store,
        connect: (config) => connectEnvironment(config, { clock: systemClock }),
        verdicts: new VerdictCache(cacheFile, (...args) => {
          judged++;
          return counting(...args);
        }),
        recorded: () => nothingRecorded,
      }).report();
    const first = await report();
    expect(judged).toBe(2);
    expect(await report()).toEqual(first);
    expect(judged).toBe(2);
    const kept = readFileSync(cacheFile, 'utf8');
    for (const value of Object.values(strong)) expect(kept).not.toContain(value);
    writeFileSync(cacheFile, kept.slice(0, 50));
    expect(await report()).toEqual(first);
    expect(judged).toBe(4);
  });

  it('says that a lock was left, and that a recorded key vanished', async () => {
    const { config } = await add({ stage: 'development' });
    await installation.environments.baseline(config.id, 'JWT_SECRET_KEY', '2026-11-01', 'known');
    dotenv.write('A=1\n');
    await installation.environments.open(config.id).lock({ runId: 'run-9', operator: 'bob@example.org' });
    const { findings, keys, compliance_score } = await installation.status.environment(config.id);
    expect(findings.map(({ code: found }) => found)).toEqual(['locked', 'key-vanished']);
    expect(keys).toEqual([]);
    expect(compliance_score).toBe(100);
  });
});
