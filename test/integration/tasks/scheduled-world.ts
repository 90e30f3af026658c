import { once } from 'node:events';
import { join } from 'node:path';
import type { FileEventLog } from '#electron/services/events/file-event-log.ts';
import { SettingsStore } from '#electron/services/settings/settings-store.ts';
import { Scheduler } from '#electron/services/tasks/scheduler.ts';
import { TaskRegistry } from '#electron/services/tasks/task-registry.ts';
import { TaskRunner } from '#electron/services/tasks/task-runner.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import type { TaskName } from '#shared/model/schedule.ts';
import { openLog } from '../events/log-fixture.ts';

const sample = { keys: 0, compliant: 0, due_soon: 0, overdue: 0, environments: 0, available: 0 };

/** The real scheduler, runner, settings and log under a clock that the test sets; the tasks themselves do nothing. */
export class ScheduledWorld {
  readonly log: FileEventLog;
  readonly settings: SettingsStore;
  readonly runner: TaskRunner;
  readonly scheduler: Scheduler;
  readonly ran: Partial<Record<TaskName, number>> = {};
  environments = 1;
  windowOpen = false;
  /** What the health check fails with. */
  fail: Error | null = null;
  /** Called while the health check runs. */
  during: () => void = () => {};
  /** The health check ends only when it is stopped. */
  hang = false;
  readonly #registry: TaskRegistry;
  #now: Date;

  constructor(folder: string, now: string) {
    this.#now = new Date(now);
    // Time passes as the test says; waiting for a lock passes as it does.
    const clock = { now: () => this.#now, monotonic: () => systemClock.monotonic() };
    const identity = ownIdentity();
    this.log = openLog(join(folder, 'log'), { clock });
    this.log.append({ event_type: 'settings', action: 'operator-set' });
    this.settings = new SettingsStore({
      path: join(folder, 'settings.json'),
      clock,
      identity,
      append: (draft) => this.log.append(draft),
    });
    this.runner = new TaskRunner({
      clock,
      identity,
      log: this.log,
      folder: join(folder, 'tasks'),
      tasks: {
        'health-check': async ({ signal }) => {
          this.#count('health-check');
          this.during();
          if (this.hang) await once(signal, 'abort');
          signal.throwIfAborted();
          if (this.fail) throw this.fail;
          return { healthy: true, log: 'ok', keychain: 'durable', environments: [], problems: [], sample };
        },
        'rotation-check': async () => {
          this.#count('rotation-check');
          return { due: [], next: null, unreachable: [], automatic: [] };
        },
        'execute-rotations': async () => {
          this.#count('execute-rotations');
          return { environments: [], runs: [], left: [] };
        },
        'compliance-report': async () => {
          this.#count('compliance-report');
          return { from: '2026-11-20', to: '2026-11-26', bundle: '/nowhere', verdict: 'Nothing.' };
        },
      },
    });
    this.#registry = new TaskRegistry({ log: this.log, cacheFile: join(folder, 'cache', 'tasks.json') });
    this.scheduler = new Scheduler({
      clock,
      settings: this.settings,
      registry: this.#registry,
      runner: this.runner,
      hasEnvironments: () => this.environments > 0,
      isWindowOpen: () => this.windowOpen,
    });
  }

  set(now: string): void {
    this.#now = new Date(now);
  }

  close(): void {
    this.#registry.close();
    this.log.close();
  }

  #count(task: TaskName): void {
    this.ran[task] = (this.ran[task] ?? 0) + 1;
  }
}
