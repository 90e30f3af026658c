import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { valueChecker } from '#shared/logic/validator/value-check.ts';
import { loadZxcvbnPatterns } from '#shared/logic/validator/zxcvbn-patterns.ts';
import { consumerEnvironmentId, foldersIn, writeConsumer } from '#test/crash/consumer-environment.ts';
import { openRotationWorld } from '#test/crash/rotation-world.ts';
import { startKeyring } from '#test/e2e/fixtures/keyring.ts';
import { median } from './support/interleaved.ts';
import { printResult } from './support/result.ts';

// Rotate five keys of one file in one run, to the end: every event durable, a real keyring, a consumer that restarts,
// re-encrypts and verifies. Reported, with where the time goes.
const rounds = 15;
const keys = {
  TOKEN_ENCRYPTION_KEY: { slots: 'previous' },
  JWT_SECRET_KEY: { slots: 'previous', soak: '0s' },
  WEBHOOK_SIGNING_KEY: { slots: 'one' },
  ENCRYPTION_KEY: { slots: 'previous' },
  API_SIGNING_KEY: { slots: 'previous', soak: '0s' },
} as const;

/** Milliseconds by what they went into. */
const spent: Record<string, number> = {};

/** Makes each call of some methods of an object count as time spent on `what`. */
function measured<T extends object>(target: T, what: string, methods: readonly (keyof T)[]): T {
  for (const method of methods) {
    const original = (target[method] as (...args: unknown[]) => unknown).bind(target);
    (target as Record<keyof T, unknown>)[method] = (...args: unknown[]) => {
      const start = performance.now();
      const add = () => {
        spent[what] = (spent[what] ?? 0) + performance.now() - start;
      };
      const result = original(...args);
      if (result instanceof Promise) return result.finally(add);
      add();
      return result;
    };
  }
  return target;
}

const home = mkdtempSync(join(tmpdir(), 'rekey-bench-rotate-'));
chmodSync(home, 0o700);
const keyring = await startKeyring({ PATH: process.env.PATH ?? '', HOME: home, XDG_RUNTIME_DIR: home });
process.env.DBUS_SESSION_BUS_ADDRESS = keyring.environment.DBUS_SESSION_BUS_ADDRESS;
try {
  const root = join(home, 'world');
  writeConsumer(root, { keys });
  const judge = { check: valueChecker(loadZxcvbnPatterns) };
  const world = openRotationWorld({
    data: foldersIn(root).data,
    overrides: { check: measured(judge, 'validator', ['check']).check },
  });
  measured(world.log, 'events', ['append']);
  measured(world.sealed, 'sealed files and keychain', ['seal', 'open', 'destroy']);
  const { environments } = world.dependencies;
  const open = environments.open;
  environments.open = (id) => {
    const environment = measured(open(id), 'commands of the consumer', ['command']);
    return measured(environment, 'environment file, state, lock', ['read', 'apply', 'lock']);
  };
  const rotate = async () => {
    for (const what of Object.keys(spent)) spent[what] = 0;
    const before = world.log.size();
    const started = performance.now();
    const run = await world.direct.rotate({
      environmentId: consumerEnvironmentId,
      keys: Object.keys(keys),
      mode: 'planned',
      reason: 'benchmark',
      force: true,
      drill: false,
    });
    const total = performance.now() - started;
    if (run.state !== 'completed') throw new Error(`the run is ${run.state}`);
    return { total, events: world.log.size() - before, spent: { ...spent } };
  };

  const first = await rotate();
  const results: Awaited<ReturnType<typeof rotate>>[] = [];
  for (let round = 0; round < rounds; round += 1) results.push(await rotate());
  const part = (what: string) => median(results.map((result) => result.spent[what] ?? 0));
  const parts = Object.fromEntries(Object.keys(spent).map((what) => [what, part(what)]));
  const total = median(results.map((result) => result.total));
  const rest = median(
    results.map((result) => result.total - Object.values(result.spent).reduce((sum, one) => sum + one, 0)),
  );
  printResult({
    name: 'rotate-five',
    title: 'rotate five keys of one file to the end, all events durable',
    target: null,
    ratio: null,
    figures: { total, ...parts, rest, 'first run': first.total },
    unit: 'ms',
    notes: [
      `${rounds} rounds, medians; ${results[0]?.events} events a run, each with its own fdatasync.`,
      'Three signing keys and two encryption keys with re-encryption; two restarts, started as processes.',
      'The first run loads the validator’s dictionaries and makes the wrapping key.',
    ],
  });
} finally {
  await keyring.stop();
  rmSync(home, { recursive: true, force: true });
}
