import { join } from 'node:path';
import { makePrivateFolder } from '#electron/storage/atomic-file.ts';
import { FileLock } from '#electron/storage/lock.ts';
import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import { isSystemError, unusableError } from '#electron/storage/storage-errors.ts';
import type { Clock } from '#shared/model/clock.ts';
import { type ErrorCode, isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { TaskName } from '#shared/model/schedule.ts';
import type {
  ComplianceReportResult,
  HealthCheckResult,
  RotationCheckResult,
  TaskResults,
} from '#shared/model/task.ts';
import type { EventLog } from '../events/event-log.ts';

export interface TaskRunnerOptions {
  clock: Clock;
  identity: ProcessIdentity;
  log: Pick<EventLog, 'append'>;
  /** For the locks: `<data>/tasks`. */
  folder: string;
  tasks: { [Name in TaskName]: (signal?: AbortSignal) => Promise<TaskResults[Name]> };
}

/** What a task found, and in a sentence, whether that needs somebody. */
export interface TaskAnswer<Name extends TaskName> {
  result: TaskResults[Name];
  good: boolean;
  summary: string;
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
  run<Name extends TaskName>(task: Name, signal?: AbortSignal): Promise<TaskAnswer<Name>> {
    return this.#alone(task, () => this.#recorded(task, null, signal));
  }

  /**
   * Runs a task for a time of its schedule, in the system's name, if that is still to be met once the lock is taken:
   * another process may just have met it. Resolves to whether it ran. Throws what `run` throws.
   */
  runScheduled(task: TaskName, isDue: () => Date | null, signal?: AbortSignal): Promise<boolean> {
    return this.#alone(task, async () => {
      const time = isDue();
      if (time === null) return false;
      await this.#recorded(task, time, signal);
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
    time: Date | null,
    signal: AbortSignal | undefined,
  ): Promise<TaskAnswer<Name>> {
    const append = (action: string, data: Record<string, unknown>) =>
      this.#options.log.append({
        event_type: 'task',
        action,
        data: { task, ...data },
        ...(time === null ? {} : { by: { user_id: 'system', source: 'system' as const } }),
      });
    const { id } = append('started', { scheduled_for: time?.toISOString() ?? null });
    const closing = this.#closing.signal;
    const stopped = signal === undefined ? closing : AbortSignal.any([signal, closing]);
    const answer = await this.#attempt(task, stopped, (failure) =>
      append('failed', { task_run: id, ...failure }),
    );
    const { good, summary } = answer;
    append('succeeded', { task_run: id, good, summary });
    return answer;
  }

  async #attempt<Name extends TaskName>(
    task: Name,
    signal: AbortSignal,
    recordFailure: (failure: { code: ErrorCode; message: string }) => void,
  ): Promise<TaskAnswer<Name>> {
    try {
      const result: TaskResults[Name] = await this.#options.tasks[task](signal);
      return { result, ...verdictOn(task, result) };
    } catch (error) {
      const known = isRekeyError(error) ? error : null;
      try {
        recordFailure({
          code: signal.aborted ? 'interrupted' : (known?.code ?? 'internal'),
          message:
            known?.message ?? (signal.aborted ? 'It was stopped.' : 'Something unexpected went wrong.'),
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

function verdictOn<Name extends TaskName>(
  task: Name,
  result: TaskResults[Name],
): { good: boolean; summary: string } {
  switch (task) {
    case 'health-check':
      return healthVerdict(result as HealthCheckResult);
    case 'rotation-check':
      return rotationVerdict(result as RotationCheckResult);
    default: {
      const { from, to, verdict } = result as ComplianceReportResult;
      return { good: true, summary: `The report on ${from} to ${to} was made. ${verdict}` };
    }
  }
}

function healthVerdict({ healthy, environments, problems }: HealthCheckResult) {
  const asked = counted(environments.length, 'environment');
  return {
    good: healthy,
    summary: healthy ? `All is well: ${asked}.` : `${counted(problems.length, 'problem')}, ${asked} asked.`,
  };
}

function rotationVerdict({ due, unreachable }: RotationCheckResult) {
  const unread =
    unreachable.length === 0 ? '' : ` ${counted(unreachable.length, 'environment')} could not be read.`;
  return {
    good: due.length === 0 && unreachable.length === 0,
    summary: `${due.length === 0 ? 'No key is' : due.length === 1 ? '1 key is' : `${due.length} keys are`} due.${unread}`,
  };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
