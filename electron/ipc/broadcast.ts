import type { WebContents } from 'electron';
import type { z } from 'zod';
import { type Broadcast, type BroadcastPayload, broadcasts } from '#shared/ipc/contract.ts';

/** Tells the window what changed; the only user of `webContents.send`. */
export type SendBroadcast = <B extends Broadcast>(name: B, payload: BroadcastPayload<B>) => void;

/**
 * @param window - the contents of the main window, or null while there is none (then nobody listens)
 */
export function createBroadcast(window: () => WebContents | null): SendBroadcast {
  return (name, payload) => {
    const contents = window();
    if (contents === null || contents.isDestroyed()) return;
    // Parsing removes whatever the contract does not name: nothing slips out beside it.
    const schema: z.ZodType = broadcasts[name];
    contents.send(name, schema.parse(payload));
  };
}
