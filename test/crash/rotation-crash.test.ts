import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Keyring, startKeyring } from '#test/e2e/fixtures/keyring.ts';
import { bundledProcess, bundleFolder } from './bundled-process.ts';
import { crashAt, prepareScenario, type TracedEffect, traceScenario } from './crash-point.ts';
import { expectOrder } from './effect-order.ts';
import { scenarios } from './scenarios.ts';
import { seededSample } from './seeded-sample.ts';
import type { CrashTools, KillPoint, Template } from './template.ts';

/** Every point of every scenario (`npm run test:long`), or every point of one and a sample of the rest. */
const exhaustive = process.env.REKEY_TEST_LONG === '1';
const exhaustiveAlways = ['planned, messages, previous slot'];
const samplePerScenario = 4;
const atOnce = 2;
const pointsPerKeyring = 20;
/** A minute or less for each scenario on two idle cores; but machines are shared. */
const timeout = (exhaustive ? 240 : 20) * 60_000;

const tools: CrashTools = { bundle: '', keychainBundle: '', folder: '' };
let keyring: Keyring | null = null;
/** Where the keyring of the scenario keeps its entries. */
let home = '';
/** The process met a keyring that had broken, and ended by itself before it came to the point. */
const neverReached = /was not killed \(1\).*(No keychain answers|The keychain is locked)/s;
const counts = { points: 0, killed: 0, failed: 0 };

beforeAll(async () => {
  tools.folder = mkdtempSync(join(tmpdir(), 'rekey-crash-'));
  const bundles = bundleFolder();
  tools.bundle = await bundledProcess('scenario-process', bundles);
  tools.keychainBundle = await bundledProcess('keychain-process', bundles);
});

afterAll(async () => {
  await keyring?.stop();
  // What a failure left is there to be looked at.
  if (counts.failed === 0) rmSync(tools.folder, { recursive: true, force: true });
  rmSync(join(tools.bundle, '..'), { recursive: true, force: true });
  const how = exhaustive ? 'all of them' : 'npm run test:long kills at all of them';
  console.log(
    `Kill points: ${counts.points} in ${scenarios.length} scenarios; killed at ${counts.killed} (${how})`,
  );
});

describe('killed at a durable effect, nothing is lost and the run can be finished', () => {
  for (const scenario of scenarios) {
    it(
      scenario.name,
      async () => {
        home = mkdtempSync(join(tools.folder, 'keyring-'));
        await renewKeyring();
        const template = await prepareScenario(tools, scenario);
        const { effects } = await traceScenario(tools, template);
        expect(effects.length).toBeGreaterThan(30);
        expectOrder(effects);
        const points = killPoints(effects, true);
        const chosen =
          exhaustive || exhaustiveAlways.includes(scenario.name)
            ? killPoints(effects, exhaustive)
            : seededSample(points, samplePerScenario, scenario.name);
        counts.points += points.length;
        await killAll(template, chosen);
        console.log(
          `  ${scenario.name}: ${effects.length} effects, killed at ${chosen.length} of ${points.length} points`,
        );
      },
      timeout,
    );
  }
});

/**
 * A keyring that has served hundreds of processes that died while they spoke to it stops answering, as does a bus with
 * as many connections: it is started anew now and then. What it keeps lies in `home`, so nothing is lost by that.
 */
async function renewKeyring(): Promise<void> {
  await keyring?.stop();
  keyring = await startKeyring({ PATH: process.env.PATH ?? '', HOME: home, XDG_RUNTIME_DIR: home });
  process.env.DBUS_SESSION_BUS_ADDRESS = keyring.environment.DBUS_SESSION_BUS_ADDRESS;
}

/**
 * Before and after each effect, and in the middle of each write. After one effect and before the next the disk is the
 * same, so the normal run takes "after" only where something else goes on (a command), and for the last effect.
 */
function killPoints(effects: readonly TracedEffect[], all: boolean): KillPoint[] {
  return effects.flatMap(({ n, kind }): KillPoint[] => [
    { at: n, when: 'before' },
    ...(kind.startsWith('write') ? [{ at: n, when: 'half' } as const] : []),
    ...(all || kind.startsWith('command') || n === effects.length ? [{ at: n, when: 'after' } as const] : []),
  ]);
}

async function killAll(template: Template, points: readonly KillPoint[]): Promise<void> {
  const failures: string[] = [];
  const attempt = async (point: KillPoint, again: KillPoint[] | null) => {
    try {
      await crashAt(tools, template, point);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (again !== null && neverReached.test(message)) again.push(point);
      else failures.push(message.slice(0, 600));
    }
  };
  const atPoints = async (batch: readonly KillPoint[], again: KillPoint[] | null) => {
    const waiting = [...batch];
    const worker = async () => {
      for (let point = waiting.shift(); point; point = waiting.shift()) await attempt(point, again);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  };
  for (let first = 0; first < points.length; first += pointsPerKeyring) {
    if (first > 0) await renewKeyring();
    const again: KillPoint[] = [];
    await atPoints(points.slice(first, first + pointsPerKeyring), again);
    if (again.length > 0) {
      console.log(`  the keyring failed before ${again.length} points were reached: a new one, once`);
      await renewKeyring();
      await atPoints(again, null);
    }
  }
  counts.killed += points.length;
  counts.failed += failures.length;
  expect(failures.slice(0, 20)).toEqual([]);
}
