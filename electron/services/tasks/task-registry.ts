import { foldTask, type LastTaskRuns } from '#shared/logic/task-fold.ts';
import { type TaskRun, taskNames } from '#shared/model/task.ts';
import type { EventLog } from '../events/event-log.ts';
import { Projection } from '../events/projection.ts';

/** Raised when the fold or the form of the state changes: a cache of an older one is then ignored. */
const registryVersion = 1;

/** When each task ran last and how that ended, as the log tells it. */
export class TaskRegistry {
  readonly #projection: Projection<LastTaskRuns>;

  /** `cacheFile`: `<data>/cache/tasks.json`. */
  constructor(options: { log: EventLog; cacheFile: string }) {
    this.#projection = new Projection<LastTaskRuns>({
      ...options,
      version: registryVersion,
      initial: () => ({}),
      apply: (runs, event) => {
        foldTask(runs, event);
        return runs;
      },
      parse: (json) => json as LastTaskRuns,
    });
  }

  /** The last run of each task that ever ran, in the order of `taskNames`. */
  last(): TaskRun[] {
    const runs = this.#projection.state;
    return taskNames.flatMap((name) => runs[name] ?? []);
  }

  /** Saves the cache. For the end of the process. */
  close(): void {
    this.#projection.close();
  }
}
