import { dueRun, nextRun, scheduleProblem } from '#shared/logic/task-schedule.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import {
  type ScheduledTaskName,
  scheduledTaskNames,
  type TaskName,
  type TaskSchedule,
  taskNames,
} from '#shared/model/schedule.ts';
import type { TaskView } from '#shared/model/task.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import type { TaskRegistry } from './task-registry.ts';
import type { TaskRunner } from './task-runner.ts';

export interface SchedulerOptions {
  clock: Clock;
  settings: Pick<SettingsStore, 'read' | 'setSchedule'>;
  registry: TaskRegistry;
  runner: TaskRunner;
  /** Whether there is anything to look after: without an environment no task runs by itself. */
  hasEnvironments: () => boolean;
  /** Whether rotations can be executed now: a rotation check found some, and the windows of their environments are open. */
  isWindowOpen: () => boolean;
}

/** Says when tasks are to run, and runs those that are due. It keeps no time itself: whoever has a window asks it. */
export class Scheduler {
  readonly #options: SchedulerOptions;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Every task with its schedule, its next time and its last run. */
  view(): TaskView[] {
    const { clock, settings, registry } = this.#options;
    const { schedule } = settings.read();
    return taskNames.map((task) => {
      const own = isScheduled(task) ? schedule[task] : null;
      return {
        task,
        schedule: own,
        next_at: own === null ? null : (nextRun(own, clock.now())?.toISOString() ?? null),
        last: registry.last(task),
      };
    });
  }

  /** Sets when a task runs by itself. What was missed before is not caught up. Throws `invalid-input`. */
  set(task: ScheduledTaskName, wanted: Omit<TaskSchedule, 'since'>): TaskView[] {
    const problem = scheduleProblem(wanted);
    if (problem !== null) {
      throw new RekeyError('invalid-input', {
        message: problem,
        remedy: 'For example "0 2 * * *" in UTC: every day at 02:00.',
      });
    }
    const { clock, settings } = this.#options;
    settings.setSchedule(task, { ...wanted, since: timestamp(clock) });
    return this.view();
  }

  /**
   * Runs every task that is due, one after the other. Resolves to the tasks that ran. A task that fails has recorded
   * that; one that another process runs is left to it, one that is stopped to the next look. Throws only for a defect, or if the signal is aborted.
   */
  async runDue(signal?: AbortSignal): Promise<TaskName[]> {
    const ran: TaskName[] = [];
    for (const task of taskNames) {
      signal?.throwIfAborted();
      if (await this.#runIfDue(task, signal)) ran.push(task);
    }
    return ran;
  }

  async #runIfDue(task: TaskName, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      if (this.#due(task) === null) return false;
      return await this.#options.runner.runDue(task, () => this.#due(task), signal);
    } catch (error) {
      // Whatever a user can meet is in the log, or is the log's own trouble, which its health tells.
      if (!isRekeyError(error) || signal?.aborted) throw error;
      return error.code !== 'task-running' && error.code !== 'interrupted';
    }
  }

  /** Whether a task is to run now, and for which time of its schedule. */
  #due(task: TaskName): { time: Date | null } | null {
    if (!isScheduled(task)) return this.#options.isWindowOpen() ? { time: null } : null;
    const time = this.#dueTime(task);
    return time === null ? null : { time };
  }

  #dueTime(task: ScheduledTaskName): Date | null {
    const { clock, settings, registry, hasEnvironments } = this.#options;
    if (!hasEnvironments()) return null;
    const schedule = settings.read().schedule[task];
    const { logBegan, met } = registry.met(task);
    if (logBegan === null) return null;
    const since = new Date(schedule.since !== null && schedule.since > logBegan ? schedule.since : logBegan);
    return dueRun(schedule, { since, met }, clock.now());
  }
}

function isScheduled(task: TaskName): task is ScheduledTaskName {
  return (scheduledTaskNames as readonly TaskName[]).includes(task);
}
