import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Keyring, startKeyring } from '#test/e2e/fixtures/keyring.ts';
import { type SshServer, sshClient, startSshServer } from '#test/support/ssh-server.ts';
import { startTcpProxy } from '#test/support/tcp-proxy.ts';
import { bundledProcess, bundleFolder } from './bundled-process.ts';
import { crashAt, prepareScenario, type TracedEffect, traceScenario } from './crash-point.ts';
import { scenarios } from './scenarios.ts';
import { seededSample } from './seeded-sample.ts';
import type { CrashTools, KillPoint } from './template.ts';

// The same kills and the same expectations as beside a local file, with the file on a host behind a real sshd: Rekey is
// killed at its own durable effects, and when any piece of its conversation with the host is under way.

const exhaustive = process.env.REKEY_TEST_LONG === '1';
const samplePerScenario = 4;
const pointsPerKeyring = 20;
/** Which share of the points may be pieces that do not come: the last of a conversation that took fewer this time. */
const mostMissed = 0.1;
const timeout = (exhaustive ? 240 : 10) * 60_000;
const chosenScenarios = [
  'emergency, messages',
  'rollback, messages',
  ...(exhaustive ? ['planned, messages, previous slot', 'planned, data, next slot'] : []),
];

const client = sshClient();
const tools: CrashTools = { bundle: '', keychainBundle: '', folder: '' };
let server: SshServer;
let keyring: Keyring | null = null;
let home = '';
let bundles = '';
let failed = 0;

beforeAll(async () => {
  server = await startSshServer(client);
  tools.proxy = await startTcpProxy(server.port);
  const known = server.knownHost.replace(`:${server.port}`, `:${tools.proxy.port}`);
  writeFileSync(join(client.folder, 'user_known_hosts'), known);
  process.env.REKEY_SSH_CONFIG = client.configFile;
  tools.folder = mkdtempSync(join(tmpdir(), 'rekey-crash-'));
  bundles = bundleFolder();
  tools.bundle = await bundledProcess('scenario-process', bundles);
  tools.keychainBundle = await bundledProcess('keychain-process', bundles);
});

afterAll(async () => {
  await keyring?.stop();
  await tools.proxy?.close();
  await server.stop();
  client.remove();
  if (failed === 0) rmSync(tools.folder, { recursive: true, force: true });
  rmSync(bundles, { recursive: true, force: true });
});

describe('killed while the file is on a host, nothing is lost and the run can be finished', () => {
  for (const scenario of scenarios.filter(({ name }) => chosenScenarios.includes(name))) {
    it(
      scenario.name,
      async () => {
        home = mkdtempSync(join(tools.folder, 'keyring-'));
        await renewKeyring();
        const { proxy } = tools;
        if (!proxy) throw new Error('there is no proxy');
        const host = { address: `${userInfo().username}@127.0.0.1:${proxy.port}`, identity: client.key };
        const template = await prepareScenario(tools, {
          ...scenario,
          setup: { ...scenario.setup, host },
        });
        const { effects, pieces } = await traceScenario(tools, template);
        const points = killPoints(effects, pieces);
        const chosen = exhaustive ? points : seededSample(points, samplePerScenario, scenario.name);
        const failures: string[] = [];
        let missed = 0;
        for (const [index, point] of chosen.entries()) {
          if (index > 0 && index % pointsPerKeyring === 0) await renewKeyring();
          try {
            if ((await crashAt(tools, template, point)) === 'not-reached') missed += 1;
          } catch (error) {
            failures.push((error instanceof Error ? error.message : String(error)).slice(0, 600));
            console.error(failures.at(-1));
          }
        }
        failed += failures.length;
        expect(failures.slice(0, 20)).toEqual([]);
        expect(missed, 'pieces that did not come').toBeLessThanOrEqual(Math.ceil(chosen.length * mostMissed));
        console.log(
          `  ${scenario.name}, on a host: ${effects.length} effects here, ${pieces.up} requests and ${pieces.down} answers; killed at ${chosen.length - missed} of ${points.length} points, ${missed} did not come`,
        );
      },
      timeout,
    );
  }
});

function killPoints(effects: readonly TracedEffect[], seen: { up: number; down: number }): KillPoint[] {
  const pieces = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  return [
    ...effects.flatMap(({ n, kind }): KillPoint[] => [
      { at: n, when: 'before' },
      ...(kind.startsWith('write') ? [{ at: n, when: 'half' } as const] : []),
      ...(kind.startsWith('command') || n === effects.length ? [{ at: n, when: 'after' } as const] : []),
    ]),
    ...pieces(seen.up).map((at): KillPoint => ({ at, when: 'request' })),
    ...pieces(seen.down).map((at): KillPoint => ({ at, when: 'answer' })),
  ];
}

async function renewKeyring(): Promise<void> {
  await keyring?.stop();
  keyring = await startKeyring({ PATH: process.env.PATH ?? '', HOME: home, XDG_RUNTIME_DIR: home });
  process.env.DBUS_SESSION_BUS_ADDRESS = keyring.environment.DBUS_SESSION_BUS_ADDRESS;
}
