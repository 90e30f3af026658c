import { join } from 'node:path';
import type { Services } from '#electron/services/compose.ts';
import type { Dialogs } from '#electron/window/dialogs.ts';
import type { Handlers } from '../answer.ts';
import type { SendBroadcast } from '../broadcast.ts';

type Channels = 'events.query' | 'events.verify' | 'events.export' | 'events.move' | 'events.acknowledge';

/** The event log: reading, checking, exporting, and what to do when it is damaged. */
export function eventHandlers(
  services: Services,
  dialogs: Dialogs,
  broadcast: SendBroadcast,
): Pick<Handlers, Channels> {
  const { log, history, clock } = services;
  return {
    'events.query': (query) => ({ ...history.query(query), size: log.size() }),
    'events.verify': () =>
      log.verify({
        onProgress: (share) => broadcast('events.verify-progress', { share: Math.min(1, share) }),
      }),
    'events.export': async () => {
      const parent = await dialogs.pickFolder('Choose where to put the copy');
      if (parent === null) return null;
      const name = `rekey-events-${clock.now().toISOString().slice(0, 19).replaceAll(':', '')}`;
      const { folder } = await services.exportLog(join(parent, name));
      return { folder };
    },
    'events.move': async ({ reason }) => {
      const target = await dialogs.pickFolder('Choose the folder of the new log');
      return target === null ? null : services.moveLog(target, reason);
    },
    'events.acknowledge': ({ reason }) => services.acknowledgeLog(reason),
  };
}
