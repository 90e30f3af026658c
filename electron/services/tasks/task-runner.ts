import { join } from 'node:path';
import { makePrivateFolder } from '#electron/storage/atomic-file.ts';
import { FileLock } from '#electron/storage/lock.ts';
import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import { isSystemError, unusableError } from '#electron/storage/storage-errors.ts';
import type { Clock } from '#shared/model/clock.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type {
  ComplianceReportResult,
  HealthCheckResult,
  RotationCheckResult,
  TaskName,
  TaskResults,
  TaskRun,
} from '#shared/model/task.ts';
import type { EventLog } from '../events/event-log.ts';
import type { TaskRegistry } from './task-registry.ts';

export interface TaskRunnerOptions {
  clock: Clock;
  identity: ProcessIdentity;
  log: Pick<EventLog, 'append'>;
  /** For the locks: `<data>/tasks`. */
  folder: string;
  registry: TaskRegistry;
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

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
  }

  /** The last run of each task that ever ran. */
  last(): TaskRun[] {
    return this.#options.registry.last();
  }

  /**
   * Runs a task now. Throws `task-running` where it runs already, and what the task throws; a task that finds
   * something bad does not throw.
   */
  async run<Name extends TaskName>(task: Name, signal?: AbortSignal): Promise<TaskAnswer<Name>> {
    const lock = this.#lock(task);
    try {
      const { id } = this.#options.log.append({ event_type: 'task', action: 'started', data: { task } });
      const answer = await this.#attempt(task, id, signal);
      const { good, summary } = answer;
      this.#append('succeeded', { task, task_run: id, good, summary });
      return answer;
    } finally {
      lock.close();
    }
  }

  async #attempt<Name extends TaskName>(
    task: Name,
    id: string,
    signal: AbortSignal | undefined,
  ): Promise<TaskAnswer<Name>> {
    try {
      const result: TaskResults[Name] = await this.#options.tasks[task](signal);
      return { result, ...verdictOn(task, result) };
    } catch (error) {
      const known = isRekeyError(error) ? error : null;
      try {
        this.#append('failed', {
          task,
          task_run: id,
          code: known?.code ?? 'internal',
          message: known?.message ?? 'Something unexpected went wrong.',
        });
      } catch (unwritable) {
        // A log that cannot be written is perhaps why it failed: the run then has no end, and that shows it.
        if (!isRekeyError(unwritable)) throw unwritable;
      }
      throw error;
    }
  }

  #append(action: 'succeeded' | 'failed', data: Record<string, unknown>): void {
    this.#options.log.append({ event_type: 'task', action, data });
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
