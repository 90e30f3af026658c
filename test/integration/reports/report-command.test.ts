import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '#shared/model/report.ts';
import type { BundleVerification } from '#shared/model/verification.ts';
import { commandBundle } from '../../../scripts/setup/project.mjs';
import { RekeyWorld, strong } from '../command/rekey-command.ts';

interface Created {
  bundle: string;
  zip: string | null;
  verified: boolean;
}
interface Failure {
  error: { code: string; message: string; unchanged: string; remedy: string };
}
interface Events {
  events: { event_type: string; action: string; data: Record<string, unknown> | null }[];
}

const today = new Date().toISOString().slice(0, 10);
const period = ['--from', today, '--to', today, '--time-zone', 'UTC'];

let world: RekeyWorld;
beforeAll(async () => {
  world = new RekeyWorld();
  await world.add('api', { JWT_SECRET_KEY: strong.jwt, WEBHOOK_SIGNING_KEY: strong.webhook });
  await world.call([
    'baseline',
    'api',
    'JWT_SECRET_KEY',
    '--date',
    '2020-01-01',
    '--reason',
    'from the ticket',
  ]);
});
afterAll(() => world.remove());

const create = async (where: RekeyWorld, ...args: string[]): Promise<Created> => {
  const { code, document, stderr } = await where.json<Created>('report create', [...period, ...args]);
  expect([code, document.verified, stderr.includes('100 %')]).toEqual([0, true, true]);
  return document;
};
const reportIn = (bundle: string): Report => JSON.parse(readFileSync(join(bundle, 'report.json'), 'utf8'));
const findings = (bundle: string) => reportIn(bundle).findings.map(({ code }) => code);
const fingerprint = (bundle: string) =>
  spawnSync('ssh-keygen', ['-lf', join(bundle, 'keys', 'report.pub')], { encoding: 'utf8' }).stdout.split(
    ' ',
  )[1] ?? '';
const script = (bundle: string, ...args: string[]) =>
  spawnSync('python3', [join(bundle, 'verify.py'), ...args], { encoding: 'utf8' });
const reportEvents = async (where: RekeyWorld) =>
  (await where.json<Events>('events', ['--type', 'report'])).document.events.map(({ action }) => action);

describe('report create', () => {
  test('a bundle and a zip that Rekey, verify.py and an auditor’s tools find intact', async () => {
    const { bundle, zip } = await create(world, '--zip');
    expect(bundle.startsWith(join(world.data, 'reports', `rekey-report-${today}-to-${today}-`))).toBe(true);
    expect(zip).toBe(`${bundle}.zip`);
    const trust = fingerprint(bundle);
    for (const path of [bundle, zip ?? '']) {
      const { code, document } = await world.json<BundleVerification>('report verify', [
        path,
        '--trust',
        trust,
      ]);
      expect([code, document.intact, document.signer]).toEqual([0, true, 'known']);
    }
    expect(script(bundle, '--trust', trust).status).toBe(0);
    expect(spawnSync('sha256sum', ['-c', '--strict', '--quiet', 'SHA256SUMS'], { cwd: bundle }).status).toBe(
      0,
    );
    const unzipped = world.path('unzipped');
    expect(spawnSync('python3', ['-m', 'zipfile', '-e', zip ?? '', unzipped]).status).toBe(0);
    const [inside = ''] = readdirSync(unzipped);
    expect(script(join(unzipped, inside), '--trust', trust).status).toBe(0);
    expect(findings(bundle)).toEqual(['overdue', 'unrecorded', 'period-not-over']);
    expect(readdirSync(join(world.data, 'reports')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('the next one proves that the log only grew since, and the list shows both', async () => {
    const before = (await world.json<{ reports: { bundle: string }[] }>('report list', [])).document.reports;
    const { bundle } = await create(world, '--paper', 'Letter');
    expect(reportIn(bundle).previous_report?.log_size).toBeGreaterThan(0);
    const { document } = await world.json<BundleVerification>('report verify', [bundle]);
    expect(document.checks.find(({ id }) => id === 'consistency')).toMatchObject({ ok: true });
    // Its own signer is known to an installation.
    expect(document.signer).toBe('known');
    const { reports } = (
      await world.json<{ reports: { bundle: string; path: string | null; from: string }[] }>(
        'report list',
        [],
      )
    ).document;
    expect(reports).toHaveLength(before.length + 1);
    expect(reports[0]).toMatchObject({ path: bundle, from: today });
    const earlier = join(world.data, 'reports', before[0]?.bundle ?? '', 'log', 'checkpoint');
    const since = await world.json<BundleVerification>('report verify', [bundle, '--checkpoint', earlier]);
    expect([since.code, since.document.append_only]).toEqual([0, true]);
  });

  test.each([
    ['before', false],
    ['after', true],
  ] as const)(
    'killed %s the bundle is put in place: the log tells the truth afterwards',
    async (when, isThere) => {
      const killed = new RekeyWorld();
      try {
        await killed.add('api', { JWT_SECRET_KEY: strong.jwt });
        const out = killed.path('elsewhere');
        const preload = pathToFileURL(join(import.meta.dirname, 'die-around-publishing.mjs')).href;
        const { code } = await killed.call(['report', 'create', ...period, '--out', out], {
          env: { NODE_OPTIONS: `--import ${preload}`, DIE: when },
        });
        expect(code).toBeNull();
        const bundles = () => readdirSync(out).filter((name) => name.startsWith('rekey-report-'));
        expect(bundles()).toHaveLength(isThere ? 1 : 0);
        expect((await reportEvents(killed))[0]).toBe('publish-intended');

        const listed = async () =>
          (await killed.json<{ reports: { bundle: string }[] }>('report list', [])).document.reports.map(
            ({ bundle }) => bundle,
          );
        expect(await listed()).toEqual(bundles());
        const told = (await killed.json<Events>('events', ['--type', 'report'])).document.events;
        expect(told[0]).toMatchObject(
          isThere
            ? { action: 'created', data: { recovered: true } }
            : { action: 'failed', data: { stage: 'publish', code: 'interrupted' } },
        );
        // Told once, and the next report goes on from the one that is known now.
        await listed();
        expect(await reportEvents(killed)).toHaveLength(told.length);
        const { bundle } = await create(killed);
        expect(reportIn(bundle).previous_report === null).toBe(!isThere);
      } finally {
        killed.remove();
      }
    },
  );

  test('without days: the last week that is over', async () => {
    const { code, document } = await world.json<Created>('report create', ['--time-zone', 'UTC']);
    expect([code, document.verified]).toEqual([0, true]);
    const { period: told, population } = reportIn(document.bundle);
    expect(new Date(told.from).getUTCDay()).toBe(1);
    expect(Date.parse(told.to) - Date.parse(told.from)).toBe(7 * 86_400_000);
    expect(Date.parse(told.to)).toBeLessThanOrEqual(Date.now());
    // The environment was added after it.
    expect(population.keys).toEqual([]);
  });

  test('a log that was moved: the earlier one goes with the report, anchored by the event of the move', async () => {
    const moved = new RekeyWorld();
    try {
      await moved.add('web', { JWT_SECRET_KEY: strong.jwt });
      await create(moved);
      const args = ['events', 'move', '--to', moved.path('elsewhere'), '--reason', 'a larger disk'];
      expect((await moved.call(args)).code).toBe(0);
      const { bundle } = await create(moved);
      const report = reportIn(bundle);
      expect(report.logs.map(({ id, anchored_by }) => [id, anchored_by])).toEqual([
        ['own', 'checkpoint'],
        ['earlier-1', 'moved-event'],
      ]);
      // That report was on another log: nothing to be consistent with.
      expect(report.previous_report).toBeNull();
      expect(report.environments[0]?.added_at).not.toBeNull();
      expect(script(bundle, '--trust', fingerprint(bundle)).status).toBe(0);
    } finally {
      moved.remove();
    }
  });

  test('a rotation of a colleague is a finding until her log is imported', async () => {
    const here = new RekeyWorld();
    const there = new RekeyWorld({ REKEY_OPERATOR: 'grace@example.org' });
    try {
      const file = await here.add('shared', { JWT_SECRET_KEY: strong.jwt });
      const added = await there.call([
        'env',
        'add',
        '--name',
        'shared',
        '--stage',
        'staging',
        '--file',
        here.path(file),
      ]);
      expect(added.code).toBe(0);
      const rotated = await there.call([
        'rotate',
        'shared',
        'JWT_SECRET_KEY',
        '--reason',
        'x',
        '--force',
        '--yes',
      ]);
      expect(rotated.code).toBe(4);
      const alone = await create(here);
      expect(findings(alone.bundle)).toContain('rotated-elsewhere');
      // It signs what it hands out: that needs its keys.
      expect((await there.call(['events', 'checkpoint'])).code).toBe(0);
      expect((await there.call(['events', 'export', '--out', here.path('copy')])).code).toBe(0);
      expect((await here.call(['events', 'import', here.path('copy'), '--name', 'grace'])).code).toBe(0);
      const { bundle } = await create(here);
      const report = reportIn(bundle);
      expect(report.findings.map(({ code }) => code)).not.toContain('rotated-elsewhere');
      expect(report.findings.map(({ code }) => code)).toContain('log-key-unconfirmed');
      expect(report.scope.installations).toHaveLength(2);
      expect(report.rotations).toMatchObject([{ requester: 'grace@example.org', log: 'imported-1' }]);
      expect(script(bundle, '--trust', fingerprint(bundle)).status).toBe(0);
    } finally {
      here.remove();
      there.remove();
    }
  });

  test('an environment that was removed is still told of, with its silent keys', async () => {
    const brief = new RekeyWorld();
    try {
      await brief.add('gone', { JWT_SECRET_KEY: strong.jwt, WEBHOOK_SIGNING_KEY: strong.webhook });
      expect((await brief.call(['env', 'remove', 'gone'])).code).toBe(0);
      const { bundle } = await create(brief);
      const { population, environments } = reportIn(bundle);
      expect(environments).toMatchObject([{ state: 'removed', reachable: null }]);
      expect(population.keys.map(({ key, presence }) => [key, presence])).toEqual([
        ['JWT_SECRET_KEY', 'removed'],
        ['WEBHOOK_SIGNING_KEY', 'removed'],
      ]);
    } finally {
      brief.remove();
    }
  });
});

describe('what it refuses', () => {
  test.each([
    ['one day without the other', ['--from', today], 'usage'],
    ['a day that is none', ['--from', '2026-02-30', '--to', today], 'usage'],
    ['days in the wrong order', ['--from', today, '--to', '2020-01-01'], 'invalid-input'],
    ['days to come', ['--from', '2999-01-01', '--to', '2999-01-02'], 'invalid-input'],
    [
      'a time zone that does not exist',
      ['--from', today, '--to', today, '--time-zone', 'Mars/Olympus'],
      'invalid-input',
    ],
    ['an environment that is not there', [...period, '--env', 'nowhere'], 'environment-unknown'],
    ['another paper', [...period, '--paper', 'A5'], 'usage'],
  ])('%s: 2, and nothing is recorded', async (_what, args, expected) => {
    const before = await reportEvents(world);
    const { code, document } = await world.json<Failure>('report create', args);
    expect([code, document.error.code]).toEqual([2, expected]);
    expect(await reportEvents(world)).toEqual(before);
  });

  test('a target below a file: 3, and nothing is recorded', async () => {
    world.file('in-the-way', 'x');
    const before = await reportEvents(world);
    const { code, document } = await world.json<Failure>('report create', [
      ...period,
      '--out',
      'in-the-way/reports',
    ]);
    expect([code, document.error.code]).toEqual([3, 'not-a-file']);
    expect(await reportEvents(world)).toEqual(before);
  });

  test('a full disk: 3, nothing is left there, and the log says so', async () => {
    mkdirSync(world.path('small'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', world.path('small')]);
    expect(mounted.status, 'this test mounts a small tmpfs').toBe(0);
    try {
      const { code, document } = await world.json<Failure>('report create', [...period, '--out', 'small']);
      expect([code, document.error.code]).toEqual([3, 'disk-full']);
      expect(readdirSync(world.path('small'))).toEqual([]);
      expect((await reportEvents(world))[0]).toBe('failed');
    } finally {
      spawnSync('umount', [world.path('small')]);
    }
  });
});

describe('report verify', () => {
  test('one flipped byte: 1, and it says where', async () => {
    const { bundle } = await create(world, '--out', 'damaged');
    const path = join(bundle, 'population.csv');
    const bytes = readFileSync(path);
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const { code, document } = await world.json<BundleVerification>('report verify', [bundle]);
    expect([code, document.intact]).toEqual([1, false]);
    expect(document.checks.find(({ id }) => id === 'sums')?.reason).toContain('population.csv');
  });

  test('another signer than the one supplied: 1; nobody supplied by a stranger: 1', async () => {
    const { bundle } = await create(world, '--out', 'signed');
    const wrong = await world.json<BundleVerification>('report verify', [
      bundle,
      '--trust',
      `SHA256:${'A'.repeat(43)}`,
    ]);
    expect([wrong.code, wrong.document.intact, wrong.document.signer]).toEqual([1, true, 'wrong']);
    const stranger = new RekeyWorld();
    try {
      const seen = await stranger.json<BundleVerification>('report verify', [bundle]);
      expect([seen.code, seen.document.intact, seen.document.signer]).toEqual([1, true, 'unknown']);
    } finally {
      stranger.remove();
    }
  });

  test('no bundle: 2', async () => {
    expect((await world.json<Failure>('report verify', ['nowhere'])).code).toBe(2);
  });
});

describe('stopping', () => {
  /** Starts a report and sends a signal when it has come to a stage. */
  async function stopAt(
    stage: string,
    signal: NodeJS.Signals,
  ): Promise<{ code: number | null; stdout: string }> {
    const child = spawn(
      process.execPath,
      [commandBundle, 'report', 'create', ...period, '--json', '--out', 'stopped'],
      {
        cwd: world.root,
        env: world.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let stdout = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    let sent = false;
    createInterface({ input: child.stderr }).on('line', (line) => {
      // Once: a second one would end it before it has cleaned up.
      if (!sent && line.includes(stage)) sent = child.kill(signal);
    });
    const [code] = await once(child, 'close');
    return { code, stdout };
  }

  test.each(['reading the environments', 'printing', 'verifying as a stranger', 'damaged copies'])(
    'with Ctrl-C at "%s" leaves nothing, and the log says that it was cancelled',
    async (stage) => {
      const { code, stdout } = await stopAt(stage, 'SIGINT');
      expect([code, (JSON.parse(stdout) as Failure).error.code]).toEqual([1, 'interrupted']);
      expect(readdirSync(world.path('stopped'))).toEqual([]);
      const [last] = (await world.json<Events>('events', ['--type', 'report', '--limit', '1'])).document
        .events;
      expect(last).toMatchObject({ action: 'cancelled', data: { code: null } });
    },
  );

  test('a kill leaves a working folder, and the next report removes it', async () => {
    await stopAt('printing', 'SIGKILL');
    const left = readdirSync(world.path('stopped'));
    expect(left).toEqual([expect.stringMatching(/^\.rekey-report-[0-9a-f]{16}$/)]);
    const { bundle } = await create(world, '--out', 'stopped');
    expect(readdirSync(world.path('stopped')).map((name) => world.path('stopped', name))).toEqual([bundle]);
    expect(existsSync(world.path('stopped', left[0] ?? ''))).toBe(false);
  });
});

describe('exceptions', () => {
  test('are added, listed, shown in the status, accepted in reports, and ended', async () => {
    const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const added = await world.json<{ id: string; state: string; codes: string[]; until: string }>(
      'exception add',
      [
        'api',
        'JWT_SECRET_KEY',
        ...['--reason', 'the vendor needs until then', '--until', until, '--code', 'overdue'],
      ],
    );
    expect([added.code, added.document.state, added.document.codes]).toEqual([0, 'active', ['overdue']]);
    const { id } = added.document;
    const listed = await world.json<{ exceptions: { id: string }[] }>('exception list', ['--env', 'api']);
    expect(listed.document.exceptions.map((one) => one.id)).toEqual([id]);
    const status = await world.json<{ environments: { exceptions?: { id: string }[] }[] }>('status', ['api']);
    expect([status.code, status.document.environments[0]?.exceptions?.[0]?.id]).toEqual([1, id]);

    const { bundle } = await create(world, '--out', 'accepted');
    const report = reportIn(bundle);
    expect(report.findings.find(({ code }) => code === 'overdue')?.exception).toBe(id);
    expect(report.verdict).toMatchObject({ critical: 0, accepted: 1 });

    const ended = await world.json<{ state: string }>('exception end', [id.slice(-8), '--reason', 'rotated']);
    expect([ended.code, ended.document.state]).toEqual([0, 'ended']);
    const again = await world.json<Failure>('exception end', [id, '--reason', 'rotated']);
    expect([again.code, again.document.error.code]).toEqual([1, 'illegal-move']);
    expect((await world.json<{ exceptions: unknown[] }>('exception list', [])).document.exceptions).toEqual(
      [],
    );
    const all = await world.json<{ exceptions: { state: string }[] }>('exception list', ['--all']);
    expect(all.document.exceptions.map(({ state }) => state)).toEqual(['ended']);
  });

  test.each([
    ['a day that is over', ['api', '--reason', 'x', '--until', '2020-01-01'], 'invalid-input'],
    ['more than a year', ['api', '--reason', 'x', '--until', '2999-01-01'], 'invalid-input'],
    ['no day', ['api', '--reason', 'x', '--until', 'soon'], 'invalid-input'],
    ['an empty reason', ['api', '--reason', ' ', '--until', today], 'invalid-input'],
    ['a key that is not there', ['api', 'NO_SUCH', '--reason', 'x', '--until', today], 'key-unknown'],
    [
      'an environment that is not there',
      ['nowhere', '--reason', 'x', '--until', today],
      'environment-unknown',
    ],
  ])('%s is refused: 2', async (_what, args, expected) => {
    const { code, document } = await world.json<Failure>('exception add', args);
    expect([code, document.error.code]).toEqual([2, expected]);
  });
});
