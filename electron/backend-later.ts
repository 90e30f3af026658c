import type { WebContents } from 'electron';
import type { Reply } from '#shared/ipc/api.ts';
import { type AppState, type Channel, contract } from '#shared/ipc/contract.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import { answer, type FirstHandlers, type ReportDefect } from './ipc/answer.ts';
import type { AppMirror } from './ipc/app-mirror.ts';
import { createBroadcast } from './ipc/broadcast.ts';
import { ChangeBroadcaster } from './ipc/change-broadcaster.ts';
import { allHandlers } from './ipc/handlers/all-handlers.ts';
import type { NotifyDesktop } from './services/alerts/alert-delivery.ts';
import { composeServices, type Services } from './services/compose.ts';
import type { Foundation } from './services/foundation.ts';
import type { ServiceLauncher } from './services/practice/service-launcher.ts';
import type { Dialogs } from './window/dialogs.ts';

export interface LaterBackendOptions {
  foundation: Foundation;
  first: FirstHandlers;
  mirror: AppMirror;
  launcher: ServiceLauncher;
  /** The contents of the main window, or null while there is none. */
  contents: () => WebContents | null;
  dialogs: Dialogs;
  notifyDesktop: NotifyDesktop | null;
  /** The file of a help topic. */
  helpFile: (topic: string) => string;
  defectIn: ReportDefect;
  reportDefect: (error: unknown) => void;
}

/** Everything that the window can do, beyond showing how things stand. */
export interface LaterBackend {
  /** Answers a call of the page, whose sender was checked. Never throws. */
  answer(channel: Channel, input: unknown): Promise<Reply<unknown>>;
  /** Tells the page that a command was chosen in the menu. */
  chosen(id: string): void;
  practice(): Promise<AppState['practice']>;
  skippedCheckpoint(): string | null;
  /** What goes on while the window is shown, and would only hold up its first paint. */
  begin(): void;
  close(): Promise<void>;
}

/** Builds all services on the foundation and joins them to the page. */
export function openLaterBackend(options: LaterBackendOptions): LaterBackend {
  const { foundation, first, mirror, contents, dialogs, helpFile, defectIn, reportDefect } = options;
  const services = composeServices(foundation, {
    launcher: options.launcher,
    warn: (line) => process.stderr.write(`${line}\n`),
    ...(options.notifyDesktop === null ? {} : { notifyDesktop: options.notifyDesktop }),
  });
  const broadcast = createBroadcast(contents);
  const changes = new ChangeBroadcaster(services, mirror, broadcast, reportDefect);
  const handlers = allHandlers(first, services, dialogs, broadcast, {
    keepProbe: (probe) => mirror.keepProbe(probe),
    helpFile,
    changed: () => changes.changed(),
  });
  const closing = new AbortController();
  changes.start();
  return {
    answer: (channel, input) => answer(channel, contract[channel], handlers[channel], input, defectIn),
    chosen: (id) => broadcast('command.chosen', { id }),
    practice: async () => {
      const status = await services.practice.status();
      return { environmentId: status?.environmentId ?? null, running: status?.running ?? false };
    },
    skippedCheckpoint: () => services.checkpoints.skipped,
    begin: () => {
      if (closing.signal.aborted) return;
      // The window is told when they are known.
      services.keychain
        .settle()
        .catch(reportDefect)
        .then(() => services.keychain.probe())
        .then((probe) => {
          mirror.keepProbe(probe);
          changes.changed();
        }, reportDefect);
      // The practice service runs while the window is open.
      services.practice.startIfPresent().catch(reportDefect);
      checkLogDaily(services, closing.signal, reportDefect);
      runTasksOnSchedule(services, closing.signal, reportDefect);
      raiseAlerts(services, closing.signal, reportDefect);
      services.reports.removeStaleWork();
    },
    close: async () => {
      closing.abort();
      changes.stop();
      await services.close();
    },
  };
}

/** The first look waits until the start is over; then as often as the check says, at least hourly for a set clock. */
const logCheckDelayMs = 60_000;
const longestLogCheckWaitMs = 3_600_000;

function checkLogDaily(
  { dailyLogCheck }: Services,
  signal: AbortSignal,
  reportDefect: (error: unknown) => void,
): void {
  repeat({
    work: () => dailyLogCheck.runIfDue(signal),
    firstMs: logCheckDelayMs,
    nextMs: () => Math.min(Math.max(dailyLogCheck.dueIn(), logCheckDelayMs), longestLogCheckWaitMs),
    signal,
    reportDefect,
  });
}

/** Whoever opens the window for a moment is not kept waiting by what it missed. */
const firstTaskDelayMs = 120_000;
const taskLookMs = 30_000;

function runTasksOnSchedule(
  { scheduler, alerts }: Services,
  signal: AbortSignal,
  reportDefect: (error: unknown) => void,
): void {
  repeat({
    work: async () => {
      const ran = await scheduler.runDue(signal);
      // What a task found is told with its end; only the keychain would not be asked again.
      if (ran.includes('health-check'))
        await alerts.look({ maxAgeMs: alertStatusAgeMs, probe: true, signal });
    },
    firstMs: firstTaskDelayMs,
    nextMs: () => taskLookMs,
    signal,
    reportDefect,
  });
}

/** Soon after the start, so that what is wrong is told; then as often as what it tells may change by itself. */
const firstAlertDelayMs = 3_000;
const alertLookMs = 30_000;
/** The window reads its environments as often itself. */
const alertStatusAgeMs = 60_000;
/** Events come in bursts. */
const alertSettleMs = 1_000;

/** Looks again and again, and soon after something happened; never twice at a time. */
function raiseAlerts(
  { alerts, log }: Services,
  signal: AbortSignal,
  reportDefect: (error: unknown) => void,
): void {
  let looking: Promise<void> = Promise.resolve();
  const look = () => {
    looking = looking
      .then(() => alerts.look({ maxAgeMs: alertStatusAgeMs, signal }))
      .catch((error: unknown) => {
        if (!signal.aborted && !isRekeyError(error)) reportDefect(error);
      });
    return looking;
  };
  let settling: NodeJS.Timeout | null = null;
  const stopListening = log.onAppend(({ event_type }) => {
    // What it writes itself is no news to it.
    if (event_type === 'alert') return;
    settling ??= setTimeout(() => {
      settling = null;
      if (!signal.aborted) void look();
    }, alertSettleMs);
  });
  signal.addEventListener('abort', () => {
    stopListening();
    if (settling) clearTimeout(settling);
  });
  repeat({ work: look, firstMs: firstAlertDelayMs, nextMs: () => alertLookMs, signal, reportDefect });
}

interface Repeated {
  work: () => Promise<unknown>;
  firstMs: number;
  nextMs: () => number;
  signal: AbortSignal;
  reportDefect: (error: unknown) => void;
}

/** Does something again and again until the signal, never twice at a time. */
function repeat({ work, firstMs, nextMs, signal, reportDefect }: Repeated): void {
  let timer: NodeJS.Timeout;
  const wait = (milliseconds: number) => {
    timer = setTimeout(async () => {
      await work().catch((error: unknown) => {
        // What a user can meet is told where it belongs, such as by the log's health.
        if (!signal.aborted && !isRekeyError(error)) reportDefect(error);
      });
      if (!signal.aborted) wait(nextMs());
    }, milliseconds);
  };
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  wait(firstMs);
}
