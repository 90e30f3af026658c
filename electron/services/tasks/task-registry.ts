import { emptyTaskRecord, foldTask, type TaskRecord } from '#shared/logic/task-fold.ts';
import type { MetTimes } from '#shared/logic/task-schedule.ts';
import type { TaskName } from '#shared/model/schedule.ts';
import type { AutomaticHalt, TaskRun } from '#shared/model/task.ts';
import type { EventLog } from '../events/event-log.ts';
import { Projection } from '../events/projection.ts';

/** Raised when the fold or the form of the state changes: a cache of an older one is then ignored. */
const registryVersion = 3;

/** When each task ran last, how that ended, and which times of its schedule it met, as the log tells it. */
export class TaskRegistry {
  readonly #projection: Projection<TaskRecord>;

  /** `cacheFile`: `<data>/cache/tasks.json`. */
  constructor(options: { log: EventLog; cacheFile: string }) {
    this.#projection = new Projection<TaskRecord>({
      ...options,
      version: registryVersion,
      initial: emptyTaskRecord,
      apply: (record, event) => {
        foldTask(record, event);
        return record;
      },
      parse: (json) => json as TaskRecord,
    });
  }

  /** The last run; null: it never ran. */
  last(task: TaskName): TaskRun | null {
    return this.#projection.state.last[task] ?? null;
  }

  /** The times that were met, and when the log began; null: it has no event yet. */
  met(task: TaskName): { logBegan: string | null } & Pick<MetTimes, 'met'> {
    const { logBegan, met } = this.#projection.state;
    return { logBegan, met: met[task] ?? [] };
  }

  /** Ids of environments in which something is to be rotated by itself, as the last rotation check found. */
  toExecute(): readonly string[] {
    return this.#projection.state.toExecute;
  }

  /** Why automatic rotation of an environment stands still; null: it does not. */
  halt(environmentId: string): AutomaticHalt | null {
    return this.#projection.state.halted[environmentId] ?? null;
  }

  /** Since when there has been an environment to look after; null: there is none, or the log does not tell. */
  watchedSince(): string | null {
    return this.#projection.state.watchedSince;
  }

  /** When a task last did what it is for; null: never. */
  succeededAt(task: TaskName): string | null {
    return this.#projection.state.succeededAt[task] ?? null;
  }

  /** Ids of environments whose service did not answer well at the last health check. */
  failingServices(): readonly string[] {
    return this.#projection.state.failingServices;
  }

  /** Every environment whose automatic rotation stands still. */
  halts(): AutomaticHalt[] {
    return Object.values(this.#projection.state.halted);
  }

  /** Saves the cache. For the end of the process. */
  close(): void {
    this.#projection.close();
  }
}
