import { join } from 'node:path';
import { app, BrowserWindow, nativeTheme } from 'electron';
import { appOrigin } from '../security/app-protocol.ts';
import { smallestWindow, type WindowState } from './window-state.ts';

/** The page's own background in each theme, so that no white flashes up before the first paint. */
const background = { light: '#f7f7f5', dark: '#17181a' } as const;

/** A page that keeps dying is not restarted for ever. */
const mostRestarts = 5;

export interface MainWindowOptions {
  state: WindowState;
  preload: string;
  /** Query of the first page, for example "practice" to open there. Never a secret. */
  start?: string | undefined;
  /** The window stays hidden until this is fulfilled, and for good if it is not. */
  mayShow: Promise<unknown>;
}

/** Creates the one window, hidden until its first paint is ready. */
export function createMainWindow({ state, preload, start, mayShow }: MainWindowOptions): BrowserWindow {
  const window = new BrowserWindow({
    ...state.opening(),
    minWidth: smallestWindow.width,
    minHeight: smallestWindow.height,
    show: false,
    title: 'Rekey',
    icon: join(app.getAppPath(), 'resources', 'icons', '128.png'),
    backgroundColor: backgroundNow(),
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: !app.isPackaged,
    },
  });
  state.follow(window);
  window.once('ready-to-show', async () => {
    try {
      await mayShow;
    } catch {
      return;
    }
    if (window.isDestroyed()) return;
    if (state.maximized) window.maximize();
    window.show();
  });
  const address = start === undefined ? `${appOrigin}/` : `${appOrigin}/?start=${encodeURIComponent(start)}`;
  void window.loadURL(address);
  let restarts = 0;
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    // Main holds the truth: a page that died (out of memory, a defect) is opened again and mirrors it anew.
    if (reason === 'clean-exit' || window.isDestroyed() || restarts >= mostRestarts) return;
    restarts += 1;
    void window.loadURL(`${appOrigin}/`);
  });
  return window;
}

/** To be called when the theme is known: the background is what shows where the page has not painted yet. */
export function paintBackground(window: BrowserWindow): void {
  window.setBackgroundColor(backgroundNow());
}

function backgroundNow(): string {
  return nativeTheme.shouldUseDarkColors ? background.dark : background.light;
}

/** Brings the window to the front, for example when Rekey is started a second time. */
export function bringToFront(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}
