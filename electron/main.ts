import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { app, type BrowserWindow, nativeTheme, session } from 'electron';
import { appCommands } from '#shared/model/app-commands.ts';
import type { Backend, BackendOptions } from './backend.ts';
import { appVersion } from './installation.ts';
import { registerHandlers } from './ipc/register.ts';
import { serveRenderer } from './security/app-protocol.ts';
import { lockDownContents, lockDownSession } from './security/session-lockdown.ts';
import { desktopNotifications } from './window/desktop-notification.ts';
import { windowDialogs } from './window/dialogs.ts';
import { bringToFront, createMainWindow, paintBackground } from './window/main-window.ts';
import { setMenu } from './window/menu.ts';
import { utilityServiceLauncher } from './window/practice-process.ts';
import { WindowState } from './window/window-state.ts';

export interface MainOptions {
  /** Absolute path; exists. */
  dataFolder: string;
  practice: boolean;
}

/**
 * The page is shown as soon as it painted anything. Until it has what it asks first, and a moment to show that, nothing
 * else keeps main busy; on whatever machine, and for how ever long a page asks nothing, that is not for ever.
 */
const settleMs = 300;
const longestWaitMs = 5_000;

const helpFiles: Readonly<Record<string, string>> = {
  'user-guide': 'user-guide.md',
  security: 'security-model.md',
  keychain: 'user-guide.md',
};

/**
 * The composition root of the window: opens it, loads the services while its page loads, wires both. Nothing else.
 * What is imported above runs before the window is there, so it is little; the rest is in backend.ts.
 */
export async function main(options: MainOptions): Promise<void> {
  let window: BrowserWindow | null = null;
  let backend: Promise<Backend> | null = null;
  const contents = () => window?.webContents ?? null;

  app.on('web-contents-created', (_event, created) => lockDownContents(created));
  app.on('second-instance', () => {
    if (window !== null) bringToFront(window);
  });
  app.on('window-all-closed', () => app.quit());
  // Logging out and shutting down: Electron would end at once, without letting the services finish.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit());
  closeBeforeQuit(async () => (await backend)?.close());
  await app.whenReady();

  lockDownSession(session.defaultSession, { allowDevTools: !app.isPackaged });
  serveRenderer(session.defaultSession, join(app.getAppPath(), 'out', 'renderer'));
  const opening = loadBackend({
    dataFolder: options.dataFolder,
    launcher: utilityServiceLauncher,
    contents,
    dialogs: windowDialogs(() => window),
    notifyDesktop: desktopNotifications(() => {
      if (window !== null) bringToFront(window);
      void opening.then(({ chosen }) => chosen('go.alerts')).catch(reportDefect);
    }),
    helpFile,
    about: {
      version: appVersion,
      runtime: isDevelopmentRuntime(process.resourcesPath) ? 'development' : 'release',
      platform: process.platform,
    },
    reportDefect,
  });
  backend = opening;
  registerHandlers(async (channel, input) => (await opening).answer(channel, input), contents);
  const dressed = opening.then(({ theme }) => {
    nativeTheme.themeSource = theme;
    if (window !== null) paintBackground(window);
  });
  window = createMainWindow({
    state: new WindowState(),
    preload: join(app.getAppPath(), 'out', 'preload', 'preload.cjs'),
    start: options.practice ? 'practice' : undefined,
    mayShow: dressed,
  });
  window.on('closed', () => {
    window = null;
  });
  setMenu(menuCommands(), (id) => void opening.then(({ chosen }) => chosen(id)).catch(reportDefect));
  window.once('show', () => void opening.then(beginOnceShown).catch(reportDefect));
  await dressed;
}

async function beginOnceShown({ firstAnswered, begin }: Backend): Promise<void> {
  await Promise.race([firstAnswered, wait(longestWaitMs)]);
  await wait(settleMs);
  await begin();
}

async function loadBackend(options: BackendOptions): Promise<Backend> {
  const { openBackend } = await import('./backend.ts');
  return openBackend(options);
}

function helpFile(topic: string): string {
  const docs = app.isPackaged ? join(process.resourcesPath, 'docs') : join(app.getAppPath(), 'docs');
  return join(docs, helpFiles[topic] ?? 'user-guide.md');
}

function reportDefect(error: unknown): void {
  process.stderr.write(`${stackWithCauses(error)}\n`);
}

/** The stack of a defect, and of what caused it. Texts only: what else an error carries may be anything. */
function stackWithCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? error.message;
  return error.cause === undefined ? stack : `${stack}\nCaused by: ${stackWithCauses(error.cause)}`;
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
function closeBeforeQuit(close: () => Promise<void>): void {
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
