import type { WebContents } from 'electron';
import type { Reply } from '#shared/ipc/api.ts';
import type { AppState, Channel } from '#shared/ipc/contract.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import { answer, type ReportDefect } from './ipc/answer.ts';
import { AppMirror } from './ipc/app-mirror.ts';
import { createBroadcast } from './ipc/broadcast.ts';
import { ChangeBroadcaster } from './ipc/change-broadcaster.ts';
import { allHandlers } from './ipc/handlers/all-handlers.ts';
import { composeServices, type Services } from './services/compose.ts';
import { layFoundation } from './services/foundation.ts';
import type { ServiceLauncher } from './services/practice/service-launcher.ts';
import { dataFolder } from './storage/data-folder.ts';
import type { Dialogs } from './window/dialogs.ts';

export interface BackendOptions {
  /** Absolute path; exists. */
  dataFolder: string;
  launcher: ServiceLauncher;
  /** The contents of the main window, or null while there is none. */
  contents: () => WebContents | null;
  dialogs: Dialogs;
  /** The file of a help topic. */
  helpFile: (topic: string) => string;
  about: Pick<AppState, 'version' | 'runtime' | 'platform'>;
  reportDefect: (error: unknown) => void;
}

/** What the window gets from the services. */
export interface Backend {
  /** Answers a call of the page, whose sender was checked. Never throws. */
  answer(channel: Channel, input: unknown): Promise<Reply<unknown>>;
  /** Tells the page that a command was chosen in the menu. */
  chosen(id: string): void;
  readonly theme: 'system' | 'light' | 'dark';
  /** What goes on while the window is shown, and would only hold up its first paint. */
  begin(): void;
  close(): Promise<void>;
}

/**
 * Builds the services and joins them to the page. Apart from main.ts because loading all this takes longer than
 * opening a window: main.ts opens the window first, and the page's calls wait here.
 */
export function openBackend(options: BackendOptions): Backend {
  const { contents, dialogs, helpFile, reportDefect } = options;
  const foundation = layFoundation({
    folder: dataFolder(options.dataFolder),
    environment: process.env,
  });
  const services = composeServices(foundation, {
    launcher: options.launcher,
    warn: (line) => process.stderr.write(`${line}\n`),
  });
  const broadcast = createBroadcast(contents);
  const mirror = new AppMirror(services, options.about);
  const changes = new ChangeBroadcaster(services, mirror, broadcast, reportDefect);
  const handlers = allHandlers(services, dialogs, broadcast, {
    mirror,
    helpFile,
    changed: () => changes.changed(),
  });
  const defectIn: ReportDefect = (channel, error) =>
    reportDefect(new Error(`In ${channel}`, { cause: error }));
  const closing = new AbortController();
  changes.start();
  return {
    answer: (channel, input) => answer(channel, handlers[channel], input, defectIn),
    chosen: (id) => broadcast('command.chosen', { id }),
    theme: themeOf(services),
    begin: () => {
      if (closing.signal.aborted) return;
      // The window is told when they are known.
      services.keychain
        .settle()
        .catch(reportDefect)
        .then(() => mirror.probeKeychain())
        .then(() => changes.changed(), reportDefect);
      // The practice service runs while the window is open.
      services.practice.startIfPresent().catch(reportDefect);
      checkLogDaily(services, closing.signal, reportDefect);
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
  let timer: NodeJS.Timeout;
  const wait = (milliseconds: number) => {
    timer = setTimeout(async () => {
      await dailyLogCheck.runIfDue(signal).catch((error: unknown) => {
        // The log's own trouble is told by its health.
        if (!signal.aborted && !isRekeyError(error)) reportDefect(error);
      });
      if (signal.aborted) return;
      wait(Math.min(Math.max(dailyLogCheck.dueIn(), logCheckDelayMs), longestLogCheckWaitMs));
    }, milliseconds);
  };
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  wait(logCheckDelayMs);
}

/** Settings that cannot be read are reported by the window; it opens all the same. */
function themeOf({ settings }: Services): 'system' | 'light' | 'dark' {
  try {
    return settings.read().theme;
  } catch {
    return 'system';
  }
}
