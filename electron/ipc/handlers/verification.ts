import type { Services } from '#electron/services/compose.ts';
import type { Dialogs } from '#electron/window/dialogs.ts';
import type { Handlers } from '../answer.ts';
import type { SendBroadcast } from '../broadcast.ts';

type Channels = 'verification.pick' | 'verification.verify';

/** Verifying reports, of this installation and of others. */
export function verificationHandlers(
  { reportVerification }: Services,
  dialogs: Dialogs,
  broadcast: SendBroadcast,
): Pick<Handlers, Channels> {
  const pick = {
    folder: () => dialogs.pickFolder('Choose the folder of the report'),
    zip: () => dialogs.pickFile('Choose the zip file of the report'),
    checkpoint: () => dialogs.pickFile('Choose the earlier checkpoint'),
    ca: () => dialogs.pickFile('Choose the certificate of the CA (PEM)'),
  };
  return {
    'verification.pick': async ({ what }) => {
      const path = await pick[what]();
      return path === null ? null : { path };
    },
    'verification.verify': ({ path, trust, checkpointPath }) =>
      reportVerification.verify({
        path,
        trust,
        checkpointPath,
        onProgress: (share) => broadcast('verification.progress', { share: Math.min(1, share) }),
      }),
  };
}
