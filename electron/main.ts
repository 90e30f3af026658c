import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { app, type BrowserWindow, session } from 'electron';
import { serveRenderer } from './security/app-protocol.ts';
import { lockDownContents, lockDownSession } from './security/session-lockdown.ts';
import { bringToFront, createMainWindow } from './window/main-window.ts';
import { setMenu } from './window/menu.ts';
import { WindowState } from './window/window-state.ts';

export interface MainOptions {
  /** Absolute path; exists. */
  dataFolder: string;
  practice: boolean;
}

/** The composition root of the window: builds the services, wires them, opens the window. Nothing else. */
export async function main(options: MainOptions): Promise<void> {
  let window: BrowserWindow | null = null;

  app.on('web-contents-created', (_event, contents) => lockDownContents(contents));
  app.on('second-instance', () => {
    if (window !== null) bringToFront(window);
  });
  app.on('window-all-closed', () => app.quit());
  await app.whenReady();

  lockDownSession(session.defaultSession, { allowDevTools: !app.isPackaged });
  serveRenderer(session.defaultSession, join(app.getAppPath(), 'out', 'renderer'));
  setMenu([], () => {});

  window = createMainWindow({
    state: new WindowState(),
    preload: join(app.getAppPath(), 'out', 'preload', 'preload.cjs'),
    start: options.practice ? 'practice' : undefined,
  });
  window.on('closed', () => {
    window = null;
  });
}

/** Set by the set-up in the runtime that comes from the npm registry: not for production secrets. */
export function isDevelopmentRuntime(resourcesPath: string): boolean {
  return existsSync(join(resourcesPath, 'development-runtime.json'));
}
