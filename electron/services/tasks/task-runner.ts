import { join } from 'node:path';
import { makePrivateFolder } from '#electron/storage/atomic-file.ts';
import { FileLock } from '#electron/storage/lock.ts';
import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import { isSystemError, unusableError } from '#electron/storage/storage-errors.ts';
import type { Clock } from '#shared/model/clock.ts';
import { type ErrorCode, isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { TaskName } from '#shared/model/schedule.ts';
import {
  defaultMaxRotations,
  type ExecuteRotationsResult,
  type HealthCheckResult,
  type RotationCheckResult,
  type TaskResults,
  type TaskSucceededData,
} from '#shared/model/task.ts';
import type { EventLog } from '../events/event-log.ts';
import { theSystem } from '../events/system-log.ts';
import { type TaskVerdict, verdictOn } from './task-verdict.ts';

export interface TaskRunnerOptions {
  clock: Clock;
  identity: ProcessIdentity;
  log: Pick<EventLog, 'append'>;
  /** For the locks: `<data>/tasks`. */
  folder: string;
  tasks: { [Name in TaskName]: (call: TaskCall) => Promise<TaskResults[Name]> };
}

/** How a task is run. */
export interface TaskCall {
  signal: AbortSignal;
  /** Nobody started it: what it does, it does in the system's name. */
  bySystem: boolean;
  /** Of `execute-rotations`: how many keys at most. */
  maxRotations: number;
}

export interface RunOptions {
  signal?: AbortSignal | undefined;
  /** Of `execute-rotations`. Default: `defaultMaxRotations`. */
  maxRotations?: number | undefined;
}

/** What a task found, and in a sentence, whether that needs somebody. */
export interface TaskAnswer<Name extends TaskName> extends TaskVerdict {
  result: TaskResults[Name];
}

/**
 * Runs tasks, each once at a time on a data folder, and records that it began and how it ended. A run whose process
 * dies has no end in the log, and leaves a lock that the next one takes over.
 */
export class TaskRunner {
  readonly #options: TaskRunnerOptions;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
  }

  /**
   * Runs a task now. Throws `task-running` where it runs already, and what the task throws; a task that finds
   * something bad does not throw.
   */
  run<Name extends TaskName>(task: Name, options: RunOptions = {}): Promise<TaskAnswer<Name>> {
    return this.#alone(task, () => this.#recorded(task, { bySystem: false, time: null }, options));
  }

  /**
   * Runs a task in the system's name, if it is still due once the lock is taken: another process may just have run it.
   * `due` says for which time of its schedule (null for one that has none), or that it is not. Resolves to whether it
   * ran. Throws what `run` throws.
   */
  runDue(task: TaskName, due: () => { time: Date | null } | null, signal?: AbortSignal): Promise<boolean> {
    return this.#alone(task, async () => {
      const found = due();
      if (found === null) return false;
      await this.#recorded(task, { bySystem: true, time: found.time }, { signal });
      return true;
    });
  }

  /** Stops what runs, and resolves when that is recorded. For the end of the process. */
  async close(): Promise<void> {
    this.#closing.abort(
      new RekeyError('interrupted', {
        message: 'It was stopped, because Rekey was closed.',
        remedy: 'Run it again. What a schedule had started is made up for.',
      }),
    );
    await Promise.allSettled(this.#underWay);
  }

  /** Runs under the task's lock. */
  async #alone<T>(task: TaskName, action: () => Promise<T>): Promise<T> {
    this.#closing.signal.throwIfAborted();
    const lock = this.#lock(task);
    const underWay = action();
    this.#underWay.add(underWay);
    try {
      return await underWay;
    } finally {
      this.#underWay.delete(underWay);
      lock.close();
    }
  }

  async #recorded<Name extends TaskName>(
    task: Name,
    { bySystem, time }: { bySystem: boolean; time: Date | null },
    { signal, maxRotations = defaultMaxRotations }: RunOptions,
  ): Promise<TaskAnswer<Name>> {
    const append = (action: string, data: Record<string, unknown>) =>
      this.#options.log.append({
        event_type: 'task',
        action,
        data: { task, ...data },
        ...(bySystem ? { by: theSystem } : {}),
      });
    const { id } = append('started', { scheduled_for: time?.toISOString() ?? null });
    const closing = this.#closing.signal;
    const stopped = signal === undefined ? closing : AbortSignal.any([signal, closing]);
    const answer = await this.#attempt(task, { signal: stopped, bySystem, maxRotations }, (failure) =>
      append('failed', { task_run: id, ...failure }),
    );
    const { good, summary } = answer;
    append('succeeded', { task_run: id, good, summary, ...recordedOf(task, answer.result) });
    return answer;
  }

  async #attempt<Name extends TaskName>(
    task: Name,
    call: TaskCall,
    recordFailure: (failure: { code: ErrorCode; message: string }) => void,
  ): Promise<TaskAnswer<Name>> {
    try {
      const result: TaskResults[Name] = await this.#options.tasks[task](call);
      return { result, ...verdictOn(task, result) };
    } catch (error) {
      const known = isRekeyError(error) ? error : null;
      try {
        recordFailure({
          code: call.signal.aborted ? 'interrupted' : (known?.code ?? 'internal'),
          message:
            known?.message ?? (call.signal.aborted ? 'It was stopped.' : 'Something unexpected went wrong.'),
        });
      } catch (unwritable) {
        // A log that cannot be written is perhaps why it failed: the run then has no end, and that shows it.
        if (!isRekeyError(unwritable)) throw unwritable;
      }
      throw error;
    }
  }

  #lock(task: TaskName): FileLock {
    const { clock, identity, folder } = this.#options;
    const lock = new FileLock({ path: join(folder, `${task}.lock`), identity, clock });
    try {
      makePrivateFolder(folder);
      if (lock.tryAcquire()) return lock;
    } catch (error) {
      throw isSystemError(error) ? unusableError(error, 'The lock of the task', lock.path) : error;
    }
    const holder = lock.holder();
    lock.close();
    throw new RekeyError('task-running', {
      message: `The task ${task} is running already${holder === null ? '' : `, in process ${holder.pid} on ${holder.host}`}.`,
      remedy: 'Wait for it to end; "rekey task list" shows how it ended.',
    });
  }
}

/** What is recorded of a result beside its verdict, for what is folded from the log. */
function recordedOf<Name extends TaskName>(
  task: Name,
  result: TaskResults[Name],
): Pick<TaskSucceededData, 'environments' | 'sample'> {
  if (task === 'health-check') {
    const { environments, sample } = result as HealthCheckResult;
    const failing = environments.filter(({ service }) => service === 'failing' || service === 'silent');
    return { environments: failing.map(({ id }) => id), sample };
  }
  if (task === 'rotation-check') {
    return { environments: (result as RotationCheckResult).automatic.map(({ id }) => id) };
  }
  if (task !== 'execute-rotations') return {};
  return { environments: (result as ExecuteRotationsResult).environments.map(({ id }) => id) };
}
