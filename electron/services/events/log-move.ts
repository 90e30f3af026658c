import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { AppendLog } from '#electron/storage/append-log.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { FileEventLog, type FileEventLogOptions } from './file-event-log.ts';
import { predecessorOf } from './log-history.ts';
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
  const { size, root, state } = log.health();
  const data = { previous_folder: from, previous_size: root === null ? null : size, previous_root: root };
  const next = new FileEventLog({ ...options, folder: () => target });
  try {
    const event =
      begunBefore(next, target, from) ?? next.note('moved', { ...data, previous_state: state }, reason);
    relocate(target);
    log.refresh();
    return event;
  } finally {
    next.close();
  }
}

/** The first event of a move that was interrupted before it was made known; null for a folder without a log. */
function begunBefore(next: FileEventLog, target: string, from: string): LogEvent | null {
  if ((statSync(textPath(target), { throwIfNoEntry: false })?.size ?? 0) === 0) return null;
  const text = AppendLog.openForReading(textPath(target));
  try {
    const [first, second] = [...take(next.scan(), 2)];
    if (first && !second && text && predecessorOf(text)?.folder === from) return first;
  } finally {
    text?.close();
  }
  throw new RekeyError('file-exists', {
    message: `There is a log with events in ${target} already.`,
    remedy: 'Choose an empty folder, or one that does not exist yet.',
    details: { folder: target },
  });
}

function* take<T>(items: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const item of items) {
    if (left === 0) return;
    left -= 1;
    yield item;
  }
}
