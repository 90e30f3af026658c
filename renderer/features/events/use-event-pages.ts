import { useCallback, useEffect, useRef, useState } from 'react';
import { call } from '#renderer/state/call.ts';
import type { ErrorReport } from '#shared/model/errors.ts';
import type { EventPage, ListedEvent } from '#shared/model/event.ts';
import type { FilterQuery } from './event-filters.tsx';
import { pageLength, pageOfRow, rowCount } from './event-rows.ts';

export interface EventPages {
  /** How many events the log that is written now had when the list was read; null until then. */
  size: number | null;
  /** How many rows the list has now. While a filtered list goes on, it grows. */
  rows: number;
  /** The event of a row; undefined while its page is on the way. */
  row: (index: number) => ListedEvent | undefined;
  /** Tells which rows are in sight, so that their pages are read. */
  see: (first: number, last: number) => void;
  loading: boolean;
  error: ErrorReport | null;
  /** Folder of an earlier log that cannot be read now, so that the list ends before it. */
  unreadable: string | null;
  refresh: () => void;
}

/** What has been read for one query. */
interface Read {
  pages: Map<string, readonly ListedEvent[]>;
  asked: Set<string>;
  /** Of the first page: which logs there are, and how far each goes. */
  logs: EventPage['logs'];
  unreadable: string | null;
  /** A filtered list: where it goes on, and what it has so far. */
  next: EventPage['next'];
  sequence: ListedEvent[];
  waiting: number;
}

const nothingRead = (): Read => ({
  pages: new Map(),
  asked: new Set(),
  logs: [],
  unreadable: null,
  next: null,
  sequence: [],
  waiting: 0,
});

/**
 * Events by page, newest first, through all logs of the history. Without a filter the numbers of each log have no
 * gaps, so any page can be read by itself: a jump to the end of 100,000 events reads one page. With a filter the pages
 * follow one another. `logFolder`: where the log is written; when it moves, the list is read anew.
 */
export function useEventPages(query: FilterQuery, logFolder: string | null): EventPages {
  const filtered = Object.keys(query).length > 0;
  const [size, setSize] = useState<number | null>(null);
  const [error, setError] = useState<ErrorReport | null>(null);
  const [, redraw] = useState(0);
  const [round, setRound] = useState(0);
  const cache = useRef(nothingRead());

  const read = useCallback(
    async (key: string | null, from: EventPage['next']) => {
      const now = cache.current;
      const asked = key ?? 'first';
      if (now.asked.has(asked)) return;
      now.asked.add(asked);
      now.waiting += 1;
      const reply = await call('events.query', { ...query, limit: pageLength, ...from });
      if (now !== cache.current) return;
      now.waiting -= 1;
      if (!reply.ok) {
        now.asked.delete(asked);
        setError(reply.error);
        return;
      }
      const { events, logs, next, unreadable } = reply.value;
      if (key === null) {
        now.logs = logs;
        setSize(reply.value.size);
      }
      const place = key ?? pageOfRow(now.logs, 0)?.key;
      if (place !== undefined) {
        now.asked.add(place);
        now.pages.set(place, events);
      }
      if (filtered) {
        now.sequence = [...now.sequence, ...events];
        now.next = next;
      }
      now.unreadable = unreadable;
      setError(null);
      redraw((count) => count + 1);
    },
    [query, filtered],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round, or a moved log, is read anew
  useEffect(() => {
    cache.current = nothingRead();
    setSize(null);
    void read(null, null);
  }, [read, round, logFolder]);

  const see = useCallback(
    (first: number, last: number) => {
      const now = cache.current;
      if (size === null) return;
      if (filtered) {
        if (last >= now.sequence.length - pageLength / 2 && now.next !== null) {
          void read(`${now.next.log} below ${now.next.beforeSeq}`, now.next);
        }
        return;
      }
      for (let row = first; row <= last; ) {
        const place = pageOfRow(now.logs, row);
        if (place === null) return;
        if (!now.asked.has(place.key)) void read(place.key, place.from);
        row += Math.min(pageLength, place.from.beforeSeq) - place.offset;
      }
    },
    [filtered, read, size],
  );

  const row = useCallback(
    (index: number) => {
      const now = cache.current;
      if (filtered) return now.sequence[index];
      const place = pageOfRow(now.logs, index);
      return place === null ? undefined : now.pages.get(place.key)?.[place.offset];
    },
    [filtered],
  );

  const { logs, sequence, next, unreadable, waiting } = cache.current;
  return {
    size,
    rows: size === null ? 0 : filtered ? sequence.length + (next === null ? 0 : 1) : rowCount(logs),
    row,
    see,
    loading: waiting > 0,
    error,
    unreadable,
    refresh: () => setRound((count) => count + 1),
  };
}
