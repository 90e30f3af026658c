import { type BrowserWindow, dialog, shell } from 'electron';
import { externalAddress } from './external-address.ts';

/**
 * Opens an address outside of Rekey after showing it in full and asking. Resolves to whether it was opened.
 * Works offline like everything else: nothing in Rekey depends on the answer.
 */
export async function openExternal(window: BrowserWindow, text: string): Promise<boolean> {
  const address = externalAddress(text);
  if (address === null) return false;
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: 'Open this address in your browser?',
    detail: address,
    buttons: ['Cancel', 'Open'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  });
  if (response !== 1) return false;
  await shell.openExternal(address);
  return true;
}
