import { ipcMain, type WebContents } from 'electron';
import type { Reply } from '#shared/ipc/api.ts';
import { channels } from '#shared/ipc/channels.ts';
import type { Channel } from '#shared/ipc/contract.ts';
import { isTrustedSender } from '../security/trusted-sender.ts';
import { untrustedSender } from './refusal.ts';

/**
 * Opens every channel of the contract; the only user of ipcMain. Each call passes: sender check → `answer` (size cap →
 * schema → handler → schema).
 * @param window - the contents of the main window, or null while there is none
 */
export function registerHandlers(
  answer: (channel: Channel, input: unknown) => Promise<Reply<unknown>>,
  window: () => WebContents | null,
): void {
  for (const channel of channels) {
    ipcMain.handle(channel, (event, input: unknown) =>
      isTrustedSender(event, window()) ? answer(channel, input) : untrustedSender,
    );
  }
}
