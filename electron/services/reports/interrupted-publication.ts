import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import type { Clock } from '#shared/model/clock.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { EventDraft } from '#shared/model/event.ts';
import type {
  ReportCreatedData,
  ReportEndedData,
  ReportPublishIntendedData,
} from '#shared/model/report-event.ts';
import type { ReportRegistry } from './report-registry.ts';
import { isWorkedIn } from './working-folder.ts';

export interface InterruptedPublicationOptions {
  registry: Pick<ReportRegistry, 'publishing'>;
  append: (draft: EventDraft) => void;
  /** Where bundles lie that were put nowhere else. */
  folder: string;
  identity: ProcessIdentity;
  clock: Clock;
}

/**
 * Records how reports ended whose process ended between putting the bundle in place and saying so: a bundle that lies
 * there is known from then on, and of one that does not it is said that there is none. Left alone are those whose
 * folder cannot be seen now, or in which somebody makes a report. A log that cannot be written leaves it to the next.
 */
export function settlePublications(options: InterruptedPublicationOptions): void {
  for (const { data, by } of options.registry.publishing()) {
    const folder = data.folder ?? options.folder;
    if (!existsSync(folder) || isWorkedIn(folder, options.identity, options.clock.now())) continue;
    try {
      options.append({ event_type: 'report', by, ...endOf(data, join(folder, data.bundle)) });
    } catch (error) {
      if (!isRekeyError(error)) throw error;
    }
  }
}

function endOf(data: ReportPublishIntendedData, place: string): Pick<EventDraft, 'action' | 'data'> {
  const { folder: _where, ...created } = data;
  if (sumsOf(place) === data.sums_sha256) {
    const known: ReportCreatedData = { ...created, recovered: true };
    return { action: 'created', data: { ...known } };
  }
  const ended: ReportEndedData = {
    report_id: data.report_id,
    stage: 'publish',
    code: 'interrupted',
    message: 'Rekey ended before the bundle was in place: there is none.',
  };
  return { action: 'failed', data: { ...ended } };
}

/** SHA-256 of the bundle's list of files, hex; null where there is no bundle. */
function sumsOf(bundle: string): string | null {
  try {
    return createHash('sha256')
      .update(readFileSync(join(bundle, 'SHA256SUMS')))
      .digest('hex');
  } catch {
    return null;
  }
}
