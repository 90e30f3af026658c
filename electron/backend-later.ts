import type { WebContents } from 'electron';
import type { Reply } from '#shared/ipc/api.ts';
import { type AppState, type Channel, contract } from '#shared/ipc/contract.ts';
import { answer, type FirstHandlers, type ReportDefect } from './ipc/answer.ts';
import type { AppMirror } from './ipc/app-mirror.ts';
import { createBroadcast } from './ipc/broadcast.ts';
import { ChangeBroadcaster } from './ipc/change-broadcaster.ts';
import { allHandlers } from './ipc/handlers/all-handlers.ts';
import type { NotifyDesktop } from './services/alerts/alert-delivery.ts';
import { workInBackground } from './services/background-work.ts';
import { composeServices } from './services/compose.ts';
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

/** Whoever opens the window for a moment is not kept waiting by what it missed. */
const firstTaskDelayMs = 120_000;
/** The window reads its environments as often itself. */
const alertStatusAgeMs = 60_000;

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
      workInBackground(services, {
        signal: closing.signal,
        reportDefect,
        firstTaskMs: firstTaskDelayMs,
        statusAgeMs: alertStatusAgeMs,
      });
    },
    close: async () => {
      closing.abort();
      changes.stop();
      await services.close();
    },
  };
}
