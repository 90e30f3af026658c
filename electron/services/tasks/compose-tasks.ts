import { join } from 'node:path';
import type { EnvironmentService } from '../environments/environment-service.ts';
import type { Foundation } from '../foundation.ts';
import type { KeychainService } from '../keychain/keychain-service.ts';
import type { ReportService } from '../reports/report-service.ts';
import { checkHealth } from './health-check.ts';
import { checkRotations } from './rotation-check.ts';
import { Scheduler } from './scheduler.ts';
import { TaskRegistry } from './task-registry.ts';
import { TaskRunner } from './task-runner.ts';

/** Schedules count in UTC, so the days of their reports do too. */
const reportTimeZone = 'UTC';

export interface TaskServices {
  environments: Pick<EnvironmentService, 'open'>;
  keychain: Pick<KeychainService, 'probe'>;
  reports: Pick<ReportService, 'lastSevenDays' | 'create'>;
}

/** The tasks, on the services that they ask. `close` stops what runs, and saves what is known of their runs. */
export function composeTasks(
  { clock, identity, log, folder, settings, store, status }: Foundation,
  { environments, keychain, reports }: TaskServices,
): { runner: TaskRunner; scheduler: Scheduler; close(): Promise<void> } {
  const registry = new TaskRegistry({ log, cacheFile: join(folder.cache, 'tasks.json') });
  const everyStatus = async () => (await status.report()).environments;
  const runner = new TaskRunner({
    clock,
    identity,
    log,
    folder: folder.tasks,
    tasks: {
      'health-check': (signal) =>
        checkHealth(
          {
            environments: () => store.list(),
            status: everyStatus,
            open: (id) => environments.open(id),
            log: () => log.health(),
            probeKeychain: () => keychain.probe(),
          },
          signal,
        ),
      'rotation-check': async () => checkRotations(await everyStatus()),
      'compliance-report': async (signal) => {
        const request = reports.lastSevenDays(reportTimeZone);
        const { bundle, verdict } = await reports.create(request, { signal });
        return { from: request.from, to: request.to, bundle, verdict: verdict.sentence };
      },
    },
  });
  const scheduler = new Scheduler({
    clock,
    settings,
    registry,
    runner,
    hasEnvironments: () => store.list().length > 0,
  });
  return {
    runner,
    scheduler,
    close: async () => {
      await runner.close();
      registry.close();
    },
  };
}
