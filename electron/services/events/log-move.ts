import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { RekeyError } from '#shared/model/errors.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { FileEventLog, type FileEventLogOptions } from './file-event-log.ts';
import { previousFolder } from './log-history.ts';
import { textPath } from './log-state.ts';

/**
 * Begins a new log in another folder, because the present one cannot be written, is damaged, or should lie elsewhere.
 * Its first event names the old log's folder and its last known size and root; the old one is left as it is.
 * `relocate` makes the new folder known, durably (settings.json): until then nothing has changed, and the same move
 * can be repeated.
 */
export function moveLog(
  log: FileEventLog,
  options: FileEventLogOptions,
  to: string,
  reason: string,
  relocate: (folder: string) => void,
): LogEvent {
  const target = resolve(to);
  const from = resolve(options.folder());
  if (!isAbsolute(to) || target === from) {
    throw new RekeyError('invalid-input', {
      message: `The log cannot be moved to ${to}: ${target === from ? 'it is there already' : 'give an absolute path'}.`,
      remedy: 'Choose another folder.',
    });
  }
  const next = new FileEventLog({ ...options, folder: () => target });
  try {
    return log.holding(() => {
      const { size, root, state } = log.health();
      const data = {
        previous_folder: from,
        previous_size: root === null ? null : size,
        previous_root: root,
        previous_state: state,
      };
      assertFree(next, target, from);
      const event = next.note('moved', data, reason);
      relocate(target);
      return event;
    });
  } finally {
    next.close();
  }
}

/** A folder may be moved to if it holds no events, but those of the same move, interrupted before it was made known. */
function assertFree(next: FileEventLog, target: string, from: string): void {
  if ((statSync(textPath(target), { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  for (const event of next.scan()) {
    if (previousFolder(event) === from) continue;
    throw new RekeyError('file-exists', {
      message: `There is a log with events in ${target} already.`,
      remedy: 'Choose an empty folder, or one that does not exist yet.',
      details: { folder: target },
    });
  }
}
