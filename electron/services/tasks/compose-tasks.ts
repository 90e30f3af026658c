import { join } from 'node:path';
import { inRotationWindow } from '#shared/logic/rotation-window.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';
import type { EnvironmentService } from '../environments/environment-service.ts';
import type { Foundation } from '../foundation.ts';
import type { KeychainService } from '../keychain/keychain-service.ts';
import type { ReportService } from '../reports/report-service.ts';
import type { DirectRotation } from '../rotation/direct-rotation.ts';
import type { WithoutSecrets } from '../secrets/environment-redactor.ts';
import type { StatusMemory } from '../status/status-memory.ts';
import { AutomaticHalts } from './automatic-halts.ts';
import { automaticWork } from './automatic-work.ts';
import { executeRotations } from './execute-rotations.ts';
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
  /** Rotations in the name of the operator, or of the system. */
  direct: (by: 'operator' | 'system') => DirectRotation;
  withoutSecrets: WithoutSecrets;
  statuses: StatusMemory;
}

/** The tasks, on the services that they ask. `close` stops what runs, and saves what is known of their runs. */
export function composeTasks(
  { clock, identity, log, folder, settings, store, status, runs, operator }: Foundation,
  { environments, keychain, reports, direct, withoutSecrets, statuses }: TaskServices,
) {
  const registry = new TaskRegistry({ log, cacheFile: join(folder.cache, 'tasks.json') });
  const automaticHalts = new AutomaticHalts({ log, registry, withoutSecrets, operator });
  const hasAutomaticWork = (environment: EnvironmentStatus) => {
    const { toContinue, toRotate } = automaticWork(
      store.find(environment.id),
      environment,
      runs,
      clock.now(),
    );
    return toContinue.length + toRotate.length > 0;
  };
  const runner = new TaskRunner({
    clock,
    identity,
    log,
    folder: folder.tasks,
    tasks: {
      'health-check': ({ signal }) =>
        checkHealth(
          {
            environments: () => store.list(),
            status: () => statuses.now(),
            open: (id) => environments.open(id),
            log: () => log.health(),
            probeKeychain: () => keychain.probe(),
          },
          signal,
        ),
      'rotation-check': async () => checkRotations(await statuses.now(), hasAutomaticWork),
      'execute-rotations': ({ signal, bySystem, maxRotations }) =>
        executeRotations(
          {
            clock,
            environments: () => store.list(),
            status: (id) => status.environment(id),
            open: (id) => environments.open(id),
            runs,
            direct: direct(bySystem ? 'system' : 'operator'),
            haltOf: (id) => automaticHalts.of(id),
            halt: (environment, why, runId) => automaticHalts.halt(environment, why, runId),
          },
          { max: maxRotations, signal },
        ),
      'compliance-report': async ({ signal }) => {
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
    isWindowOpen: () => {
      const waiting = registry.toExecute();
      if (waiting.length === 0) return false;
      return store
        .list()
        .some(
          ({ id, windows }) =>
            waiting.includes(id) && registry.halt(id) === null && inRotationWindow(windows, clock.now()),
        );
    },
  });
  return {
    registry,
    runner,
    scheduler,
    automaticHalts,
    close: async (): Promise<void> => {
      await runner.close();
      registry.close();
    },
  };
}
