import type { EventDraft, EventQuery, LogEvent, LogHealth, LogVerification } from '#shared/model/event.ts';

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

  /** RFC 6962 root over all events, hex. */
  root(): string;

  health(): LogHealth;

  /** The full check: sequence, leaves, tree, root. `onProgress` gets a share from 0 to 1. */
  verify(options?: { onProgress?: (share: number) => void; signal?: AbortSignal }): Promise<LogVerification>;

  /** Called after each append of this process, and when appends of other processes were noticed. */
  onAppend(listener: (event: LogEvent) => void): () => void;
}
