import { ipcMain, type WebContents } from 'electron';
import type { Channel } from '#shared/ipc/contract.ts';
import { isTrustedSender } from '../security/trusted-sender.ts';
import { answer, type Handler, type Handlers, type ReportDefect, untrustedSender } from './answer.ts';

/**
 * Puts the handlers behind their channels; the only user of ipcMain. Each call passes: sender check → size cap →
 * schema → handler → schema.
 * @param window - the contents of the main window, or null while there is none
 */
export function registerHandlers(
  handlers: Partial<Handlers>,
  window: () => WebContents | null,
  reportDefect: ReportDefect,
): void {
  for (const [channel, handler] of Object.entries(handlers) as [Channel, Handler<Channel>][]) {
    ipcMain.handle(channel, (event, input: unknown) =>
      isTrustedSender(event, window()) ? answer(channel, handler, input, reportDefect) : untrustedSender,
    );
  }
}
