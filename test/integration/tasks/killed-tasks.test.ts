import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LogEvent, LogVerification } from '#shared/model/event.ts';
import { type TaskName, taskNames } from '#shared/model/schedule.ts';
import type { TaskView } from '#shared/model/task.ts';
import { foldersIn, variablesOf } from '#test/crash/consumer-environment.ts';
import type { TracedEffect } from '#test/crash/crash-point.ts';
import { seededSample } from '#test/crash/seeded-sample.ts';
import { commandBundle } from '../../../scripts/setup/project.mjs';
import { RekeyWorld } from '../command/rekey-command.ts';
import { always } from './automatic-world.ts';
import { oldEnvironment, stateIn } from './old-environment.ts';

const long = process.env.REKEY_TEST_LONG === '1';
const killPoints = join(import.meta.dirname, '..', '..', 'crash', 'kill-points.mjs');
const keys = {
  API_SIGNING_KEY: { protects: 'messages', slots: 'previous', soak: '0s', automatic: true },
} as const;

type Way = 'before' | 'after' | 'half' | 'SIGTERM';

/** An environment with a key that is due, and a data folder that knows it. */
function prepared(): RekeyWorld {
  const world = new RekeyWorld({}, 'vault');
  oldEnvironment(world.root, { keys, windows: [always] });
  mkdirSync(world.data, { recursive: true, mode: 0o700 });
  const made = join(foldersIn(world.root).data, 'environments.json');
  const known = join(world.data, 'environments.json');
  if (made !== known) copyFileSync(made, known);
  return world;
}

/** `rekey task NAME`, killed or asked to end at its `at`-th durable effect. */
async function run(world: RekeyWorld, task: TaskName, environment: Record<string, string>) {
  const child = spawn(process.execPath, ['--import', killPoints, commandBundle, 'task', task], {
    cwd: world.root,
    env: { ...world.env, ...environment, KEYCHAIN_FROM: commandBundle },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, stderr };
}

/** Whatever became of the run that was killed: the next one does what the task is for, and nothing is left behind. */
async function expectMadeUpFor(world: RekeyWorld, task: TaskName): Promise<void> {
  const again = await world.json<{ runs?: unknown[] }>(`task ${task}`, []);
  // 1: the key is due, or what is not configured.
  expect([0, 1], JSON.stringify(again.document)).toContain(again.code);
  const { document } = await world.json<{ tasks: TaskView[]; halted: unknown[] }>('task list', []);
  expect(document.tasks.find((view) => view.task === task)?.last).toMatchObject({ outcome: 'succeeded' });
  expect(document.halted).toEqual([]);
  const verified = await world.json<LogVerification>('events verify', []);
  expect(verified.document).toMatchObject({ intact: true, problems: [] });
  expectAlertsOnce(await eventsOf(world));
  const { environment } = foldersIn(world.root);
  const left = [...readdirSync(environment), ...readdirSync(join(world.data, 'tasks'))];
  expect(left.filter((name) => /\.tmp$|\.lock$/.test(name))).toEqual([]);
  if (task === 'execute-rotations') expectRotatedOnce(world, environment, await eventsOf(world));
}

async function eventsOf(world: RekeyWorld): Promise<LogEvent[]> {
  const { document } = await world.json<{ events: LogEvent[] }>('events', ['--limit', '1000']);
  return document.events.reverse();
}

function expectRotatedOnce(world: RekeyWorld, environment: string, events: readonly LogEvent[]): void {
  const key = stateIn(world.root).keys.API_SIGNING_KEY;
  expect(key).toMatchObject({ version: 1, previous: null, pending: null });
  const configured = variablesOf(join(environment, '.env'));
  expect(variablesOf(join(environment, 'running.env'))).toEqual(configured);
  expect(configured.has('API_SIGNING_KEY_PREVIOUS')).toBe(false);
  expect(events.filter(({ action }) => action === 'rotated')).toHaveLength(1);
  const open = new Set(
    events
      .filter(({ event_type, action }) => event_type === 'run' && action === 'started')
      .map(({ run_id }) => run_id),
  );
  for (const { event_type, action, run_id } of events) {
    if (event_type === 'run' && ['completed', 'aborted'].includes(action)) open.delete(run_id);
  }
  expect([...open]).toEqual([]);
}

/** Between two raisings of an alert it was resolved. */
function expectAlertsOnce(events: readonly LogEvent[]): void {
  const open = new Set<unknown>();
  for (const { event_type, action, data } of events) {
    if (event_type !== 'alert') continue;
    if (action === 'raised') {
      expect(open.has(data?.id), `${data?.id} was raised twice`).toBe(false);
      open.add(data?.id);
    } else if (action === 'resolved') open.delete(data?.id);
  }
}

/** How many points on an ordinary day: each costs half a dozen processes. `REKEY_TASK_KILLS` takes others. */
const everyDay: Partial<Record<TaskName, number>> = { 'health-check': 1, 'execute-rotations': 2 };
const chosen = Number(process.env.REKEY_TASK_KILLS ?? 0);

describe.each(long || chosen > 0 ? taskNames : (Object.keys(everyDay) as TaskName[]))('%s', (task) => {
  it(
    'killed or asked to end at any durable effect, is made up for by the next one',
    async () => {
      const whole = prepared();
      const trace = whole.path('trace');
      await run(whole, task, { TRACE_FILE: trace });
      await expectMadeUpFor(whole, task);
      const effects = readFileSync(trace, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as TracedEffect);
      whole.remove();
      const points = effects.flatMap(({ n, kind }): [number, Way][] => [
        [n, 'before'],
        [n, 'SIGTERM'],
        ...(long
          ? ([[n, 'after'], ...(kind.startsWith('write') ? [[n, 'half'] as const] : [])] as [number, Way][])
          : []),
      ]);
      let reached = 0;
      for (const [at, way] of long ? points : seededSample(points, chosen || (everyDay[task] ?? 1), task)) {
        const world = prepared();
        const how = way === 'SIGTERM' ? { KILL_SIGNAL: 'SIGTERM' } : { KILL_WHEN: way };
        const { signal, code, stderr } = await run(world, task, { KILL_AT: String(at), ...how });
        try {
          // Asked to end while it ends already, it just does.
          if (way === 'SIGTERM') expect([0, 1, 4, 'SIGTERM'], stderr).toContain(code ?? signal);
          else if (signal === 'SIGKILL') reached += 1;
          await expectMadeUpFor(world, task);
        } catch (error) {
          throw new Error(`${task}, ${way} effect ${at} of ${effects.length}, kept in ${world.root}`, {
            cause: error,
          });
        }
        world.remove();
      }
      console.info(`${task}: ${effects.length} effects, ${points.length} points, killed at ${reached}`);
    },
    long || chosen > 0 ? 14_400_000 : 120_000,
  );
});
