import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { app, type BrowserWindow, nativeTheme, session } from 'electron';
import { appCommands } from '#shared/model/app-commands.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import { appVersion } from './installation.ts';
import { AppMirror } from './ipc/app-mirror.ts';
import { createBroadcast } from './ipc/broadcast.ts';
import { ChangeBroadcaster } from './ipc/change-broadcaster.ts';
import { allHandlers } from './ipc/handlers/all-handlers.ts';
import { registerHandlers } from './ipc/register.ts';
import { serveRenderer } from './security/app-protocol.ts';
import { lockDownContents, lockDownSession } from './security/session-lockdown.ts';
import { composeServices } from './services/compose.ts';
import { layFoundation } from './services/foundation.ts';
import { dataFolder } from './storage/data-folder.ts';
import { windowDialogs } from './window/dialogs.ts';
import { bringToFront, createMainWindow } from './window/main-window.ts';
import { setMenu } from './window/menu.ts';
import { utilityServiceLauncher } from './window/practice-process.ts';
import { WindowState } from './window/window-state.ts';

export interface MainOptions {
  /** Absolute path; exists. */
  dataFolder: string;
  practice: boolean;
}

const helpFiles: Readonly<Record<string, string>> = {
  'user-guide': 'user-guide.md',
  security: 'security-model.md',
  keychain: 'user-guide.md',
};

/** The composition root of the window: builds the services, wires them, opens the window. Nothing else. */
export async function main(options: MainOptions): Promise<void> {
  let window: BrowserWindow | null = null;
  const contents = () => window?.webContents ?? null;
  const reportDefect = (error: unknown) => {
    process.stderr.write(`${stackWithCauses(error)}\n`);
  };

  const foundation = layFoundation({ folder: dataFolder(options.dataFolder), environment: process.env });
  const services = composeServices(foundation, {
    launcher: utilityServiceLauncher,
    warn: (line) => process.stderr.write(`${line}\n`),
  });
  const broadcast = createBroadcast(contents);
  const mirror = new AppMirror(services, {
    version: appVersion,
    runtime: isDevelopmentRuntime(process.resourcesPath) ? 'development' : 'release',
    platform: process.platform,
  });
  const changes = new ChangeBroadcaster(services, mirror, broadcast, reportDefect);

  app.on('web-contents-created', (_event, created) => lockDownContents(created));
  app.on('second-instance', () => {
    if (window !== null) bringToFront(window);
  });
  app.on('window-all-closed', () => app.quit());
  // Logging out and shutting down: Electron would end at once, without letting the services finish.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit());
  const closing = new AbortController();
  closeBeforeQuit(async () => {
    closing.abort();
    changes.stop();
    await services.close();
  }, reportDefect);
  await app.whenReady();

  lockDownSession(session.defaultSession, { allowDevTools: !app.isPackaged });
  serveRenderer(session.defaultSession, join(app.getAppPath(), 'out', 'renderer'));
  const docs = app.isPackaged ? join(process.resourcesPath, 'docs') : join(app.getAppPath(), 'docs');
  registerHandlers(
    allHandlers(
      services,
      windowDialogs(() => window),
      broadcast,
      {
        mirror,
        helpFile: (topic) => join(docs, helpFiles[topic] ?? 'user-guide.md'),
        changed: () => changes.changed(),
      },
    ),
    contents,
    (channel, error) => reportDefect(new Error(`In ${channel}`, { cause: error })),
  );
  setMenu(menuCommands(), (id) => broadcast('command.chosen', { id }));
  nativeTheme.themeSource = themeOf(services);

  window = createMainWindow({
    state: new WindowState(),
    preload: join(app.getAppPath(), 'out', 'preload', 'preload.cjs'),
    start: options.practice ? 'practice' : undefined,
  });
  window.on('closed', () => {
    window = null;
  });
  changes.start();
  services.reports.removeStaleWork();
  // Neither holds up the first paint: the window is told when they are known.
  mirror.probeKeychain().then(() => changes.changed(), reportDefect);
  startPractice(services).catch(reportDefect);
  checkLogDaily(services, closing.signal, reportDefect);
}

/** The stack of a defect, and of what caused it. Texts only: what else an error carries may be anything. */
function stackWithCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? error.message;
  return error.cause === undefined ? stack : `${stack}\nCaused by: ${stackWithCauses(error.cause)}`;
}

/** The practice service runs while the window is open. */
async function startPractice({ practice }: ReturnType<typeof composeServices>): Promise<void> {
  if ((await practice.status()) !== null) await practice.start();
}

/** The first look waits until the start is over; then as often as the check says, at least hourly for a set clock. */
const logCheckDelayMs = 60_000;
const longestLogCheckWaitMs = 3_600_000;

function checkLogDaily(
  { dailyLogCheck }: ReturnType<typeof composeServices>,
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
function themeOf({ settings }: ReturnType<typeof composeServices>): 'system' | 'light' | 'dark' {
  try {
    return settings.read().theme;
  } catch {
    return 'system';
  }
}

function menuCommands() {
  return appCommands
    .filter((command) => command.menu !== null)
    .map(({ id, title, menu, shortcut }) => ({
      id,
      label: title,
      menu: menu as NonNullable<typeof menu>,
      ...(shortcut === null ? {} : { accelerator: shortcut.replace('Mod', 'CmdOrCtrl') }),
    }));
}

/** Nobody waits longer for a window to go away; what is durable already is. */
const longestCloseMs = 10_000;

/** Lets the services finish before the process ends, and ends it even if they fail or hang. */
function closeBeforeQuit(close: () => Promise<void>, reportDefect: (error: unknown) => void): void {
  let state: 'open' | 'closing' | 'closed' = 'open';
  app.on('will-quit', (event) => {
    if (state === 'closed') return;
    // A second wish to quit (a signal, an impatient person) does not cut the first one short.
    event.preventDefault();
    if (state === 'closing') return;
    state = 'closing';
    const tooLong = new Promise<void>((resolve) => setTimeout(resolve, longestCloseMs));
    Promise.race([close(), tooLong])
      .catch(reportDefect)
      .finally(() => {
        state = 'closed';
        // Not in this turn: Electron ignores a quit while it still handles the one that was just put off.
        setImmediate(() => app.quit());
      });
  });
}

/** Set by the set-up in the runtime that comes from the npm registry: not for production secrets. */
export function isDevelopmentRuntime(resourcesPath: string): boolean {
  return existsSync(join(resourcesPath, 'development-runtime.json'));
}
