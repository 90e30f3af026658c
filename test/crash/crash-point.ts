import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { CredentialStore } from '#electron/services/keychain/credential-store.ts';
import { hasEnded } from '#shared/logic/rotation-moves.ts';
import type { Clock } from '#shared/model/clock.ts';
import { openRunStates } from '#shared/model/run.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import { Secret } from '#shared/model/secret.ts';
import {
  consumerEnvironmentId,
  foldersIn,
  rowsOf,
  variablesOf,
  writeConfiguration,
  writeConsumer,
} from './consumer-environment.ts';
import { openRotationWorld, type RotationWorld } from './rotation-world.ts';
import type { Scenario } from './scenarios.ts';

/** Where a process is killed: at the `at`-th durable effect. */
export interface KillPoint {
  at: number;
  when: 'before' | 'after' | 'half';
}

/** One line of a trace (kill-points.mjs). */
export interface TracedEffect {
  n: number;
  kind: string;
  path: string;
  to?: string;
  actions?: string[];
}

/** A prepared scenario: its folder is copied for every kill. */
export interface Template {
  scenario: Scenario;
  root: string;
  /** Null where the keychain's first use is part of the scenario. */
  remembered: CredentialStore | null;
  /** Values when the scenario begins, by variable. */
  before: ReadonlyMap<string, string>;
}

export interface CrashTools {
  /** The bundled scenario process. */
  bundle: string;
  /** keychain-process.ts, bundled. */
  keychainBundle: string;
  /** Under which templates and copies are made. */
  folder: string;
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
  world.log.close();
  return { scenario, root, remembered, before: variablesOf(join(foldersIn(root).environment, '.env')) };
}

/** Runs the scenario without a kill and returns its effects. */
export async function traceScenario(tools: CrashTools, template: Template): Promise<TracedEffect[]> {
  const root = copyOf(tools, template);
  const copy = withKeychain(tools, template, root);
  const traceFile = join(root, 'trace');
  const ending = await runProcess(tools, template, root, { TRACE_FILE: traceFile });
  if (ending.code !== 0) throw new Error(`The scenario failed by itself: ${ending.stderr}`);
  await finishRuns(copy, root);
  const effects = readFileSync(traceFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TracedEffect);
  rmSync(root, { recursive: true });
  return effects;
}

/** Kills the scenario at one point, and checks everything that must hold then, after resuming, and at the end. */
export async function crashAt(tools: CrashTools, template: Template, point: KillPoint): Promise<void> {
  const root = copyOf(tools, template);
  const copy = withKeychain(tools, template, root);
  const where = `${template.scenario.name}, ${point.when} effect ${point.at}`;
  try {
    const ending = await runProcess(tools, template, root, {
      KILL_AT: String(point.at),
      KILL_WHEN: point.when,
    });
    expectThat(ending.signal === 'SIGKILL', `was not killed (${ending.code}): ${ending.stderr}`);
    await withWorld(copy, root, template.scenario.offset, async (world) => {
      await expectNothingLost(world, root, template);
      await expectLockCanBeReleased(world, point);
    });
    await finishRuns(copy, root);
    rmSync(root, { recursive: true });
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
    world.log.close();
  }
}

/** The OS keychain, each call in a process of its own (keychain-process.ts). */
function keychainOf(tools: CrashTools, root: string): CredentialStore {
  const index = join(foldersIn(root).data, 'keychain-index.json');
  const call = (operation: string, name: string, input?: Secret): string => {
    const done = spawnSync(process.execPath, [tools.keychainBundle, index, operation, name], {
      encoding: 'utf8',
      input: input ? JSON.stringify(input.reveal()) : '',
    });
    if (done.status !== 0) throw new Error(`The keychain failed: ${done.stderr.slice(0, 300)}`);
    return done.stdout;
  };
  return {
    backend: 'os',
    probe: () => Promise.reject(new Error('not needed here')),
    get: async (name) => {
      const value = JSON.parse(call('get', name)) as string | null;
      return value === null ? null : new Secret(value);
    },
    put: async (name, value) => {
      call('put', name, value);
    },
    remove: async (name) => {
      call('remove', name);
    },
  };
}

/** A credential store that asks for each entry once. */
function remembering(store: CredentialStore): CredentialStore {
  const known = new Map<string, Secret>();
  return {
    backend: store.backend,
    probe: () => store.probe(),
    get: async (name) => {
      const value = known.get(name) ?? (await store.get(name));
      if (value) known.set(name, value);
      return value;
    },
    put: async (name, value) => {
      await store.put(name, value);
      known.set(name, value);
    },
    remove: async (name) => {
      await store.remove(name);
      known.delete(name);
    },
  };
}

function runProcess(
  tools: CrashTools,
  template: Template,
  root: string,
  environment: Record<string, string>,
): Promise<{ code: number | null; signal: string | null; stderr: string }> {
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
  return new Promise((resolve) => {
    // Not "close": a command that outlives the killed process keeps stderr open.
    child.once('exit', (code, signal) => resolve({ code, signal, stderr }));
  });
}

/** Whatever happened: the file parses, each key is old or new, both can be had, and `runs` tells the truth. */
async function expectNothingLost(world: RotationWorld, root: string, template: Template): Promise<void> {
  const environment = world.dependencies.environments.open(consumerEnvironmentId);
  const { values } = await environment.read({ thorough: false });
  expectThat(values.get('PORT')?.reveal() === '8080', 'an unmanaged variable was changed');
  const sealed = new Map<string, Secret>();
  for (const name of world.sealed.list()) {
    sealed.set(`${name.rotationId}/${name.role}`, await world.sealed.open(name));
  }
  for (const run of world.runs.openRuns()) {
    expectThat(openRunStates.includes(run.state), `run is ${run.state}`);
    for (const rotation of run.rotations) {
      const was = template.before.get(rotation.key);
      const now = values.get(rotation.key)?.reveal();
      const old = sealed.get(`${rotation.rotation_id}/old`);
      const next = sealed.get(`${rotation.rotation_id}/new`);
      const slots = [
        now,
        values.get(`${rotation.key}_PREVIOUS`)?.reveal(),
        values.get(`${rotation.key}_NEXT`)?.reveal(),
      ];
      const isOld = now === (old?.reveal() ?? was) || now === was;
      const isNew = next !== undefined && now === next.reveal();
      expectThat(isOld || isNew, `${rotation.key} is neither its old nor its new value`);
      if (old && next) expectThat(!old.equals(next), `${rotation.key} was sealed twice as the same value`);
      const sealedBoth = rotation.steps_done.includes('seal');
      const committed =
        hasEnded(rotation) || [...rotation.steps_done, rotation.indeterminate_step].some(isDestruction);
      if (sealedBoth && !committed) {
        expectThat(old !== undefined, `${rotation.key}: the old value is not sealed any longer`);
        expectThat(next !== undefined, `${rotation.key}: the new value is not sealed any longer`);
      }
      for (const row of rowsOf(root).filter(({ key }) => key === rotation.key)) {
        const readable = [...slots, old?.reveal(), next?.reveal()].includes(row.value);
        expectThat(readable, `a row of ${rotation.key} is under a value that nobody has`);
      }
      const activation = [rotation.indeterminate_step, ...rotation.steps_done];
      if (rotation.rollback === null) {
        if (isNew)
          expectThat(activation.includes('activate'), `${rotation.key} is new, but the run does not know`);
        if (rotation.steps_done.includes('activate'))
          expectThat(isNew, `${rotation.key} is not active as the run says`);
      } else if (rotation.steps_done.includes('roll-back')) {
        expectThat(isOld, `${rotation.key} is not rolled back as the run says`);
      }
    }
  }
  for (const run of world.runs.list().filter(({ state }) => state === 'completed')) {
    const record = world.runs.get(run.run_id);
    expectThat(record.rotations.every(hasEnded), 'a completed run has open rotations');
  }
  expectSealedIsKnown(world);
}

/** Sealed files that no event names would be nobody's. */
function expectSealedIsKnown(world: RotationWorld): void {
  const announced = new Set<string>();
  for (const { action, rotation_id } of world.log.scan()) {
    if (action === 'seal-intended') announced.add(rotation_id ?? '');
  }
  for (const { rotationId, role } of world.sealed.list()) {
    expectThat(announced.has(rotationId), `sealed file ${rotationId} (${role}) is not in the log`);
  }
}

/** A lock that a dead process left says so, and a person can take it away. Every other time the run does it itself. */
async function expectLockCanBeReleased(world: RotationWorld, { at }: KillPoint): Promise<void> {
  const environment = world.dependencies.environments.open(consumerEnvironmentId);
  const status = await environment.lockStatus();
  if (status === null) return;
  expectThat(status.owner === 'dead', `the lock of a dead process looks ${status.owner}`);
  const other = await environment.lock({ runId: 'another-run', operator: 'bob' }).then(
    () => 'taken',
    (error: { code?: string }) => error.code,
  );
  expectThat(other === 'environment-locked', 'another run took the lock over');
  if (at % 2 === 0) return;
  await environment.breakLock();
  expectThat((await environment.lockStatus()) === null, 'the lock is still there');
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

function expectFinished(run: RunRecord, scenario: Scenario): void {
  const wanted = {
    new: ['completed', 'completed-with-deviations'],
    old: ['rolled-back'],
    abandoned: ['aborted'],
  }[scenario.ends];
  const why = run.rotations.map(({ key, state, blocked_reason, failed }) =>
    [key, state, blocked_reason, failed?.message].filter(Boolean).join(' '),
  );
  expectThat(wanted.includes(run.state), `ended ${run.state} (${run.waits_for}): ${why.join('; ')}`);
}

/** Values, rows, the running consumer and the state file agree. */
async function expectEnd(world: RotationWorld, root: string, template: Template): Promise<void> {
  const { environment: folder } = foldersIn(root);
  const values = variablesOf(join(folder, '.env'));
  const environment = world.dependencies.environments.open(consumerEnvironmentId);
  const { state } = await environment.read({ thorough: false });
  const rotated = [...world.log.scan()].filter(({ action }) => action === 'rotated');
  const ids = new Set(rotated.map(({ rotation_id }) => rotation_id));
  expectThat(ids.size === rotated.length, 'a rotation is recorded as rotated twice');
  for (const key of Object.keys(template.scenario.setup.keys)) {
    const latest = world.runs.latestRotation(consumerEnvironmentId, key);
    if (!latest) {
      // Killed before anything began: nothing may have changed.
      expectThat(values.get(key) === template.before.get(key), `${key} was changed by nobody`);
      continue;
    }
    const changed = values.get(key) !== template.before.get(key);
    const wanted = { new: 'closed', old: 'rolled-back', abandoned: 'abandoned' }[template.scenario.ends];
    expectThat(latest.state === wanted, `${key} ended ${latest.state}`);
    expectThat(
      !values.has(`${key}_PREVIOUS`) && !values.has(`${key}_NEXT`),
      `${key}: a slot is still filled`,
    );
    const sealed = world.sealed.list().filter((name) => name.key === key);
    const entry = state?.keys[key];
    if (template.scenario.ends === 'abandoned') {
      expectThat(!changed && sealed.length === 0, `${key}: something is left of what was given up`);
      expectThat((entry?.pending ?? null) === null, `${key}: the state file is not settled`);
      continue;
    }
    const current = template.scenario.ends === 'new' ? latest.new_fingerprint : latest.old_fingerprint;
    expectThat(entry?.fingerprint === current, `${key}: the state file has another fingerprint`);
    expectThat(entry?.pending === null && entry.previous === null, `${key}: the state file is not settled`);
    if (template.scenario.ends === 'new' && !template.scenario.prepare)
      expectThat(changed, `${key} did not change`);
    expectThat(sealed.length === 1, `${key}: ${sealed.length} sealed files are left`);
    const [only] = sealed;
    if (only)
      expectThat(
        (await world.sealed.open(only)).reveal() === values.get(key),
        `${key}: not the current value is sealed`,
      );
  }
  for (const row of rowsOf(root)) {
    expectThat(row.value === values.get(row.key), `a row of ${row.key} is not under the current value`);
  }
  // Giving up does not restart the consumer: it has read the next value too, and never used it.
  if (template.scenario.ends === 'abandoned') return;
  const running = readFileSync(join(folder, 'running.env'), 'utf8');
  expectThat(running === readFileSync(join(folder, '.env'), 'utf8'), 'the consumer runs with another file');
}

/** The log is gapless, and its root is that of RFC 6962 over its lines, computed here the slow way. */
function expectLogIsWhole(world: RotationWorld, root: string): void {
  const file = join(foldersIn(root).data, 'log', 'events.jsonl');
  if (!existsSync(file)) return;
  const lines = readFileSync(file, 'utf8').split('\n');
  expectThat(lines.pop() === '', 'the log does not end with a whole line');
  lines.forEach((line, seq) => {
    expectThat(JSON.parse(line).seq === seq, `event ${seq} is missing`);
  });
  expectThat(merkleRoot(lines).toString('hex') === world.log.root(), 'the root of the log is wrong');
  expectThat(['ok', 'repaired'].includes(world.log.health().state), `the log is ${world.log.health().state}`);
}

function merkleRoot(lines: readonly string[]): Buffer {
  const hash = (...parts: (Buffer | string)[]) => {
    const digest = createHash('sha256');
    for (const part of parts) digest.update(part);
    return digest.digest();
  };
  if (lines.length === 0) return hash('');
  if (lines.length === 1) return hash(Buffer.from([0]), lines[0] ?? '');
  let split = 1;
  while (split * 2 < lines.length) split *= 2;
  return hash(Buffer.from([1]), merkleRoot(lines.slice(0, split)), merkleRoot(lines.slice(split)));
}

/** No temporary file, no lock, and no value anywhere but in the environment. */
function expectClean(world: RotationWorld, root: string): void {
  const { data, environment } = foldersIn(root);
  const secrets = new Set<string>();
  for (const file of ['.env', 'running.env']) {
    for (const [name, value] of variablesOf(join(environment, file))) if (name !== 'PORT') secrets.add(value);
  }
  const own = ['.env', 'running.env', 'rows'];
  for (const file of filesUnder(root)) {
    const name = relative(root, file);
    const inEnvironment = file.startsWith(environment);
    expectThat(!(inEnvironment && file.endsWith('.tmp')), `a temporary file is left: ${name}`);
    expectThat(!file.endsWith('.rekey.lock'), `a lock is left: ${name}`);
    expectThat(!(file.startsWith(join(data, 'sealed')) && file.endsWith('.tmp')), `left: ${name}`);
    if (
      inEnvironment &&
      own.some((one) => file === join(environment, one) || file.startsWith(join(environment, `${one}.`)))
    ) {
      if (!file.includes('.rekey')) continue;
    }
    const text = readFileSync(file, 'utf8');
    for (const secret of secrets) expectThat(!text.includes(secret), `a value stands in ${name}`);
  }
  expectSealedIsKnown(world);
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function isDestruction(step: string | null): boolean {
  return step === 'destroy' || step === 'back-destroy' || step === 'abandon-destroy';
}

function expectThat(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}
