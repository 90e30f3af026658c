import { isAbsolute } from 'node:path';
import type { Services } from '#electron/services/compose.ts';
import type { Dialogs } from '#electron/window/dialogs.ts';
import { reportOutline } from '#shared/logic/report/report-outline.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { Handlers } from '../answer.ts';
import type { SendBroadcast } from '../broadcast.ts';

type Channels =
  | 'reports.list'
  | 'reports.preview'
  | 'reports.pick-folder'
  | 'reports.create'
  | 'reports.cancel'
  | 'reports.reveal'
  | 'exceptions.list'
  | 'exceptions.add'
  | 'exceptions.end';

/** Reports and what stands in them apart: accepted risks. One report is made at a time. */
export function reportHandlers(
  { reports, exceptions, risks }: Services,
  dialogs: Dialogs,
  broadcast: SendBroadcast,
): Pick<Handlers, Channels> {
  let making: AbortController | null = null;
  return {
    'reports.list': () => reports.list(),
    'reports.preview': async (request) => reportOutline(await reports.preview(request)),
    'reports.pick-folder': async () => {
      const path = await dialogs.pickFolder('Choose where to put the report');
      return path === null ? null : { path };
    },
    'reports.create': async ({ request, zip, out }) => {
      if (out !== null && !isAbsolute(out)) {
        throw new RekeyError('invalid-input', {
          message: `${out} is not a whole path, so it is not clear which folder is meant.`,
          remedy: 'Give the folder with its whole path, or choose it.',
        });
      }
      if (making !== null) {
        throw new RekeyError('illegal-move', {
          message: 'A report is being made already.',
          remedy: 'Wait until it is there, or stop it.',
        });
      }
      const controller = new AbortController();
      making = controller;
      try {
        return await reports.create(request, {
          ...(out === null ? {} : { out }),
          zip,
          signal: controller.signal,
          onProgress: (progress) => broadcast('reports.progress', progress),
        });
      } catch (error) {
        if (controller.signal.aborted) return null;
        throw error;
      } finally {
        making = null;
      }
    },
    'reports.cancel': () => {
      making?.abort(new Error('The person stopped it.'));
      return null;
    },
    'reports.reveal': ({ reportId }) => {
      const report = reports.list().find(({ report_id }) => report_id === reportId);
      if (report === undefined || report.path === null) {
        throw new RekeyError('invalid-input', {
          message: 'The report is not in the folder in which reports are kept.',
          remedy: 'Look where it was put when it was made.',
        });
      }
      dialogs.reveal(report.path);
      return null;
    },
    'exceptions.list': () => exceptions.list(),
    'exceptions.add': async (request) => {
      await risks.add(request);
      return exceptions.list();
    },
    'exceptions.end': async ({ id, reason }) => {
      await risks.end(id, reason);
      return exceptions.list();
    },
  };
}
