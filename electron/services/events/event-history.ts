import { dirname } from 'node:path';
import { AppendLog } from '#electron/storage/append-log.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { EventPage, EventQuery, ListedEvent } from '#shared/model/event.ts';
import { queryEvents } from './event-query.ts';
import type { FileEventLog } from './file-event-log.ts';
import { type EarlierLog, eventsOf, openEarlierLogs, readable } from './log-history.ts';
import { linesBackward, linesForward, sequenceOfLine } from './log-lines.ts';
import { sha256 } from './sha256.ts';

/** One log of the history, open for reading. */
interface Chapter extends EarlierLog {
  readonly id: string;
  /** One more than the number of its last event. */
  readonly nextSeq: number;
  readonly isCurrent: boolean;
}

/**
 * What happened, across the moves of the log: the log that is written now, and the logs that it continues, as far as
 * their folders can still be read. Sequence numbers begin at 0 in each of them, so a place in the history is a log and
 * a number. Only reading; `EventLog` is the log that is written.
 */
export class EventHistory {
  readonly #log: Pick<FileEventLog, 'snapshot'>;

  constructor(log: Pick<FileEventLog, 'snapshot'>) {
    this.#log = log;
  }

  /** One page, newest first, filtered. Throws `invalid-input` when the log that it goes on in cannot be read any more. */
  query(query: EventQuery): EventPage {
    return this.#reading((chapters, unreadable) => {
      const { log, beforeSeq, ...filter } = query;
      const from = log === undefined ? 0 : chapters.findIndex(({ id }) => id === log);
      if (from === -1) throw logIsGone();
      const logs = chapters.map(({ id, folder, nextSeq }) => ({ id, folder, nextSeq }));
      return { logs, unreadable, ...pageOf(chapters.slice(from), filter, beforeSeq) };
    });
  }

  /** All events that `wanted` wants, oldest first. */
  matching(wanted: (event: ListedEvent) => boolean): { events: ListedEvent[]; unreadable: string | null } {
    return this.#reading((chapters, unreadable) => {
      const events: ListedEvent[] = [];
      for (const chapter of chapters.toReversed()) {
        for (const event of eventsOf(chapter)) {
          const listed = { ...event, earlier_log: chapter.isCurrent ? null : chapter.folder };
          if (wanted(listed)) events.push(listed);
        }
      }
      return { events, unreadable };
    });
  }

  #reading<T>(read: (chapters: readonly Chapter[], unreadable: string | null) => T): T {
    const snapshot = this.#log.snapshot();
    const text = snapshot && AppendLog.openForReading(snapshot.path);
    if (!text) return read([], null);
    const earlier = openEarlierLogs(text);
    try {
      const current = { folder: dirname(snapshot.path), text, end: snapshot.end };
      const chapters = [chapterOf(current, true)];
      for (const log of earlier.logs) {
        const chapter = readable(() => chapterOf(log, false));
        if (chapter === null) return read(chapters, log.folder);
        chapters.push(chapter);
      }
      return read(chapters, earlier.unreadable);
    } finally {
      earlier.close();
      text.close();
    }
  }
}

/** The page that begins in the first chapter. A disk that fails on the way ends the history there. */
function pageOf(
  chapters: readonly Chapter[],
  filter: Omit<EventQuery, 'beforeSeq' | 'log'>,
  beforeSeq: number | undefined,
): Pick<EventPage, 'events' | 'next'> & { unreadable?: string } {
  const events: ListedEvent[] = [];
  for (const [index, chapter] of chapters.entries()) {
    const query = { ...filter, limit: filter.limit - events.length };
    const from = index === 0 && beforeSeq !== undefined ? { beforeSeq } : {};
    const read = () => queryEvents(chapter.text, chapter.end, { ...query, ...from });
    const page = chapter.isCurrent ? read() : readable(read);
    if (page === null) return { events, next: null, unreadable: chapter.folder };
    const earlier_log = chapter.isCurrent ? null : chapter.folder;
    events.push(...page.events.map((event) => ({ ...event, earlier_log })));
    if (events.length < filter.limit) continue;
    if (page.nextBeforeSeq !== null)
      return { events, next: { log: chapter.id, beforeSeq: page.nextBeforeSeq } };
    const before = chapters[index + 1];
    return { events, next: before ? { log: before.id, beforeSeq: before.nextSeq } : null };
  }
  return { events, next: null };
}

function chapterOf(log: EarlierLog, isCurrent: boolean): Chapter {
  return { ...log, id: logId(log), nextSeq: nextSequence(log), isCurrent };
}

function logId({ text, end }: EarlierLog): string {
  const [first] = linesForward(text, 0, end);
  return sha256(first?.bytes ?? Buffer.alloc(0))
    .toString('hex')
    .slice(0, 16);
}

function nextSequence({ text, end }: EarlierLog): number {
  for (const { bytes } of linesBackward(text, end)) {
    const sequence = sequenceOfLine(bytes);
    if (sequence !== -1) return sequence + 1;
  }
  return 0;
}

function logIsGone(): RekeyError {
  return new RekeyError('invalid-input', {
    message: 'The earlier log in which this list would go on cannot be read any more.',
    remedy: 'Make its folder readable again, or begin the list anew.',
  });
}
