import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { RunningApp } from '../fixtures/rekey-app.ts';

/** Rekey's own page with its own bridge, in a window that is not Rekey's: only the contents are the wrong ones. */
export async function openTwin(rekey: RunningApp): Promise<Page> {
  const opened = rekey.app.waitForEvent('window');
  await rekey.app.evaluate(async ({ app, BrowserWindow }) => {
    const preload = `${app.getAppPath()}/out/preload/preload.cjs`;
    const twin = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } });
    await twin.loadURL('app://rekey/');
  });
  return opened;
}

/** An empty page whose preload hands the whole `ipcRenderer` out: whatever can be sent at all, it can send. */
export async function openIntruder(rekey: RunningApp, folder: string): Promise<Page> {
  const preload = join(folder, 'intruder.cjs');
  writeFileSync(
    preload,
    `const { ipcRenderer } = require('electron');
window.rekey = { call: (channel, input) => ipcRenderer.invoke(channel, input) };
window.send = (channel, input) => ipcRenderer.send(channel, input);
`,
  );
  const opened = rekey.app.waitForEvent('window');
  await rekey.app.evaluate(async ({ BrowserWindow }, preload) => {
    const window = new BrowserWindow({
      show: false,
      webPreferences: { preload, contextIsolation: false, sandbox: true },
    });
    await window.loadURL('about:blank');
  }, preload);
  return opened;
}

/** Shows a page in Rekey's own window; the preload gives any page there the bridge. */
export async function showInOwnWindow(rekey: RunningApp, address: string): Promise<void> {
  const own = await rekey.app.browserWindow(rekey.page);
  await own.evaluate((window, address) => window.loadURL(address), address);
  // Main is told first: Playwright's page follows, and what is evaluated in between is lost.
  await rekey.page.waitForURL((url) => url.href.startsWith(address));
  await rekey.page.waitForLoadState();
}
