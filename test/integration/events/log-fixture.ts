import { join } from 'node:path';
import { FileEventLog, type FileEventLogOptions } from '#electron/services/events/file-event-log.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import type { EventDraft } from '#shared/model/event.ts';

export function logOptions(folder: string, changes: Partial<FileEventLogOptions> = {}): FileEventLogOptions {
  return {
    folder: () => folder,
    clock: systemClock,
    identity: ownIdentity(),
    osUser: 'tester',
    appVersion: '0.0.0-test',
    operator: () => ({ user_id: 'operator@example.org', source: 'declared' }),
    verifyWorker: join(import.meta.dirname, '../../../electron/workers/log-verify.ts'),
    ...changes,
  };
}

export function openLog(folder: string, changes: Partial<FileEventLogOptions> = {}): FileEventLog {
  return new FileEventLog(logOptions(folder, changes));
}

/** A harmless event that can be told from others. */
export function step(action: string, data: Record<string, unknown> | null = null): EventDraft {
  return { event_type: 'step', action, run_id: '0190a000-0000-7000-8000-000000000001', data };
}

export function filledLog(folder: string, count: number): FileEventLog {
  const log = openLog(folder);
  for (let index = 0; index < count; index += 1)
    log.append(step('done', { index, text: 'ä "quoted" \n line' }));
  return log;
}

/** The path of this module's TypeScript sibling, for child processes. */
export function sibling(name: string): string {
  return join(import.meta.dirname, name);
}
