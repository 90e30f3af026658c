import type { EventPage } from '#shared/model/event.ts';

export const pageLength = 200;

/** The page that a row of the unfiltered list is on, and how to ask for it. */
export interface PagePlace {
  /** Tells pages apart. */
  readonly key: string;
  readonly from: { readonly log: string; readonly beforeSeq: number };
  /** Of the row, within the page. */
  readonly offset: number;
}

/** How many rows the whole history has: in each log the numbers have no gaps. */
export function rowCount(logs: EventPage['logs']): number {
  return logs.reduce((sum, { nextSeq }) => sum + nextSeq, 0);
}

/** Where a row stands, newest first: first all of the log that is written now, then the one before it, and so on. */
export function pageOfRow(logs: EventPage['logs'], row: number): PagePlace | null {
  let local = row;
  for (const { id, nextSeq } of logs) {
    if (local < nextSeq) {
      const page = Math.floor(local / pageLength);
      return {
        key: `${id}/${page}`,
        from: { log: id, beforeSeq: nextSeq - page * pageLength },
        offset: local % pageLength,
      };
    }
    local -= nextSeq;
  }
  return null;
}
