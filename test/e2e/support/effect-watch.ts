import type { ElectronApplication } from '@playwright/test';

interface Watched {
  watchedEffects?: string[];
}

/**
 * From now on what the app does beside the disk is written down instead of done: system dialogs (answered as if the
 * person had cancelled), files shown and opened, the clipboard. Processes of Chromium's that die are written down too.
 */
export async function watchEffects(app: ElectronApplication): Promise<void> {
  await app.evaluate(({ app: electron, clipboard, dialog, shell }) => {
    const seen: string[] = [];
    (globalThis as Watched).watchedEffects = seen;
    const stand = (module: object, name: string, answer: unknown) => {
      Object.assign(module, {
        [name]: (...args: unknown[]) => {
          seen.push(`${name} ${JSON.stringify(args.at(-1))}`);
          return answer;
        },
      });
    };
    const cancelled = Promise.resolve({ canceled: true, filePaths: [], filePath: '', response: 0 });
    for (const name of ['showOpenDialog', 'showSaveDialog', 'showMessageBox', 'showErrorBox']) {
      stand(dialog, name, cancelled);
    }
    stand(shell, 'openPath', Promise.resolve(''));
    stand(shell, 'openExternal', Promise.resolve());
    stand(shell, 'showItemInFolder', undefined);
    for (const name of ['writeText', 'write', 'writeHTML']) stand(clipboard, name, undefined);
    electron.on('render-process-gone', (_event, _contents, { reason }) => seen.push(`page gone: ${reason}`));
    electron.on('child-process-gone', (_event, { type, reason }) => seen.push(`${type} gone: ${reason}`));
  });
}

/** What was written down since `watchEffects`. */
export function effectsOf(app: ElectronApplication): Promise<string[]> {
  return app.evaluate(() => (globalThis as Watched).watchedEffects ?? ['not watched']);
}
