import type { ElectronApplication } from '@playwright/test';

/**
 * What the system's own file dialogs answer from now on. They belong to the desktop, which a test has none of; the
 * path that a person would choose in them is the only thing that is not real.
 */
export async function answerSystemDialogs(app: ElectronApplication, path: string): Promise<void> {
  await app.evaluate(({ dialog }, chosen) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] });
    dialog.showSaveDialog = async () => ({ canceled: false, filePath: chosen });
  }, path);
}
