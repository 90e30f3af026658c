import { mkdirSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { app, dialog, Menu } from 'electron';
import { main } from './main.ts';
import { registerAppScheme } from './security/app-protocol.ts';
import { silenceChromium } from './security/session-lockdown.ts';
import { readStartArguments } from './start-arguments.ts';
import { defaultDataFolder } from './storage/data-folder.ts';

// What must happen before Electron is ready, and nothing else. A top-level `await` of the rest here would keep
// Electron from ever getting ready.
const start = readStartArguments(process.argv, process.env);
const dataFolder = resolve(start.dataFolder ?? defaultDataFolder(process.platform, process.env, homedir()));

// Electron makes a menu of its own for every app that has none by then; ours is set once the window is there.
Menu.setApplicationMenu(null);
silenceChromium();
// Text and tables need no graphics driver: docs/decisions/0015-painted-without-the-gpu.md.
app.disableHardwareAcceleration();
registerAppScheme();
try {
  prepareDataFolder();
  // One window for each data folder: Electron keeps this lock in userData.
  if (app.requestSingleInstanceLock()) {
    main({ dataFolder, practice: start.practice }).catch(stop);
  } else {
    app.exit(0);
  }
} catch (error) {
  stop(error);
}

function prepareDataFolder(): void {
  // Chromium's profile stays in a folder of its own, apart from what Rekey keeps.
  const profile = join(dataFolder, 'window');
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  mkdirSync(profile, { recursive: true, mode: 0o700 });
  app.setPath('userData', profile);
  app.setPath('sessionData', profile);
  app.setPath('crashDumps', join(profile, 'crashes'));
  // Node keeps compiled code between starts; older runtimes cannot.
  if ('enableCompileCache' in nodeModule) nodeModule.enableCompileCache(join(profile, 'compiled'));
}

function stop(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const text = `Rekey could not start: ${message}\nNothing was changed. The data folder is ${dataFolder}; another one can be given with --data-dir.`;
  process.stderr.write(`${text}\n`);
  if (process.env.REKEY_NO_DIALOGS !== '1') dialog.showErrorBox('Rekey could not start', text);
  app.exit(5);
}
