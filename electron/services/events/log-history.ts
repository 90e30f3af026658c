import { AppendLog } from '#electron/storage/append-log.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { parseEventLine } from './event-line.ts';
import { linesForward } from './log-lines.ts';
import { textPath } from './log-state.ts';

/** What the first event of a log says that goes on elsewhere: `log`/`moved`. */
export interface Predecessor {
  folder: string;
  /** Events that the earlier log had, as far as it could be read; null where that is not known. */
  size: number | null;
}

/** More moves than this are a circle, not a history. */
const mostPredecessors = 100;

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

/**
 * The events of the logs that this one continues, oldest first, as far as their folders can still be read: whoever
 * folds the log into a state must begin there, or what was open when the log was moved would be forgotten.
 */
export function* earlierEvents(text: AppendLog, depth = 0): Generator<LogEvent> {
  const predecessor = depth < mostPredecessors ? predecessorOf(text) : null;
  if (predecessor === null) return;
  let earlier: AppendLog | null = null;
  try {
    earlier = AppendLog.openForReading(textPath(predecessor.folder));
    if (earlier === null) return;
    yield* earlierEvents(earlier, depth + 1);
    let left = predecessor.size ?? Number.POSITIVE_INFINITY;
    for (const line of linesForward(earlier, 0, earlier.size())) {
      if (left === 0) return;
      left -= 1;
      const event = parseEventLine(line.bytes.toString('utf8'));
      if (event !== null) yield event;
    }
  } catch (error) {
    // A disk that is gone, or no longer ours to read, is why logs are moved.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  } finally {
    earlier?.close();
  }
}
