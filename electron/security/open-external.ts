import { type BrowserWindow, dialog, shell } from 'electron';

/** Longer addresses cannot be judged by a person in a dialog. */
const longestAddress = 500;

/**
 * The address as it may be handed to the system's browser, or null: https only, without a user name or password
 * inside, short enough to be read.
 */
export function externalAddress(text: string): string | null {
  if (text.length > longestAddress || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') return null;
  return url.href;
}

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
