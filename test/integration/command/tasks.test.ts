import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorReport } from '#shared/model/errors.ts';
import type {
  ComplianceReportResult,
  HealthCheckResult,
  RotationCheckResult,
  TaskView,
} from '#shared/model/task.ts';
import { commandBundle } from '../../../scripts/setup/project.mjs';
import { RekeyWorld, strong } from './rekey-command.ts';

let world: RekeyWorld;
let service: Server;
/** What the service does with a request; null: it keeps it waiting. */
let respond: ((response: ServerResponse) => void) | null;
let asked: () => void = () => {};

beforeAll(async () => {
  world = new RekeyWorld();
  service = createServer((_request, response) => {
    asked();
    respond?.(response);
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  const { port } = service.address() as AddressInfo;
  await world.add(
    'api',
    { JWT_SECRET_KEY: strong.jwt },
    { args: ['--health', `http://127.0.0.1:${port}/health`] },
  );
  await world.add('web', { WEBHOOK_SIGNING_KEY: strong.webhook });
});
afterAll(() => {
  service.closeAllConnections();
  service.close();
  world.remove();
});

const healthy = (response: ServerResponse) => void response.end('{"status":"ok"}');
const task = <T>(name: string) => world.json<T & { error: ErrorReport }>(`task ${name}`, []);
const last = async (name: string) =>
  (await task<{ tasks: TaskView[] }>('list')).document.tasks.find((view) => view.task === name)?.last;

describe('the health check', () => {
  test('says that all is well, and the log tells of the run', async () => {
    respond = healthy;
    const { code, document } = await task<HealthCheckResult>('health-check');
    expect(document).toMatchObject({ healthy: true, log: 'ok', keychain: 'durable', problems: [] });
    expect(document.environments).toMatchObject([
      { name: 'api', reachable: true, service: 'healthy' },
      { name: 'web', reachable: true, service: 'not-configured' },
    ]);
    expect(code).toBe(0);
    expect(await last('health-check')).toMatchObject({
      outcome: 'succeeded',
      good: true,
      by: 'ada@example.org',
      summary: 'All is well: 2 environments.',
    });
    const { document: events } = await world.json<{ events: { action: string }[] }>('events', [
      '--type',
      'task',
    ]);
    expect(events.events.map(({ action }) => action)).toEqual(['succeeded', 'started']);
  });

  test('names a service that fails and a file that is gone, and exits 1', async () => {
    respond = (response) => void response.writeHead(503).end();
    rmSync(world.path('web.env'));
    const { code, document } = await task<HealthCheckResult>('health-check');
    expect(code).toBe(1);
    expect(document.environments).toMatchObject([
      { name: 'api', reachable: true, service: 'failing' },
      { name: 'web', reachable: false, service: 'not-configured' },
    ]);
    expect(document.problems).toHaveLength(2);
    expect(document.problems[0]).toMatch(/^web: .*web\.env/);
    expect(document.problems[1]).toMatch(/^api: .*503/);
    const { stdout } = await world.call(['task', 'health-check']);
    expect(stdout).toContain('2 problems, 2 environments asked.');
    world.file('web.env', `WEBHOOK_SIGNING_KEY=${strong.webhook}\n`);
  });

  test('says that the keychain is out of reach instead of failing', async () => {
    respond = healthy;
    const { code, document } = await world.json<HealthCheckResult>('task health-check', [], {
      env: { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' },
    });
    expect([code, document.healthy, document.keychain]).toEqual([1, false, 'absent']);
  });

  test('a vault that does not open, and one that is not there', async () => {
    const locked = new RekeyWorld({}, 'vault');
    try {
      const keychain = async () => (await locked.json<HealthCheckResult>('task health-check', [])).document;
      expect(await keychain()).toMatchObject({ healthy: true, keychain: 'durable' });
      locked.file('passphrase', 'another passphrase than that\n');
      expect(await keychain()).toMatchObject({ healthy: false, keychain: 'locked' });
    } finally {
      locked.remove();
    }
  });

  test('runs once at a time; a killed one has no end, and the next one runs', async () => {
    respond = null;
    const underway = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const first = spawn(process.execPath, [commandBundle, 'task', 'health-check'], { env: world.env });
    await underway;
    const second = await task('health-check');
    expect([second.code, second.document.error.code]).toEqual([3, 'task-running']);
    expect(second.document.error.message).toContain(`process ${first.pid}`);
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(await last('health-check')).toMatchObject({ outcome: 'begun', ended_at: null });
    respond = healthy;
    expect((await task('health-check')).code).toBe(0);
    expect(await last('health-check')).toMatchObject({ outcome: 'succeeded' });
    expect(existsSync(world.path('data', 'tasks', 'health-check.lock'))).toBe(false);
  });

  test('an interrupted one is recorded as not done', async () => {
    respond = null;
    const underway = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const stopped = spawn(process.execPath, [commandBundle, 'task', 'health-check'], { env: world.env });
    await underway;
    stopped.kill('SIGTERM');
    expect((await once(stopped, 'exit'))[0]).toBe(1);
    expect(await last('health-check')).toMatchObject({ outcome: 'failed', summary: 'It was stopped.' });
    respond = healthy;
  });
});

describe('the rotation check', () => {
  test('lists what is due and exits 1, until nothing is', async () => {
    const before = await task<RotationCheckResult>('rotation-check');
    expect(before.code).toBe(1);
    expect(before.document.due.map(({ key, status }) => `${key} ${status}`)).toEqual([
      'JWT_SECRET_KEY unrecorded',
      'WEBHOOK_SIGNING_KEY unrecorded',
    ]);
    for (const [env, key] of [
      ['api', 'JWT_SECRET_KEY'],
      ['web', 'WEBHOOK_SIGNING_KEY'],
    ] as const) {
      const date = new Date().toISOString().slice(0, 10);
      const recorded = await world.call(['baseline', env, key, '--date', date, '--reason', 'known']);
      expect(recorded.code).toBe(0);
    }
    const after = await task<RotationCheckResult>('rotation-check');
    expect([after.code, after.document.due]).toEqual([0, []]);
    expect(after.document.next).toMatchObject({ environment: { name: 'web' }, key: 'WEBHOOK_SIGNING_KEY' });
    const { stdout } = await world.call(['task', 'list']);
    expect(stdout).toMatch(/rotation-check .* good .* No key is due\./);
  });
});

describe('the compliance report', () => {
  test('is on the last seven days, signed, and verifies', async () => {
    const { code, document } = await task<ComplianceReportResult>('compliance-report');
    expect(code).toBe(0);
    expect(Date.parse(document.to) - Date.parse(document.from)).toBe(6 * 86_400_000);
    const verified = await world.call(['report', 'verify', document.bundle, '--json']);
    expect(JSON.parse(verified.stdout)).toMatchObject({ intact: true });
    expect(await last('compliance-report')).toMatchObject({ outcome: 'succeeded', good: true });
  });
});

describe('the schedule', () => {
  const schedule = (...args: string[]) =>
    world.json<{ tasks: TaskView[]; error: ErrorReport }>('task schedule', args);

  test('is the seed’s, and is changed part by part', async () => {
    const { document } = await task<{ tasks: TaskView[] }>('list');
    expect(document.tasks.map(({ task: name, schedule }) => [name, schedule?.cron])).toEqual([
      ['health-check', '0 */4 * * *'],
      ['rotation-check', '0 2 * * *'],
      ['execute-rotations', undefined],
      ['compliance-report', '0 6 * * 0'],
    ]);
    const moved = await schedule('rotation-check', '--cron', '30 1 * * *', '--time-zone', 'Europe/Berlin');
    expect(moved.document.tasks[1]?.schedule).toMatchObject({
      enabled: true,
      cron: '30 1 * * *',
      timeZone: 'Europe/Berlin',
    });
    const off = await schedule('rotation-check', '--off');
    expect(off.document.tasks[1]).toMatchObject({
      schedule: { enabled: false, cron: '30 1 * * *' },
      next_at: null,
    });
    expect((await world.call(['task', 'list'])).stdout).toMatch(/rotation-check +off/);
    expect((await schedule('rotation-check', '--on')).document.tasks[1]?.next_at).not.toBeNull();
  });

  test('refuses what cannot be used', async () => {
    for (const [args, said] of [
      [['rotation-check', '--cron', 'nightly'], 'five fields'],
      [['rotation-check', '--time-zone', 'Mars/Base'], 'no time zone'],
      [['rotation-check', '--on', '--off'], 'not both'],
      [['rotation-check'], 'Nothing is given'],
      [['make-coffee', '--on'], 'no task "make-coffee"'],
    ] as const) {
      const { code, document } = await schedule(...args);
      expect([code, document.error.message]).toEqual([2, expect.stringContaining(said)]);
    }
  });
});

test('without an environment all is well and nothing is due', async () => {
  const empty = new RekeyWorld();
  try {
    for (const name of ['health-check', 'rotation-check']) {
      expect((await empty.call(['task', name])).code).toBe(0);
    }
    expect((await empty.call(['task', 'list'])).stdout).toContain('rotation-check');
  } finally {
    empty.remove();
  }
});
