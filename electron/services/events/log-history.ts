import { dirname } from 'node:path';
import { AppendLog } from '#electron/storage/append-log.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { parseEventLine } from './event-line.ts';
import { endOfCompleteLines, findSequence, linesForward } from './log-lines.ts';
import { textPath } from './log-state.ts';

/** What the first event of a log says that goes on elsewhere: `log`/`moved`. */
export interface Predecessor {
  folder: string;
  /** Events that the earlier log had, as far as it could be read; null where that is not known. */
  size: number | null;
}

/** A log that another one continues, open for reading. */
export interface EarlierLog {
  readonly folder: string;
  readonly text: AppendLog;
  /** Where the lines end that the later log continues. */
  readonly end: number;
}

/** The logs that one continues, the latest first, as far as they can be read. */
export interface EarlierLogs {
  readonly logs: readonly EarlierLog[];
  /** Folder of the log before those, when there is one that cannot be read now; null at the very beginning. */
  readonly unreadable: string | null;
  readonly close: () => void;
}

/**
 * The log that this one continues; null for a first log. A move that was interrupted and repeated has left more than
 * one first event: the last of them knows how far the earlier log went.
 */
export function predecessorOf(text: AppendLog): Predecessor | null {
  let predecessor: Predecessor | null = null;
  for (const line of linesForward(text, 0, text.size())) {
    const event = parseEventLine(line.bytes.toString('utf8'));
    const folder = event === null ? null : previousFolder(event);
    if (folder === null || (predecessor !== null && folder !== predecessor.folder)) break;
    const size = event?.data?.previous_size;
    predecessor = { folder, size: typeof size === 'number' ? size : null };
  }
  return predecessor;
}

/** The folder of the log that this event says to continue; null for any other event. */
export function previousFolder(event: LogEvent): string | null {
  if (event.event_type !== 'log' || event.action !== 'moved') return null;
  const folder = event.data?.previous_folder;
  return typeof folder === 'string' ? folder : null;
}

/** Opens the logs that this one continues, as far as their folders can still be read. The caller closes them. */
export function openEarlierLogs(text: AppendLog): EarlierLogs {
  const logs: EarlierLog[] = [];
  const folders = new Set([dirname(text.path)]);
  let unreadable: string | null = null;
  for (let later = text; ; ) {
    const predecessor = readable(() => predecessorOf(later));
    // A folder that comes again is a circle, not a history.
    if (!predecessor || predecessor.size === 0 || folders.has(predecessor.folder)) break;
    const { folder } = predecessor;
    folders.add(folder);
    const earlier = readable(() => openEarlier(predecessor));
    if (earlier === null) {
      unreadable = folder;
      break;
    }
    logs.push(earlier);
    later = earlier.text;
  }
  return { logs, unreadable, close: () => logs.forEach((log) => void log.text.close()) };
}

/**
 * The events of the logs that this one continues, oldest first, as far as their folders can still be read: whoever
 * folds the log into a state must begin there, or what was open when the log was moved would be forgotten.
 */
export function* earlierEvents(text: AppendLog): Generator<LogEvent> {
  const earlier = openEarlierLogs(text);
  try {
    for (const log of earlier.logs.toReversed()) yield* eventsOf(log);
  } finally {
    earlier.close();
  }
}

/** The events of one earlier log, oldest first, as far as its disk still gives them. */
export function* eventsOf({ text, end }: EarlierLog): Generator<LogEvent> {
  const lines = linesForward(text, 0, end);
  for (;;) {
    const next = readable(() => lines.next());
    if (next === null || next.done) return;
    const event = parseEventLine(next.value.bytes.toString('utf8'));
    if (event !== null) yield event;
  }
}

function openEarlier({ folder, size }: Predecessor): EarlierLog | null {
  const text = AppendLog.openForReading(textPath(folder));
  if (text === null) return null;
  try {
    return { folder, text, end: endOfLines(text, size) };
  } catch (error) {
    text.close();
    throw error;
  }
}

/** Where the first `size` lines end. As a rule those are all; what was appended later by mistake is not history. */
function endOfLines(text: AppendLog, size: number | null): number {
  const complete = endOfCompleteLines(text, text.size());
  if (size === null || findSequence(text, size, complete) === complete) return complete;
  let left = size;
  for (const line of linesForward(text, 0, complete)) {
    if (left === 0) return line.start;
    left -= 1;
  }
  return complete;
}

/** What `read` returns; null where the disk does not give it: gone, or no longer ours to read, is why logs are moved. */
export function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return null;
  }
}
