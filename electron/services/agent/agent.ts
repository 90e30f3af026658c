import { setTimeout as wait } from 'node:timers/promises';
import { appVersion } from '#electron/installation.ts';
import { makePrivateFolder } from '#electron/storage/atomic-file.ts';
import { FileLock } from '#electron/storage/lock.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { isSystemError, unusableError } from '#electron/storage/storage-errors.ts';
import type { AgentLook } from '#shared/logic/agent-documents.ts';
import { isCountedAmong } from '#shared/model/environment.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import { workInBackground } from '../background-work.ts';
import type { Services } from '../compose.ts';
import type { AgentAccess } from './agent-access.ts';
import { AgentServer } from './agent-server.ts';
import { AgentView } from './agent-view.ts';
import { allowedHosts, type ListenAddress } from './listen-address.ts';

export interface AgentOptions {
  address: ListenAddress;
  access: AgentAccess;
  /** Further names under which it is asked. */
  hosts: readonly string[];
  /** Told when it serves, and what happens that is worth a line. */
  onLine: (line: string) => void;
  reportDefect: (error: unknown) => void;
  /** Ends it. */
  signal: AbortSignal;
}

/** How old what was read of environments may be, while no event names one of them. */
const statusAgeMs = 300_000;
const renewMs = 2_000;

/**
 * The schedule without a window, and what monitoring asks. Resolves when the signal ended it and what was under way has
 * finished or was parked. Throws `agent-running` where one runs on this data folder already, `usage`, `invalid-input`.
 */
export async function runAgent(services: Services, options: AgentOptions): Promise<void> {
  const { signal, onLine, reportDefect, address, access } = options;
  const lock = takeLock(services);
  try {
    const view = new AgentView({ clock: services.clock, log: services.log, look: () => lookOf(services) });
    await view.renew();
    const server = await AgentServer.listen({
      address,
      access,
      hosts: allowedHosts(address, options.hosts),
      answers: { '/health': view.health, '/metrics': view.metrics },
    });
    onLine(`Serving ${server.url}/health and /metrics`);
    const stopTelling = services.log.onAppend((event) => {
      const line = lineOf(event);
      if (line !== null) onLine(line);
    });
    // What a crash left half-way between two keychains.
    services.keychain.settle().catch((error: unknown) => {
      if (isRekeyError(error)) onLine(error.message);
      else reportDefect(error);
    });
    workInBackground(services, { signal, reportDefect, firstTaskMs: 0, statusAgeMs });
    await renewUntil(signal, view, reportDefect);
    onLine('Stopping.');
    await server.close();
    await services.tasks.close();
    stopTelling();
  } finally {
    lock.close();
  }
}

function takeLock({ folder, clock }: Services): FileLock {
  const lock = new FileLock({ path: folder.agentLock, identity: ownIdentity(), clock });
  try {
    makePrivateFolder(folder.path);
    if (lock.tryAcquire()) return lock;
  } catch (error) {
    throw isSystemError(error) ? unusableError(error, 'The lock of the agent', lock.path) : error;
  }
  const holder = lock.holder();
  lock.close();
  throw new RekeyError('agent-running', {
    message: `An agent runs on this data folder already${holder === null ? '' : `, in process ${holder.pid} on ${holder.host}`}.`,
    remedy: 'Stop it first, or give this one a data folder of its own.',
  });
}

async function renewUntil(
  signal: AbortSignal,
  view: AgentView,
  reportDefect: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    await wait(renewMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    await view.renew().catch((error: unknown) => {
      // The log's own trouble is among what is answered once it can be read.
      if (!isRekeyError(error)) reportDefect(error);
    });
  }
}

async function lookOf({
  clock,
  statuses,
  environments,
  log,
  scheduler,
  taskRegistry,
  alerts,
  automaticHalts,
  rotationTotals,
}: Services): Promise<AgentLook> {
  const isCounted = isCountedAmong(environments.list());
  const seen = await statuses.recent(statusAgeMs);
  return {
    now: clock.now(),
    checkedAt: statuses.readAt ?? clock.now(),
    version: appVersion,
    statuses: seen.filter(({ id }) => isCounted(id)),
    log: log.health(),
    tasks: scheduler.view(),
    succeededAt: (task) => taskRegistry.succeededAt(task),
    failingServices: taskRegistry.failingServices(),
    alerts: alerts.registry.open(),
    halted: automaticHalts.list(),
    totals: rotationTotals.list(),
  };
}

/** What happens by itself, for the journal of the machine. */
function lineOf({
  event_type,
  action,
  data,
  reason,
}: {
  event_type: string;
  action: string;
  data: Record<string, unknown> | null;
  reason: string | null;
}): string | null {
  if (event_type === 'task' && action === 'succeeded') return `${data?.task}: ${data?.summary}`;
  if (event_type === 'task' && action === 'failed') return `${data?.task} failed: ${data?.message}`;
  if (event_type === 'task' && action === 'automatic-halted')
    return `Automatic rotation stands still: ${reason}`;
  if (event_type === 'alert' && action === 'raised') return `Alert: ${data?.title}`;
  if (event_type === 'alert' && action === 'resolved') return `Resolved: ${data?.id}`;
  return null;
}
