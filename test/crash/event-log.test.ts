import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckpointStore } from '#electron/services/events/checkpoint-store.ts';
import { Projection } from '#electron/services/events/projection.ts';
import { SettingsStore } from '#electron/services/settings/settings-store.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { filledLog, logOptions, openLog, step } from '../integration/events/log-fixture.ts';
import { temporaryFolder } from '../integration/support/temporary-folder.ts';
import { bundledProcess, bundleFolder } from './bundled-process.ts';

interface Effect {
  n: number;
  kind: string;
  path: string;
  to?: string;
}

/** A data folder as the scenario finds it. */
interface Scenario {
  name: string;
  process: string;
  prepare: (data: string) => void;
  /** A state of the log that may remain. */
  healthy: readonly string[];
}

const text = (data: string) => join(data, 'log', 'events.jsonl');

const scenarios: Scenario[] = [
  { name: 'the first events', process: 'append', prepare: () => {}, healthy: ['ok', 'repaired'] },
  {
    name: 'appends after a torn line, a dead lock owner and lost hashes',
    process: 'append',
    prepare: (data) => {
      filledLog(join(data, 'log'), 5).close();
      writeFileSync(text(data), '{"timestamp":"2026-', { flag: 'a' });
      rmSync(join(data, 'log', 'hashes'));
      const dead = spawnSync(process.execPath, [
        join(import.meta.dirname, '../integration/events/die-holding-the-lock.ts'),
        join(data, 'log'),
      ]);
      expect(dead.signal).toBe('SIGKILL');
    },
    healthy: ['ok', 'repaired'],
  },
  {
    name: 'changes of the settings',
    process: 'configure',
    prepare: (data) => filledLog(join(data, 'log'), 2).close(),
    healthy: ['ok', 'repaired'],
  },
  {
    name: 'the acknowledgement of a corruption',
    process: 'acknowledge',
    prepare: (data) => {
      filledLog(join(data, 'log'), 6).close();
      const lines = readFileSync(text(data), 'utf8').split('\n');
      writeFileSync(text(data), `${lines.slice(0, 4).join('\n')}\n`);
    },
    healthy: ['corrupt', 'corrupt-acknowledged'],
  },
  {
    name: 'the move to another folder',
    process: 'move',
    prepare: (data) => filledLog(join(data, 'log'), 3).close(),
    healthy: ['ok', 'repaired'],
  },
  {
    name: 'a checkpoint that is stored in the place of another, and one beside it',
    process: 'checkpoint',
    prepare: (data) => filledLog(join(data, 'log'), 7).close(),
    healthy: ['ok', 'repaired'],
  },
  {
    name: 'a projection that is saved',
    process: 'project',
    prepare: (data) => filledLog(join(data, 'log'), 300).close(),
    healthy: ['ok', 'repaired'],
  },
];

let root: string;
let bundles: string;
let program: string;
beforeAll(async () => {
  root = temporaryFolder();
  bundles = bundleFolder();
  program = await bundledProcess('event-log-process', bundles);
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
  rmSync(bundles, { recursive: true, force: true });
});

function run(scenario: Scenario, data: string, environment: Record<string, string> = {}) {
  const result = spawnSync(
    process.execPath,
    ['--import', join(import.meta.dirname, 'kill-points.mjs'), program, scenario.process, data],
    { encoding: 'utf8', env: { ...process.env, ...environment } },
  );
  if (result.signal === null && result.status !== 0) throw new Error(result.stderr);
  return { signal: result.signal, printed: result.stdout.split('\n').filter((line) => line !== '') };
}

/** What must hold wherever the process was killed: nothing recorded is lost, and the log and settings can go on. */
async function expectWhole(scenario: Scenario, data: string, printed: readonly string[]): Promise<void> {
  const { clock, identity } = logOptions(data);
  const settings = new SettingsStore({
    path: join(data, 'settings.json'),
    clock,
    identity,
    append: (draft) => log.append(draft),
  });
  const folder = () => settings.read().logFolder ?? join(data, 'log');
  const log = openLog(data, { folder });
  const state = log.health().state;
  expect(scenario.healthy).toContain(state);
  const all = () => [...log.earlier(), ...log.scan()].map(({ id }) => id);
  const ids = printed.filter((line) => line.includes('-'));
  expect(all()).toEqual(expect.arrayContaining(ids));
  if (state === 'corrupt') {
    expect(() => log.append(step('after the kill'))).toThrow(
      expect.objectContaining({ code: 'log-corrupt' }),
    );
    log.acknowledge('known after the kill');
  }
  const path = join(folder(), 'events.jsonl');
  const stored = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [''];
  expect(stored.pop()).toBe('');
  const last = stored.length === 0 ? -1 : (JSON.parse(stored.at(-1) as string) as LogEvent).seq;
  expect(log.append(step('after the kill')).seq).toBe(last + 1);
  const verified = await log.verify();
  expect(verified.root).toBe(log.root());
  if (!scenario.healthy.includes('corrupt')) {
    expect(verified).toMatchObject({ intact: true, size: last + 2, problems: [] });
  }
  expectCheckpoints(folder(), printed);
  const projection = new Projection<{ total: number }>({
    log,
    cacheFile: join(data, 'cache', 'total.json'),
    version: 1,
    initial: () => ({ total: 0 }),
    apply: (counted) => ({ total: counted.total + 1 }),
    parse: (json) => json as { total: number },
  });
  expect(projection.state.total).toBe(all().length);
  // A setting that was announced may be missing, one that was not announced may not be there.
  const announced = [...log.scan()].filter(({ event_type }) => event_type === 'settings');
  const made = [settings.read().operator !== null, settings.read().contacts.length > 0].filter(Boolean);
  expect(made.length).toBeLessThanOrEqual(announced.length);
  expect(announced.length - made.length).toBeLessThanOrEqual(1);
  settings.setTheme('dark');
  log.close();
  // A folder that was not moved to in the end keeps what was begun there; so does a cache, until it is written again.
  const left = [...readdirSync(data), ...readdirSync(folder())];
  expect(left.filter((name) => name.endsWith('.tmp') || name.includes('lock'))).toEqual([]);
}

/** Those that were told to be made are there, whole; one more may be. A later one clears away what a kill left. */
function expectCheckpoints(folder: string, printed: readonly string[]): void {
  const told = printed.filter((line) => line.startsWith('checkpoint ')).map((line) => Number(line.slice(11)));
  const store = new CheckpointStore(folder, logOptions(folder));
  const whole = [...store.list()];
  expect(whole.map(({ size }) => size)).toEqual(expect.arrayContaining(told));
  const path = join(folder, 'checkpoints');
  if (!existsSync(path)) return;
  expect(readdirSync(path).filter((name) => name.endsWith('.note'))).toHaveLength(whole.length);
  for (const size of [7, 8]) {
    const note = { text: `x\n${size}\n${Buffer.alloc(32).toString('base64')}\n`, signatures: [] };
    store.put({ origin: 'x', size, root: Buffer.alloc(32), extensions: [] }, note, '', []);
  }
  expect(readdirSync(path).filter((name) => name.endsWith('.tmp') || name === 'lock')).toEqual([]);
}

describe.each(scenarios)('$name', (scenario) => {
  it('survives a kill at every effect, half-written bytes included', async () => {
    const template = join(root, scenario.name.replaceAll(' ', '-'));
    cpSync(mkdtempSync(join(root, 'empty-')), template, { recursive: true });
    scenario.prepare(template);
    const traceFile = join(root, 'trace');
    const whole = mkdtempSync(join(root, 'whole-'));
    cpSync(template, whole, { recursive: true });
    expect(run(scenario, whole, { TRACE_FILE: traceFile }).signal).toBeNull();
    const effects = readFileSync(traceFile, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Effect);
    // Each event is synced before anything else happens that could rely on it.
    for (const effect of effects) {
      if (effect.kind !== 'write' || !effect.path.endsWith('events.jsonl')) continue;
      const next = effects.slice(effect.n).find(({ kind }) => kind !== 'ftruncate');
      expect(next).toMatchObject({ kind: 'fdatasync', path: effect.path });
    }
    const long = process.env.REKEY_TEST_LONG === '1';
    let kills = 0;
    for (const { n, kind } of effects) {
      if (!long && n > 6 && n % 16 !== 0) continue;
      for (const when of long
        ? ['before', 'after', 'half']
        : kind === 'write'
          ? ['before', 'half']
          : ['before']) {
        const data = mkdtempSync(join(root, 'killed-'));
        cpSync(template, data, { recursive: true });
        const killed = run(scenario, data, { KILL_AT: String(n), KILL_WHEN: when });
        expect(killed.signal, `${when} effect ${n}`).toBe('SIGKILL');
        kills += 1;
        try {
          await expectWhole(scenario, data, killed.printed);
        } catch (error) {
          throw new Error(`${when} effect ${n} (${kind}), kept in ${data}`, { cause: error });
        }
        rmSync(data, { recursive: true });
      }
    }
    console.info(`${effects.length} effects, ${kills} kills`);
    expect(kills).toBeGreaterThan(6);
    expect(existsSync(template)).toBe(true);
  });
});
