import type { EventDraft, EventQuery, LogEvent, LogHealth, LogVerification } from '#shared/model/event.ts';

export interface LogTip {
  /** Number of events. */
  readonly size: number;
  /** The next event's number: `size`, unless the log goes on after an acknowledged corruption. */
  readonly nextSeq: number;
  /** Changes within this process when the log is another one than before: it was moved, or replaced. */
  readonly generation: number;
}

/**
 * The one log (docs/architecture.md): everything that happened, append-only, durable before the caller goes on.
 */
export interface EventLog {
  /**
   * Appends one event: durable (fdatasync) when it returns. Throws `log-unwritable`, `log-busy` or `log-corrupt`;
   * then the caller must not perform the effect that the event announces.
   */
  append(draft: EventDraft): LogEvent;

  /** Number of events. */
  size(): number;

  /** Newest first, filtered. Reads backwards and stops as soon as the page is full. */
  query(query: EventQuery): { events: LogEvent[]; nextBeforeSeq: number | null };

  /** All events from `seq` on, oldest first, streaming. */
  scan(fromSeq?: number): Iterable<LogEvent>;

  /** Where the log stands, with one look at its files. */
  tip(): LogTip;

  /**
   * The events of the logs that this one continues (it was moved to another folder), oldest first, as far as they can
   * be read. Whoever folds events into a state folds these first.
   */
  earlier(): Iterable<LogEvent>;

  /** RFC 6962 root over all events, hex. */
  root(): string;

  /** The root when the log held `size` events, hex; null if it never did, or if that cannot be told now. */
  rootAt(size: number): string | null;

  health(): LogHealth;

  /** The full check: sequence, leaves, tree, root. `onProgress` gets a share from 0 to 1. */
  verify(options?: { onProgress?: (share: number) => void; signal?: AbortSignal }): Promise<LogVerification>;

  /** Called after each append of this process, and when appends of other processes were noticed. */
  onAppend(listener: (event: LogEvent) => void): () => void;
}
