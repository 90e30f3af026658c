import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RekeyWorld, strong } from './rekey-command.ts';

interface Failure {
  error: { code: string; message: string; remedy: string };
}
interface Status {
  environments: {
    id: string;
    name: string;
    reachable: boolean;
    compliance_score: number;
    findings: { code: string }[];
    keys: {
      key: string;
      status: string;
      fingerprint: string | null;
      age_days: number | null;
      due_at: string | null;
    }[];
  }[];
}
interface Config {
  id: string;
  name: string;
  commands: Record<string, { argv: string[] }>;
  keys: Record<string, { slots?: string; soak?: string }>;
  connector: { path: string };
  health: { url: string } | null;
}

let world: RekeyWorld;
beforeAll(() => {
  world = new RekeyWorld();
});
afterAll(() => world.remove());

const refused = (command: string, args: readonly string[], input = '') =>
  world.json<Failure>(command, args, { input });

describe('env', () => {
  test('add reads commands as JSON or as a quoted line; list, show and remove', async () => {
    await world.add(
      'api',
      { JWT_SECRET_KEY: strong.jwt },
      {
        args: [
          '--restart',
          '["sh","-c","true"]',
          '--verify',
          "echo 'two words' plain",
          '--health',
          'http://127.0.0.1:9/health',
        ],
      },
    );
    const { document } = await world.json<Config>('env show', ['api']);
    expect(document.commands.restart?.argv).toEqual(['sh', '-c', 'true']);
    expect(document.commands.verify?.argv).toEqual(['echo', 'two words', 'plain']);
    expect(document.health?.url).toBe('http://127.0.0.1:9/health');
    expect(document.connector.path).toBe(world.path('api.env'));

    await world.add('gone', {});
    const removed = await world.json<{ id: string }>('env remove', ['gone']);
    expect(removed.code).toBe(0);
    const list = await world.json<{ environments: { name: string }[] }>('env list', []);
    expect(list.document.environments.map(({ name }) => name)).toEqual(['api']);
  });

  test.each([
    ['an unknown stage', ['--name', 'x', '--stage', 'live', '--file', 'api.env'], 'usage'],
    [
      'an unknown parser',
      ['--name', 'x', '--stage', 'staging', '--file', 'api.env', '--parser', 'ini'],
      'usage',
    ],
    [
      'a health URL of another kind',
      ['--name', 'x', '--stage', 'staging', '--file', 'api.env', '--health', 'ftp://x'],
      'usage',
    ],
    ['no file', ['--name', 'x', '--stage', 'staging'], 'usage'],
    [
      'a name that is taken',
      ['--name', 'api', '--stage', 'staging', '--file', 'other.env'],
      'environment-exists',
    ],
  ])('add refuses %s: 2', async (_what, args, code) => {
    world.file('other.env', 'A=b\n');
    const answer = await refused('env add', args);
    expect([answer.code, answer.document.error.code]).toEqual([2, code]);
  });

  test('set changes keys, adds custom ones, removes with null, and names what does not fit', async () => {
    const patch = {
      keys: {
        JWT_SECRET_KEY: { slots: 'previous', soak: '24h' },
        PARTNER_KEY: { purpose: 'Signs orders', cryptoperiodDays: 30 },
      },
      windows: [{ days: ['tue'], from: '02:00', to: '04:00', timeZone: 'Europe/Berlin' }],
      health: null,
    };
    const set = await world.json<Config>('env set', ['api'], { input: JSON.stringify(patch) });
    expect([set.code, set.document.health]).toEqual([0, null]);
    expect(set.document.keys.JWT_SECRET_KEY).toMatchObject({ slots: 'previous', soak: '24h' });
    const status = await world.json<Status>('status', ['api']);
    expect(status.document.environments[0]?.keys.map(({ key }) => key)).toContain('PARTNER_KEY');

    const without = await world.json<Config>('env set', ['api'], {
      input: '{"keys": {"PARTNER_KEY": null}, "commands": {"verify": null}}',
    });
    expect(Object.keys(without.document.keys)).toEqual(['JWT_SECRET_KEY']);
    expect(Object.keys(without.document.commands)).toEqual(['restart']);

    const wrong = await refused('env set', ['api'], '{"keys": {"JWT_SECRET_KEY": {"slots": "three"}}}');
    expect([wrong.code, wrong.document.error.code]).toEqual([2, 'invalid-input']);
    expect(wrong.document.error.message).toContain('slots');
    expect((await refused('env set', ['api'], '{"colour": "red"}')).code).toBe(2);
    expect((await refused('env set', ['api'], 'not json')).code).toBe(2);
    expect((await world.json<Config>('env show', ['api'])).document.keys.JWT_SECRET_KEY?.slots).toBe(
      'previous',
    );
  });

  test('a credential goes into the keychain and nowhere else', async () => {
    await world.set('api', { health: { url: 'http://127.0.0.1:9/health' } });
    const stored = await world.json<{ stored: boolean }>('env credential', ['api', '--kind', 'health'], {
      input: 'bearer-text-of-a-test\n',
    });
    expect([stored.code, stored.document.stored]).toEqual([0, true]);
    const everything = await world.call(['events', '--json', '--limit', '1000']);
    expect(everything.stdout).not.toContain('bearer-text-of-a-test');
    expect((await refused('env credential', ['api', '--kind', 'password'], 'x')).code).toBe(2);
    expect((await refused('env credential', ['nowhere', '--kind', 'health'], 'x')).code).toBe(2);
  });
});

describe('status', () => {
  test('what is not compliant: 1; a baseline in the past: overdue; a fresh one: ok and 0', async () => {
    await world.add('prod', { JWT_SECRET_KEY: strong.jwt }, { stage: 'production' });
    const first = await world.json<Status>('status', ['prod']);
    expect(first.code).toBe(1);
    const of = (answer: { document: Status }) =>
      Object.fromEntries((answer.document.environments[0]?.keys ?? []).map((one) => [one.key, one.status]));
    expect(of(first)).toEqual({
      JWT_SECRET_KEY: 'unrecorded',
      TOKEN_ENCRYPTION_KEY: 'missing',
      WEBHOOK_SIGNING_KEY: 'missing',
    });
    expect(
      first.document.environments[0]?.keys.find(({ key }) => key === 'TOKEN_ENCRYPTION_KEY'),
    ).toMatchObject({
      fingerprint: null,
      age_days: null,
      due_at: null,
    });
    const old = await world.json('baseline', [
      'prod',
      'JWT_SECRET_KEY',
      '--date',
      '2020-02-29',
      '--reason',
      'ticket',
    ]);
    expect(old.code).toBe(0);
    expect(of(await world.json<Status>('status', ['prod'])).JWT_SECRET_KEY).toBe('overdue');

    await world.add('fresh', { JWT_SECRET_KEY: strong.jwt }, { stage: 'development' });
    const today = new Date().toISOString().slice(0, 10);
    await world.call(['baseline', 'fresh', 'JWT_SECRET_KEY', '--date', today, '--reason', 'ticket']);
    const good = await world.json<Status>('status', ['fresh']);
    expect([good.code, good.document.environments[0]?.compliance_score]).toEqual([0, 100]);

    writeFileSync(world.path('fresh.env'), `JWT_SECRET_KEY=${strong.other}\n`);
    const drifted = await world.json<Status>('status', ['fresh']);
    expect([drifted.code, of(drifted).JWT_SECRET_KEY]).toEqual([1, 'drifted']);
  });

  test('marking and clearing', async () => {
    const marked = await world.json<{ status: string }>('mark', [
      'prod',
      'JWT_SECRET_KEY',
      '--compromised',
      '--reason',
      'in a log',
    ]);
    expect([marked.code, marked.document.status]).toEqual([0, 'compromised']);
    const cleared = await world.json<{ status: string }>('mark', [
      'prod',
      'JWT_SECRET_KEY',
      '--cleared',
      '--reason',
      'a test value',
    ]);
    expect([cleared.code, cleared.document.status]).toEqual([0, 'overdue']);
    expect((await refused('mark', ['prod', 'JWT_SECRET_KEY', '--reason', 'x'])).code).toBe(2);
    expect(
      (await refused('mark', ['prod', 'JWT_SECRET_KEY', '--compromised', '--cleared', '--reason', 'x'])).code,
    ).toBe(2);
    expect((await refused('mark', ['prod', 'NO_SUCH', '--compromised', '--reason', 'x'])).code).toBe(2);
    expect(
      (await refused('baseline', ['prod', 'JWT_SECRET_KEY', '--date', '2026-02-30', '--reason', 'x'])).code,
    ).toBe(2);
    expect(
      (await refused('baseline', ['prod', 'JWT_SECRET_KEY', '--date', '2099-01-01', '--reason', 'x'])).code,
    ).toBe(2);
  });

  test('a file that is not there: 3, and the others are still reported', async () => {
    await world.add('lost', { JWT_SECRET_KEY: strong.jwt });
    rmSync(world.path('lost.env'));
    const { code, document } = await world.json<Status>('status', []);
    expect(code).toBe(3);
    const lost = document.environments.find(({ name }) => name === 'lost');
    expect([lost?.reachable, lost?.findings[0]?.code]).toEqual([false, 'file-missing']);
    expect(document.environments.find(({ name }) => name === 'prod')?.reachable).toBe(true);
    expect((await world.json<Status>('status', ['nobody'])).code).toBe(2);
  });

  test('a file that others may read is a finding', async () => {
    chmodSync(world.path('prod.env'), 0o644);
    const { document } = await world.json<Status>('status', ['prod']);
    expect(document.environments[0]?.findings.map(({ code }) => code)).toContain('file-readable-by-others');
  });
});

describe('who acts', () => {
  const unknown = { REKEY_OPERATOR: null };
  test('what is recorded needs an operator: 2; what is only read does not', async () => {
    for (const args of [
      ['baseline', 'prod', 'JWT_SECRET_KEY', '--date', '2026-01-01', '--reason', 'x'],
      ['mark', 'prod', 'JWT_SECRET_KEY', '--compromised', '--reason', 'x'],
      ['rotate', 'prod', 'JWT_SECRET_KEY', '--reason', 'x', '--force', '--yes'],
    ]) {
      const { code, stdout } = await world.call([...args, '--json'], { env: unknown });
      expect([args[0], code, JSON.parse(stdout).error.code]).toEqual([args[0], 2, 'operator-unknown']);
    }
    for (const args of [['status', 'prod'], ['env', 'list'], ['runs'], ['events'], ['generate']]) {
      expect([args[0], [0, 1].includes((await world.call(args, { env: unknown })).code ?? 9)]).toEqual([
        args[0],
        true,
      ]);
    }
  });
});
