import type { Services } from '#electron/services/compose.ts';
import type { Dialogs } from '#electron/window/dialogs.ts';
import type { KeychainProbe } from '#shared/model/keychain.ts';
import type { FirstHandlers, Handlers } from '../answer.ts';
import type { SendBroadcast } from '../broadcast.ts';
import { alertHandlers } from './alerts.ts';
import { appHandlers } from './app.ts';
import { environmentHandlers } from './environments.ts';
import { eventHandlers } from './events.ts';
import { metricsHandlers } from './metrics.ts';
import { reportHandlers } from './reports.ts';
import { runHandlers } from './runs.ts';
import { settingsHandlers } from './settings.ts';
import { signerHandlers } from './signer.ts';
import { taskHandlers } from './tasks.ts';
import { verificationHandlers } from './verification.ts';

/** One handler for each channel of the contract; the type says when one is missing. */
export function allHandlers(
  first: FirstHandlers,
  services: Services,
  dialogs: Dialogs,
  broadcast: SendBroadcast,
  window: {
    keepProbe: (probe: KeychainProbe) => void;
    helpFile: (topic: string) => string;
    changed: () => void;
  },
): Handlers {
  return {
    ...first,
    ...appHandlers(services, dialogs, window),
    ...settingsHandlers(services, window),
    ...environmentHandlers(services, dialogs),
    ...runHandlers(services, dialogs),
    ...eventHandlers(services, dialogs, broadcast),
    ...taskHandlers(services),
    ...alertHandlers(services),
    ...metricsHandlers(services),
    ...reportHandlers(services, dialogs, broadcast),
    ...verificationHandlers(services, dialogs, broadcast),
    ...signerHandlers(services, dialogs),
  };
}
