import type { Environment } from '#electron/environments/environment.ts';
import { inRotationWindow } from '#shared/logic/rotation-window.ts';
import type { Clock } from '#shared/model/clock.ts';
import type { EnvironmentConfig, EnvironmentReference } from '#shared/model/environment.ts';
import { isRekeyError, type RekeyError } from '#shared/model/errors.ts';
import type { KeyName } from '#shared/model/key.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';
import type { AutomaticHalt, ExecutedRun, ExecuteRotationsResult } from '#shared/model/task.ts';
import type { DirectRotation } from '../rotation/direct-rotation.ts';
import type { RunRegistry } from '../rotation/run-registry.ts';
import { automaticWork, isAutomatic } from './automatic-work.ts';

export interface ExecuteRotationsDependencies {
  clock: Clock;
  environments: () => readonly EnvironmentConfig[];
  status: (environmentId: string) => Promise<EnvironmentStatus>;
  open: (environmentId: string) => Environment;
  runs: RunRegistry;
  /** In the name of whoever started the task. */
  direct: DirectRotation;
  haltOf: (environmentId: string) => AutomaticHalt | null;
  /** Records that nothing is rotated there by itself until a person says so. */
  halt: (environment: EnvironmentReference, why: string, runId: string | null) => void;
}

export interface ExecuteOptions {
  /** At most so many keys are begun; runs that were begun before go on all the same. */
  max: number;
  /** Stops after the effect that is being done; the next execution goes on with the run. */
  signal?: AbortSignal | undefined;
}

const reason = 'scheduled_rotation';

/** Somebody else was first, or is at it: no failure, and nothing was changed. */
const othersTurn = ['environment-locked', 'conflict', 'not-due', 'run-open', 'previous-occupied'];

/**
 * The seed's `execute_scheduled_key_rotations`: rotates what is switched on and due, as far as that may go without a
 * person, inside the windows of each environment. What fails halts its environment, and no other.
 * Throws what Rekey's own storage throws, and the signal's reason.
 */
export async function executeRotations(
  deps: ExecuteRotationsDependencies,
  { max, signal }: ExecuteOptions,
): Promise<ExecuteRotationsResult> {
  const result: ExecuteRotationsResult = { environments: [], runs: [], left: [] };
  let begun = 0;
  for (const config of deps.environments()) {
    signal?.throwIfAborted();
    if (!isAutomatic(config, deps.runs)) continue;
    const { id, name, stage } = config;
    const environment = { id, name, stage };
    const leave = (why: string, key: KeyName | null = null) => result.left.push({ environment, key, why });
    const notNow = standsStill(deps, config);
    if (notNow === null) result.environments.push(environment);
    const obstacle = notNow ?? (await lockedBy(deps, id));
    if (obstacle !== null) {
      leave(obstacle);
      continue;
    }
    const status = await deps.status(id);
    const silent = (status.hosts ?? []).filter(({ reachable }) => !reachable);
    if (!status.reachable || silent.length > 0) {
      leave(
        status.reachable
          ? `${silent.map(({ host }) => host).join(', ')} did not answer.`
          : 'It cannot be read.',
      );
      continue;
    }
    const work = automaticWork(config, status, deps.runs, deps.clock.now());
    for (const { key, why } of work.left) leave(why, key);
    const options = { automatic: true, ...(signal ? { pause: signal } : {}) };
    const actions = work.toContinue.map((run) => () => deps.direct.advance(run.run_id, options));
    for (const due of work.toRotate) {
      const keys = due.slice(0, Math.max(0, max - begun));
      for (const key of due.slice(keys.length)) {
        leave(`No more than ${max} are begun in one execution.`, key);
      }
      if (keys.length === 0) continue;
      begun += keys.length;
      const request = {
        environmentId: id,
        keys,
        mode: 'planned',
        reason,
        force: false,
        drill: false,
      } as const;
      actions.push(() => deps.direct.rotate(request, options));
    }
    for (const action of actions) {
      const done = await carryOut(deps, environment, action);
      if ('run' in done) result.runs.push(done.run);
      else leave(done.left);
      signal?.throwIfAborted();
      if ('run' in done && done.run.outcome === 'failed') break;
    }
  }
  return result;
}

/** Why nothing may be done there now, from what is known without a look at it. */
function standsStill({ clock, haltOf }: ExecuteRotationsDependencies, config: EnvironmentConfig) {
  const halt = haltOf(config.id);
  if (halt !== null) return `It stands still since ${halt.at}: ${halt.why}`;
  if (config.windows.length === 0) return 'It has no rotation window, so nothing is rotated there by itself.';
  return inRotationWindow(config.windows, clock.now()) ? null : 'It is outside its rotation windows.';
}

/** Who works there now, in words; null: nobody. A run that would begin and give up at once is not worth its events. */
async function lockedBy({ open, runs }: ExecuteRotationsDependencies, id: string): Promise<string | null> {
  const environment = open(id);
  try {
    const status = await environment.lockStatus();
    if (status === null || status.owner === 'dead' || runs.isOver(status.lock.runId)) return null;
    return `It is locked by ${status.lock.operator} on ${status.lock.host} since ${status.lock.at}.`;
  } catch (error) {
    // Whoever reads its keys next says what is wrong.
    if (isRekeyError(error)) return null;
    throw error;
  } finally {
    await environment.close();
  }
}

async function carryOut(
  deps: ExecuteRotationsDependencies,
  environment: EnvironmentReference,
  action: () => Promise<RunRecord>,
): Promise<{ run: ExecutedRun } | { left: string }> {
  let run: RunRecord;
  try {
    run = await action();
  } catch (error) {
    // What Rekey itself cannot do is the whole task's failure.
    if (!isRekeyError(error) || error.exitCode === 5) throw error;
    return failedBeforeOrIn(deps, environment, error);
  }
  const executed = executedRun(environment, run);
  if (executed.outcome === 'failed') deps.halt(environment, executed.why ?? 'It failed.', run.run_id);
  return { run: executed };
}

/** A run that could not be begun, or that stopped with an error. */
async function failedBeforeOrIn(
  deps: ExecuteRotationsDependencies,
  environment: EnvironmentReference,
  error: RekeyError,
): Promise<{ run: ExecutedRun } | { left: string }> {
  // The run that an error names may be another installation's: the one that holds the lock.
  const own = deps.runs.openRuns(environment.id).find(({ run_id }) => run_id === error.details?.run_id);
  // What was planned against a value that is gone is of no use any longer.
  const isGivenUp = error.code !== 'conflict' || !own || (await givesUp(deps, own.run_id, error.message));
  if (othersTurn.includes(error.code) && isGivenUp) return { left: error.message };
  deps.halt(environment, error.message, own?.run_id ?? null);
  if (!own) return { left: error.message };
  const { run_id, keys } = own;
  return { run: { environment, run_id, keys, outcome: 'failed', waits_for: null, why: error.message } };
}

/** False where something of the run is in place already: then a person looks. */
async function givesUp(
  { direct }: ExecuteRotationsDependencies,
  runId: string,
  why: string,
): Promise<boolean> {
  try {
    await direct.abort(runId, why);
    return true;
  } catch (error) {
    if (isRekeyError(error) && error.exitCode !== 5) return false;
    throw error;
  }
}

function executedRun(environment: EnvironmentReference, run: RunRecord): ExecutedRun {
  const { run_id, keys, state, waits_for } = run;
  const trouble = run.rotations
    .map(({ blocked_reason, failed, indeterminate_step }) => {
      if (blocked_reason !== null) return blocked_reason;
      if (failed !== null) return failed.message;
      return indeterminate_step === null ? null : 'The result of an effect is not known.';
    })
    .find((why) => why !== null);
  const made = { environment, run_id, keys, waits_for };
  if (run.ended_at !== null) {
    return state === 'completed' || state === 'completed-with-deviations'
      ? { ...made, outcome: 'completed', why: null }
      : { ...made, outcome: 'failed', why: `The run ended as ${state}.` };
  }
  if (trouble !== undefined) return { ...made, outcome: 'failed', why: trouble };
  if (state === 'soaking') return { ...made, outcome: 'soaking', why: null };
  return { ...made, outcome: 'waits', why: null };
}
