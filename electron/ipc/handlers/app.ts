import type { Services } from '#electron/services/compose.ts';
import type { Dialogs } from '#electron/window/dialogs.ts';
import type { Handlers } from '../answer.ts';

type Channels = 'app.open-help' | 'app.reveal-data-folder' | 'practice.start' | 'practice.reset';

/** The shell of the window, and the practice environment that it starts. */
export function appHandlers(
  services: Services,
  dialogs: Dialogs,
  window: { helpFile: (topic: string) => string },
): Pick<Handlers, Channels> {
  const { practice, folder } = services;
  return {
    'app.open-help': async ({ topic }) => {
      await dialogs.open(window.helpFile(topic));
      return null;
    },
    'app.reveal-data-folder': () => {
      dialogs.reveal(folder.path);
      return null;
    },
    'practice.start': async () => ({ environmentId: (await practice.start()).environmentId }),
    'practice.reset': async () => ({ environmentId: (await practice.reset()).environmentId }),
  };
}
