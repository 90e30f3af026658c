import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CredentialStore } from '#electron/services/keychain/credential-store.ts';
import type { Clock } from '#shared/model/clock.ts';
import { openRunStates } from '#shared/model/run.ts';
import { Secret } from '#shared/model/secret.ts';
import { expectClean, expectEnd, expectFinished, expectLogIsWhole } from './after-finish.ts';
import { expectLockCanBeReleased, expectNothingLost } from './after-kill.ts';
import {
  consumerEnvironmentId,
  foldersIn,
  variablesOf,
  writeConfiguration,
  writeConsumer,
} from './consumer-environment.ts';
import { expectThat } from './expect-that.ts';
import { openRotationWorld, type RotationWorld } from './rotation-world.ts';
import type { Scenario } from './scenarios.ts';
import { keychainOf, remembering } from './separate-keychain.ts';
import type { CrashTools, KillPoint, Template } from './template.ts';

/** One line of a trace (kill-points.mjs). */
export interface TracedEffect {
  n: number;
  kind: string;
  path: string;
  to?: string;
  actions?: string[];
}

const soakStep = 3 * 3_600_000;
const preload = join(import.meta.dirname, 'kill-points.mjs');

export async function prepareScenario(tools: CrashTools, scenario: Scenario): Promise<Template> {
  const root = mkdtempSync(join(tools.folder, 'template-'));
  writeConsumer(root, scenario.setup);
  const keychain = keychainOf(tools, root);
  const remembered = scenario.freshKeychain ? null : remembering(keychain);
  const world = openRotationWorld({ data: foldersIn(root).data, credentials: remembered ?? keychain });
  if (!scenario.freshKeychain) {
    // The wrapping key is made here, so that only one scenario has the keychain's first use in it.
    const name = {
      environmentId: consumerEnvironmentId,
      key: 'ANY',
      rotationId: 'first-use',
      role: 'old',
    } as const;
    await world.sealed.seal(name, new Secret('any'));
    await world.sealed.destroy(name);
  }
  await scenario.prepare?.(world, root);
  await world.close();
  return { scenario, root, remembered, before: variablesOf(join(foldersIn(root).environment, '.env')) };
}

/** Runs the scenario without a kill and returns its effects, and how many pieces its conversation with a host had. */
export async function traceScenario(
  tools: CrashTools,
  template: Template,
): Promise<{ effects: TracedEffect[]; pieces: { up: number; down: number } }> {
  const root = copyOf(tools, template);
  const copy = withKeychain(tools, template, root);
  const traceFile = join(root, 'trace');
  tools.proxy?.cutAt(null);
  const ending = await runProcess(tools, template, root, { TRACE_FILE: traceFile });
  const { up, down } = tools.proxy?.seen ?? { up: 0, down: 0 };
  if (ending.code !== 0) throw new Error(`The scenario failed by itself: ${ending.stderr}`);
  await finishRuns(copy, root);
  const effects = readFileSync(traceFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TracedEffect);
  rmSync(root, { recursive: true });
  return { effects, pieces: { up, down } };
}

/**
 * Kills the scenario at one point, and checks everything that must hold then, after resuming, and at the end. A piece of
 * a conversation may not come, since what is sent together is sent in more pieces at one time than at another: then
 * the scenario comes to its end, and nothing is checked.
 */
export async function crashAt(
  tools: CrashTools,
  template: Template,
  point: KillPoint,
): Promise<'killed' | 'not-reached'> {
  const root = copyOf(tools, template);
  const copy = withKeychain(tools, template, root);
  const where = `${template.scenario.name}, ${point.when} effect ${point.at}`;
  try {
    const ending = await killedProcess(tools, template, root, point);
    const isPiece = point.when === 'request' || point.when === 'answer';
    if (isPiece && ending.code === 0) {
      rmSync(root, { recursive: true });
      return 'not-reached';
    }
    expectThat(ending.signal === 'SIGKILL', `was not killed (${ending.code}): ${ending.stderr}`);
    await withWorld(copy, root, template.scenario.offset, async (world) => {
      await expectNothingLost(world, root, template);
      await expectLockCanBeReleased(world, point);
    });
    await finishRuns(copy, root);
    rmSync(root, { recursive: true });
    return 'killed';
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : error} (kept in ${root})`, {
      cause: error,
    });
  }
}

function copyOf(tools: CrashTools, template: Template): string {
  const root = mkdtempSync(join(tools.folder, 'copy-'));
  cpSync(template.root, root, { recursive: true });
  writeConfiguration(root, template.scenario.setup);
  return root;
}

/** A scenario with the credential store of one copy of it. */
type Copy = Template & { credentials: CredentialStore };

function withKeychain(tools: CrashTools, template: Template, root: string): Copy {
  return { ...template, credentials: template.remembered ?? remembering(keychainOf(tools, root)) };
}

/**
 * The services over a copy, closed afterwards: thousands of them are opened by one test process. Unless the scenario
 * has the keychain's first use in it, the wrapping key is asked for once and remembered.
 */
async function withWorld<T>(
  copy: Copy,
  root: string,
  offset: number,
  use: (world: RotationWorld) => Promise<T>,
): Promise<T> {
  const clock: Clock = { now: () => new Date(Date.now() + offset), monotonic: () => performance.now() };
  const world = openRotationWorld({ data: foldersIn(root).data, clock, credentials: copy.credentials });
  try {
    return await use(world);
  } finally {
    await world.close();
  }
}

interface Ending {
  code: number | null;
  signal: string | null;
  stderr: string;
}

/** What the host was sent is done by the time this returns. */
async function killedProcess(
  tools: CrashTools,
  template: Template,
  root: string,
  { at, when }: KillPoint,
): Promise<Ending> {
  const { proxy } = tools;
  if (when !== 'request' && when !== 'answer') {
    const ending = await runProcess(tools, template, root, { KILL_AT: String(at), KILL_WHEN: when });
    await proxy?.quiet();
    return ending;
  }
  const running = startProcess(tools, template, root);
  proxy?.cutAt({ way: when === 'request' ? 'up' : 'down', piece: at }, () => running.child.kill('SIGKILL'));
  const ending = await running.ending;
  proxy?.cutAt(null);
  await proxy?.quiet();
  return ending;
}

function runProcess(
  tools: CrashTools,
  template: Template,
  root: string,
  environment: Record<string, string>,
): Promise<Ending> {
  return startProcess(tools, template, root, environment).ending;
}

function startProcess(
  tools: CrashTools,
  template: Template,
  root: string,
  environment: Record<string, string> = {},
): { child: ChildProcess; ending: Promise<Ending> } {
  const child = spawn(
    process.execPath,
    ['--import', preload, tools.bundle, template.scenario.name, foldersIn(root).data],
    {
      env: { ...process.env, ...environment, NODE_OPTIONS: '', KEYCHAIN_FROM: tools.bundle },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ending = new Promise<Ending>((resolve) => {
    // Not "close": a command that outlives the killed process keeps stderr open.
    child.once('exit', (code, signal) => resolve({ code, signal, stderr }));
  });
  return { child, ending };
}

/** Does what a person does after a crash, as often as it takes, and checks the end. */
async function finishRuns(copy: Copy, root: string): Promise<void> {
  const { scenario } = copy;
  let { offset } = scenario;
  const soaking = await withWorld(copy, root, offset, async (world) => {
    const left: string[] = [];
    for (const { run_id } of world.runs.openRuns()) {
      // An emergency that is resumed ends the soak of the run before it.
      let run = world.runs.get(run_id);
      if (openRunStates.includes(run.state)) run = await scenario.finish(world, run);
      if (run.state === 'soaking') left.push(run_id);
      else expectFinished(run, scenario);
    }
    return left;
  });
  for (const runId of soaking) {
    offset += soakStep;
    await withWorld(copy, root, offset, async (world) => {
      expectFinished(await world.direct.resume(runId), scenario);
    });
  }
  await withWorld(copy, root, offset, async (world) => {
    expectLogIsWhole(world, root);
    expectClean(world, root);
    await expectEnd(world, root, copy);
  });
}
