import type { IpcMainInvokeEvent, WebContents } from 'electron';
import { appOrigin } from './app-protocol.ts';

/**
 * Whether a message comes from the top frame of Rekey's own window, showing Rekey's own page. A frame that is gone
 * (`senderFrame` is null) is not trusted. The frame's `origin` is asked, not its URL: `new URL(…).origin` is
 * "null" for a scheme that Node does not know.
 */
export function isTrustedSender(
  event: Pick<IpcMainInvokeEvent, 'sender' | 'senderFrame'>,
  window: WebContents | null,
): boolean {
  if (window === null || window.isDestroyed() || event.sender !== window) return false;
  const frame = event.senderFrame;
  return frame !== null && frame === window.mainFrame && frame.origin === appOrigin;
}
