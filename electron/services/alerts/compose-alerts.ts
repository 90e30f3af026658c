import { join } from 'node:path';
import { makePrivateFolder } from '#electron/storage/atomic-file.ts';
import { ExclusiveSection } from '#electron/storage/exclusive-section.ts';
import { FileLock } from '#electron/storage/lock.ts';
import type { AlertsState } from '#shared/model/alerts-state.ts';
import { isCountedAmong } from '#shared/model/environment.ts';
import { takesNoEvents } from '#shared/model/event.ts';
import { taskNames } from '#shared/model/schedule.ts';
import type { Foundation } from '../foundation.ts';
import type { CredentialStore } from '../keychain/credential-store.ts';
import type { KeychainService } from '../keychain/keychain-service.ts';
import { probedState } from '../keychain/probed-state.ts';
import type { WithoutSecrets } from '../secrets/environment-redactor.ts';
import type { StatusMemory } from '../status/status-memory.ts';
import type { AutomaticHalts } from '../tasks/automatic-halts.ts';
import type { TaskRegistry } from '../tasks/task-registry.ts';
import { AlertActions } from './alert-actions.ts';
import { AlertChannels } from './alert-channels.ts';
import { AlertDelivery, type NotifyDesktop } from './alert-delivery.ts';
import { AlertRegistry } from './alert-registry.ts';
import { AlertWatch, type WatchOptions } from './alert-watch.ts';

export interface AlertServices {
  credentials: CredentialStore;
  keychain: Pick<KeychainService, 'probe'>;
  statuses: StatusMemory;
  tasks: TaskRegistry;
  automaticHalts: AutomaticHalts;
  withoutSecrets: WithoutSecrets;
  notifyDesktop: NotifyDesktop | null;
}

/** Of a look how things stand. */
export interface LookOptions extends WatchOptions {
  signal?: AbortSignal;
}

/** Alerts: what raises them, what people do with them, and where they are told. */
export function composeAlerts(
  { clock, identity, log, folder, settings, store, runs, exceptions, operator }: Foundation,
  { credentials, keychain, statuses, tasks, automaticHalts, withoutSecrets, notifyDesktop }: AlertServices,
) {
  const registry = new AlertRegistry({ log, cacheFile: join(folder.cache, 'alerts.json') });
  const channels = new AlertChannels({ clock, settings, credentials, registry });
  const watch = new AlertWatch({
    clock,
    log,
    registry,
    statuses: async (maxAgeMs) => {
      const isCounted = isCountedAmong(store.list());
      return (await statuses.recent(maxAgeMs)).filter(({ id }) => isCounted(id));
    },
    known: () => {
      const isCounted = isCountedAmong(store.list());
      const isWatched = store.list().some(({ id }) => isCounted(id));
      const watchedSince = tasks.watchedSince() ?? tasks.met('rotation-check').logBegan;
      const checked = latest(tasks.succeededAt('rotation-check'), watchedSince);
      return {
        openRuns: runs.openRuns().filter(({ environment }) => isCounted(environment.id)),
        tasks: taskNames.flatMap((task) => tasks.last(task) ?? []),
        checkedAt: isWatched && checked !== null ? new Date(checked) : null,
        failingServices: tasks.failingServices(),
        halts: automaticHalts.list(),
        exceptions: exceptions.list(),
        log: log.health(),
        failingChannels: channels
          .view()
          .flatMap(({ channel: { id, name }, failing }) =>
            failing === null ? [] : [{ id, name, message: failing.message }],
          ),
      };
    },
    probeKeychain: () => probedState(() => keychain.probe()),
    section: new ExclusiveSection(
      { path: join(folder.alerts, 'raise.lock'), identity, clock },
      'The list of alerts',
    ),
  });
  const delivery = new AlertDelivery({
    clock,
    log,
    registry,
    channels,
    lock: new FileLock({ path: join(folder.alerts, 'tell.lock'), identity, clock }),
    notifyDesktop,
  });
  const lookOnce = async (options: LookOptions): Promise<void> => {
    makePrivateFolder(folder.alerts);
    const { state, message } = log.health();
    if (takesNoEvents(state)) return delivery.tellLogTrouble(message ?? `It is ${state}.`);
    delivery.logIsWell();
    await watch.look(options);
    await delivery.deliver(options.signal);
    // A channel that was found dead is an alert of its own, which the others are told.
    await watch.look({ ...options, probe: false });
  };
  // A schedule and an event may ask at the same time: one after the other.
  let last: Promise<unknown> = Promise.resolve();
  return {
    registry,
    channels,
    actions: new AlertActions({ clock, log, registry, operator, withoutSecrets }),
    delivery,
    /** All that a window shows. */
    state: (): AlertsState => ({
      alerts: registry.all(),
      channels: channels.view(),
      halted: automaticHalts.list(),
    }),
    /** Looks how things stand, and tells the news. */
    look: (options: LookOptions): Promise<void> => {
      const next = last.then(() => lookOnce(options));
      last = next.catch(() => undefined);
      return next;
    },
    close: () => registry.close(),
  };
}

/** Of times, RFC 3339, of which either may be missing. */
function latest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}
