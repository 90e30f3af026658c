import { useCallback, useEffect, useRef, useState } from 'react';
import { call } from '#renderer/state/call.ts';
import type { ErrorReport } from '#shared/model/errors.ts';
import type { LogEvent } from '#shared/model/event.ts';
import type { FilterQuery } from './event-filters.tsx';

const pageLength = 200;

export interface EventPages {
  /** How many events the log had when the list was read; null until then. */
  size: number | null;
  /** How many rows the list has now. While a filtered list goes on, it grows. */
  rows: number;
  /** The event of a row; undefined while its page is on the way. */
  row: (index: number) => LogEvent | undefined;
  /** Tells which rows are in sight, so that their pages are read. */
  see: (first: number, last: number) => void;
  loading: boolean;
  error: ErrorReport | null;
  refresh: () => void;
}

/**
 * Events by page, newest first. Without a filter the sequence has no gaps, so row i is event size−1−i, and any page
 * can be read by itself: a jump to the end of 100,000 events reads one page. With a filter the pages follow one
 * another.
 */
export function useEventPages(query: FilterQuery): EventPages {
  const filtered = Object.keys(query).length > 0;
  const [size, setSize] = useState<number | null>(null);
  const [error, setError] = useState<ErrorReport | null>(null);
  const [, redraw] = useState(0);
  const [round, setRound] = useState(0);
  const cache = useRef({
    pages: new Map<number, readonly LogEvent[]>(),
    asked: new Set<number>(),
    next: null as number | null,
    sequence: [] as LogEvent[],
    generation: 0,
    waiting: 0,
  });

  const read = useCallback(
    async (page: number, beforeSeq: number | undefined) => {
      const now = cache.current;
      if (now.asked.has(page)) return;
      now.asked.add(page);
      now.waiting += 1;
      const { generation } = now;
      const reply = await call('events.query', {
        ...query,
        limit: pageLength,
        ...(beforeSeq === undefined ? {} : { beforeSeq }),
      });
      if (generation !== cache.current.generation) return;
      now.waiting -= 1;
      if (!reply.ok) {
        now.asked.delete(page);
        setError(reply.error);
        return;
      }
      now.pages.set(page, reply.value.events);
      if (filtered) {
        now.sequence = [...now.sequence, ...reply.value.events];
        now.next = reply.value.nextBeforeSeq;
      }
      setError(null);
      if (page === 0) setSize(reply.value.size);
      redraw((count) => count + 1);
    },
    [query, filtered],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is what refresh asks for
  useEffect(() => {
    const { generation } = cache.current;
    cache.current = {
      pages: new Map(),
      asked: new Set(),
      next: null,
      sequence: [],
      generation: generation + 1,
      waiting: 0,
    };
    setSize(null);
    void read(0, undefined);
  }, [read, round]);

  const see = useCallback(
    (first: number, last: number) => {
      const now = cache.current;
      if (size === null) return;
      if (filtered) {
        if (last >= now.sequence.length - pageLength / 2 && now.next !== null) {
          void read(now.pages.size, now.next);
        }
        return;
      }
      for (let page = Math.floor(first / pageLength); page <= Math.floor(last / pageLength); page += 1) {
        const beforeSeq = size - page * pageLength;
        if (beforeSeq > 0 && !now.asked.has(page)) void read(page, beforeSeq);
      }
    },
    [filtered, read, size],
  );

  const row = useCallback(
    (index: number) => {
      const now = cache.current;
      if (filtered) return now.sequence[index];
      return now.pages.get(Math.floor(index / pageLength))?.[index % pageLength];
    },
    [filtered],
  );

  const { sequence, next, waiting } = cache.current;
  return {
    size,
    rows: size === null ? 0 : filtered ? sequence.length + (next === null ? 0 : 1) : size,
    row,
    see,
    loading: waiting > 0,
    error,
    refresh: () => setRound((count) => count + 1),
  };
}
