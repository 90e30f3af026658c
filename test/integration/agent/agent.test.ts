import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HealthDocument } from '#shared/model/agent.ts';
import type { TaskView } from '#shared/model/task.ts';
import { commandBundle } from '../../../scripts/setup/project.mjs';
import { RekeyWorld, strong } from '../command/rekey-command.ts';

const resources = join(import.meta.dirname, '..', '..', '..', 'resources', 'agent');
const token = randomBytes(32).toString('hex');
let world: RekeyWorld;

interface Agent {
  url: string;
  lines: string[];
  kill: (signal: NodeJS.Signals) => void;
  /** Exit code, or the signal that ended it. */
  ended: Promise<number | string | null>;
}

const running = new Set<Agent>();

/** `rekey agent` as a process; resolves when it serves. Rejects with what it said when it ends before. */
async function agent(args: readonly string[] = ['--listen', '127.0.0.1:0']): Promise<Agent> {
  const child = spawn(process.execPath, [commandBundle, 'agent', ...args], {
    // A server knows no operator.
    env: Object.fromEntries(Object.entries(world.env).filter(([name]) => name !== 'REKEY_OPERATOR')),
    cwd: world.root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  const lines: string[] = [];
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      text += chunk;
      lines.splice(0, lines.length, ...text.split('\n'));
      const found = /Serving (\S+)\/health/.exec(text)?.[1];
      if (found) resolve(found);
    });
    void ended.then((code) => reject(new Error(`exit ${code}: ${text}`)));
  });
  const started = { url, lines, kill: (signal: NodeJS.Signals) => void child.kill(signal), ended };
  running.add(started);
  return started;
}

async function stop(one: Agent): Promise<number | string | null> {
  running.delete(one);
  one.kill('SIGTERM');
  return one.ended;
}

interface Response {
  status: number | undefined;
  headers: Record<string, unknown>;
  body: string;
}

function get(
  url: string,
  more: { headers?: Record<string, string>; method?: string; ca?: string } = {},
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https') ? httpsRequest : httpRequest;
    send(url, { ...more, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });
}

beforeAll(async () => {
  world = new RekeyWorld();
  await world.add('api', { JWT_SECRET_KEY: strong.jwt });
  await world.json('baseline', [
    'api',
    'JWT_SECRET_KEY',
    '--date',
    new Date().toISOString().slice(0, 10),
    '--reason',
    'New.',
  ]);
});
afterEach(async () => {
  for (const one of running) await stop(one);
});
afterAll(() => world.remove());

describe('what it answers', () => {
  it('tells how every key stands under .key_rotation, and metrics that Prometheus takes', async () => {
    const one = await agent();
    const health = await get(`${one.url}/health`);
    expect(health).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    const { status, key_rotation } = HealthDocument.parse(JSON.parse(health.body));
    expect(status).toBe('ok');
    expect(key_rotation).toMatchObject({
      state: 'ok',
      compliance_score: 100,
      environments: [
        {
          name: 'api',
          keys: [
            { key: 'JWT_SECRET_KEY', status: 'ok', fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) },
          ],
        },
      ],
    });
    expect(health.body).not.toContain(strong.jwt);

    const metrics = await get(`${one.url}/metrics`);
    expect(metrics.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: metrics.body, encoding: 'utf8' });
    // Days are what the procedures ask for.
    expect(checked.stderr.trim()).toBe('rekey_key_days_to_due use base unit "seconds" instead of "days"');
    expect(await get(`${one.url}/health`, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    expect(await get(`${one.url}/health`, { method: 'POST' })).toMatchObject({ status: 405 });
    expect(await get(`${one.url}/`)).toMatchObject({ status: 404 });
    expect(await stop(one)).toBe(0);
  });

  it('is 503 once something critical is so, and 200 again when it is not', async () => {
    const file = world.path('api.env');
    const kept = readFileSync(file, 'utf8');
    const optional = { requiredInProduction: false };
    await world.set('api', {
      stage: 'production',
      keys: { TOKEN_ENCRYPTION_KEY: optional, WEBHOOK_SIGNING_KEY: optional },
    });
    writeFileSync(file, kept.replace(strong.jwt, 'changeme-changeme-changeme-changeme-'));
    const one = await agent();
    await expect.poll(async () => (await get(`${one.url}/health`)).status, { timeout: 15_000 }).toBe(503);
    const { key_rotation } = HealthDocument.parse(JSON.parse((await get(`${one.url}/health`)).body));
    expect(key_rotation.alerts[0]).toMatchObject({ severity: 'critical', keys: ['JWT_SECRET_KEY'] });
    await expect.poll(() => one.lines.join('\n')).toContain('Alert: ');
    writeFileSync(file, kept);
    // Whoever checks in another process tells the agent.
    await world.json('task rotation-check', []);
    await expect.poll(async () => (await get(`${one.url}/health`)).status, { timeout: 15_000 }).toBe(200);
    await stop(one);
    await world.set('api', { stage: 'staging' });
  });
});

describe('who is answered', () => {
  it('not a page whose name was made to resolve to this machine', async () => {
    const one = await agent();
    const asked = (host: string) => get(`${one.url}/health`, { headers: { host } });
    expect(await asked('evil.example')).toMatchObject({ status: 421 });
    expect(await asked(`evil.example:${new URL(one.url).port}`)).toMatchObject({ status: 421 });
    expect(await asked('localhost')).toMatchObject({ status: 200 });
    const page = (headers: Record<string, string>) => get(`${one.url}/health`, { headers });
    expect(await page({ origin: 'http://localhost' })).toMatchObject({ status: 403 });
    expect(await page({ 'sec-fetch-site': 'same-origin' })).toMatchObject({ status: 403 });
    await stop(one);
  });

  it('beyond this machine nobody without TLS and a token: it does not even listen', async () => {
    await expect(agent(['--listen', '0.0.0.0:0'])).rejects.toThrow(
      /no --tls-cert, no --tls-key, no --token-file/,
    );
    const short = world.file('short-token', 'short\n');
    await expect(agent(['--listen', '127.0.0.1:0', '--token-file', short])).rejects.toThrow(
      'shorter than 32',
    );
    const open = world.file('open-token', `${token}\n`);
    chmodSync(open, 0o644);
    await expect(agent(['--listen', '127.0.0.1:0', '--token-file', open])).rejects.toThrow(
      'Other users of this machine',
    );
    await expect(agent(['--listen', 'example.org:80'])).rejects.toThrow('no address to listen on');
  });

  it('with TLS and a token, whoever shows it', async () => {
    const [key, cert] = [world.path('agent.key'), world.path('agent.crt')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        key,
        '-out',
        cert,
        '-days',
        '2',
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=DNS:localhost,IP:127.0.0.1',
      ],
      { stdio: 'ignore' },
    );
    const file = world.file('token', `${token}\n`);
    const tls = ['--tls-cert', cert, '--tls-key', key, '--token-file', file];
    const one = await agent(['--listen', '0.0.0.0:0', '--allow-host', 'localhost', ...tls]);
    const url = `https://localhost:${new URL(one.url).port}/health`;
    const ca = readFileSync(cert, 'utf8');
    expect(await get(url, { ca })).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="rekey"' },
    });
    expect(await get(url, { ca, headers: { authorization: `Bearer ${token.slice(1)}0` } })).toMatchObject({
      status: 401,
    });
    expect(await get(url, { ca, headers: { authorization: `Bearer ${token}` } })).toMatchObject({
      status: 200,
    });
    expect(one.lines.join('\n')).not.toContain(token);
    await stop(one);
    const wrong = world.file('wrong.key', 'no key\n');
    await expect(agent(['--listen', '127.0.0.1:0', '--tls-cert', cert, '--tls-key', wrong])).rejects.toThrow(
      'cannot be used',
    );
  });
});

/** As if the log had begun the day before yesterday: what the schedule missed since is caught up. */
function letADayPass(): void {
  const log = join(world.data, 'log');
  const [first = '', ...rest] = readFileSync(join(log, 'events.jsonl'), 'utf8').split('\n');
  const event = JSON.parse(first) as { timestamp: string };
  const earlier = new Date(Date.parse(event.timestamp) - 2 * 86_400_000).toISOString();
  // The hashes beside it, and what was folded from it, are made anew from its text.
  for (const folder of [log, join(world.data, 'cache')]) rmSync(folder, { recursive: true });
  mkdirSync(log, { mode: 0o700 });
  writeFileSync(join(log, 'events.jsonl'), [first.replace(event.timestamp, earlier), ...rest].join('\n'), {
    mode: 0o600,
  });
}

describe('its life', () => {
  it('one on a data folder, and one on an address', async () => {
    const one = await agent();
    await expect(agent()).rejects.toThrow(
      /exit 3: .*An agent runs on this data folder already, in process \d+/s,
    );
    await stop(one);
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(agent(['--listen', `127.0.0.1:${port}`])).rejects.toThrow('something else does');
    other.close();
  });

  it('SIGTERM in the middle of a task: recorded as interrupted, exit 0, and the next start makes up for it', async () => {
    // A service that never answers keeps the health check waiting.
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    await world.set('api', { health: { url: `http://127.0.0.1:${port}/`, timeout: '60s' } });
    letADayPass();
    const asked = once(silent, 'request');
    const one = await agent();
    await asked;
    expect(await stop(one)).toBe(0);
    const last = async () =>
      (await world.json<{ tasks: TaskView[] }>('task list', [])).document.tasks.find(
        ({ task }) => task === 'health-check',
      )?.last;
    expect(await last()).toMatchObject({ outcome: 'failed', by: 'system' });
    await world.set('api', { health: null });
    silent.closeAllConnections();
    silent.close();
    const next = await agent();
    await expect
      .poll(last, { timeout: 20_000, interval: 500 })
      .toMatchObject({ outcome: 'succeeded', good: true, by: 'system' });
    await expect
      .poll(() => next.lines.join('\n'), { timeout: 10_000 })
      .toContain('health-check: All is well');
    next.kill('SIGKILL');
    running.delete(next);
    expect(await next.ended).toBe('SIGKILL');
    // Its lock is that of a dead process.
    const after = await agent();
    expect(await stop(after)).toBe(0);
  });
});

describe('what is shipped for it', () => {
  it('the unit is one that systemd takes', () => {
    const unit = readFileSync(join(resources, 'rekey-agent.service'), 'utf8');
    const here = unit
      .replace('/usr/local/bin/rekey agent', `${process.execPath} agent`)
      .replaceAll(/^(User|Group)=.*$/gm, '');
    const path = world.file('rekey-agent.service', here);
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const line of [
      'ProtectSystem=strict',
      'LoadCredential=vault-passphrase:',
      'User=rekey',
      'NoNewPrivileges=yes',
    ]) {
      expect(unit).toContain(line);
    }
  });

  it('the rules and the dashboard use metrics that there are', async () => {
    const rules = join(resources, 'prometheus-rules.yml');
    execFileSync('promtool', ['check', 'rules', rules], { stdio: 'pipe' });
    // One rotation, so that every metric has a sample.
    const done = { argv: ['/bin/true'] };
    await world.set('api', { commands: { restart: done, verify: done } });
    await world.json('rotate', ['api', 'JWT_SECRET_KEY', '--force', '--reason', 'A sample.', '--yes']);
    const one = await agent();
    const { body } = await get(`${one.url}/metrics`);
    await stop(one);
    const served = new Set(
      body
        .split('\n')
        .filter((line) => line.startsWith('rekey_'))
        .map((line) => /^\w+/.exec(line)?.[0]),
    );
    const dashboard = JSON.parse(readFileSync(join(resources, 'grafana-dashboard.json'), 'utf8')) as {
      panels: { targets: { expr: string }[] }[];
    };
    const expressions = [
      ...readFileSync(rules, 'utf8')
        .split('\n')
        .filter((line) => !line.trim().startsWith('#')),
      ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ].join('\n');
    const used = new Set(expressions.match(/\brekey_[a-z_]+/g));
    expect(used.size).toBeGreaterThan(8);
    expect([...used].filter((name) => !served.has(name))).toEqual([]);
    // Every expression of the dashboard is one that Prometheus reads.
    const asRules = dashboard.panels
      .flatMap(({ targets }) => targets)
      .map(({ expr }, index) => `      - record: panel:${index}\n        expr: ${JSON.stringify(expr)}`);
    const path = world.file(
      'dashboard-rules.yml',
      `groups:\n  - name: dashboard\n    rules:\n${asRules.join('\n')}\n`,
    );
    execFileSync('promtool', ['check', 'rules', path], { stdio: 'pipe' });
  });
});
