import { type BrowserWindow, dialog, shell } from 'electron';

/** What only the system's own dialogs may choose: paths. Null when the person cancelled. */
export interface Dialogs {
  pickFile(title: string, options?: { showHidden?: boolean }): Promise<string | null>;
  pickFolder(title: string): Promise<string | null>;
  pickNewFile(title: string, suggestion: string): Promise<string | null>;
  /** Shows a folder or file of Rekey's own in the system's file manager. */
  reveal(path: string): void;
  open(path: string): Promise<void>;
}

export function windowDialogs(window: () => BrowserWindow | null): Dialogs {
  /** Sheets belong to the window; without one the dialog stands alone. */
  const pick = async (options: Electron.OpenDialogOptions): Promise<string | null> => {
    const parent = window();
    const answer = parent
      ? await dialog.showOpenDialog(parent, options)
      : await dialog.showOpenDialog(options);
    return answer.canceled ? null : (answer.filePaths[0] ?? null);
  };
  return {
    pickFile: (title, options) =>
      pick({
        title,
        properties: ['openFile', ...(options?.showHidden ? (['showHiddenFiles'] as const) : [])],
      }),
    pickFolder: (title) => pick({ title, properties: ['openDirectory', 'createDirectory'] }),
    pickNewFile: async (title, suggestion) => {
      const options: Electron.SaveDialogOptions = { title, defaultPath: suggestion };
      const parent = window();
      const answer = parent
        ? await dialog.showSaveDialog(parent, options)
        : await dialog.showSaveDialog(options);
      return answer.canceled || answer.filePath === '' ? null : answer.filePath;
    },
    reveal: (path) => shell.showItemInFolder(path),
    open: async (path) => {
      await shell.openPath(path);
    },
  };
}
