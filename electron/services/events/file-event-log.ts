import { removeStaleTemporaries } from '#electron/storage/atomic-file.ts';
import { timestamp } from '#shared/model/clock.ts';
import type { EventDraft, EventQuery, LogEvent, LogHealth, LogVerification } from '#shared/model/event.ts';
import { AppendListeners } from './append-listeners.ts';
import { setAsideCheckpoints } from './checkpoint-comparison.ts';
import { ClockWatch } from './clock-watch.ts';
import { corruptionRecordPath, writeCorruptionRecord } from './corruption-record.ts';
import type { EventLog, LogTip } from './event-log.ts';
import { eventsFrom, queryEvents } from './event-query.ts';
import { own } from './event-stamp.ts';
import { LogAccess, type LogAccessOptions } from './log-access.ts';
import { corruptError, nothingToAcknowledge } from './log-errors.ts';
import { earlierEvents } from './log-history.ts';
import { hex } from './sha256.ts';

export interface FileEventLogOptions extends LogAccessOptions {
  /** Entry of the thread that checks the log: electron/workers/log-verify.ts, or what it is bundled to. */
  verifyWorker: string;
}

/**
 * The event log in a folder: `events.jsonl` (the truth), `hashes` (derived), `lock` (one appender at a time across
 * processes), `corruption.json` (only when something was found damaged).
 */
export class FileEventLog implements EventLog {
  readonly #options: FileEventLogOptions;
  readonly #clockWatch: ClockWatch;
  readonly #listeners = new AppendListeners();
  readonly #access: LogAccess;

  constructor(options: FileEventLogOptions) {
    this.#options = options;
    this.#clockWatch = new ClockWatch(options.clock);
    this.#access = new LogAccess(options, (events) => this.#listeners.tell(events));
  }

  append(draft: EventDraft): LogEvent {
    return this.#access.change((change) => {
      const { state } = change;
      if (state.corrupt) throw corruptError(state.folder, state.corruption?.problems ?? []);
      const jump = this.#clockWatch.jump(state.lastTimestamp);
      const drafts: EventDraft[] = [draft];
      if (jump !== null) drafts.unshift(own('clock-jumped', { ...jump }));
      return change.append(drafts).at(-1) as LogEvent;
    });
  }

  size(): number {
    return this.#access.view().size;
  }

  root(): string {
    return hex(this.#access.view().root());
  }

  rootAt(size: number): string | null {
    const root = this.#access.view().rootAt(size);
    return root && hex(root);
  }

  tip(): LogTip {
    const { size, nextSequence } = this.#access.view();
    return { size, nextSeq: nextSequence, generation: this.#access.generation };
  }

  query(query: EventQuery): { events: LogEvent[]; nextBeforeSeq: number | null } {
    const { text, end } = this.#access.view();
    return text === null ? { events: [], nextBeforeSeq: null } : queryEvents(text, end, query);
  }

  *scan(fromSeq = 0): Generator<LogEvent> {
    yield* eventsFrom(this.#access.view(), fromSeq);
  }

  *earlier(): Generator<LogEvent> {
    const { text } = this.#access.view();
    if (text !== null) yield* earlierEvents(text);
  }

  /** Looks whether other processes have appended; listeners hear of it. Cheap enough for a timer. */
  refresh(): void {
    this.#access.view();
  }

  health(): LogHealth {
    const folder = this.#options.folder();
    try {
      const state = this.#access.view();
      const { repaired, unwritable } = this.#access;
      const at = { folder, size: state.size, root: hex(state.root()) };
      const problems = state.corruption?.problems ?? [];
      const first = problems[0]?.message ?? null;
      if (state.corrupt) return { ...at, state: 'corrupt', message: first };
      if (unwritable !== null) return { ...at, state: 'unwritable', message: unwritable };
      if (state.corruption !== null) return { ...at, state: 'corrupt-acknowledged', message: first };
      if (repaired !== null) return { ...at, state: 'repaired', message: repaired };
      return { ...at, state: 'ok', message: null };
    } catch (error) {
      return { folder, size: 0, root: null, state: 'unwritable', message: (error as Error).message };
    }
  }

  async verify(
    options: { onProgress?: (share: number) => void; signal?: AbortSignal } = {},
  ): Promise<LogVerification> {
    // Loaded when it is asked for: most processes append or look, and end.
    const { checkLog } = await import('./log-check.ts');
    return checkLog(this.#access, this.#options.verifyWorker, options);
  }

  onAppend(listener: (event: LogEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * Takes note of a corruption, so that events can be recorded again. The damaged text stays as it is; its hashes
   * are made anew; what was found stays on record, and the log never counts as intact again.
   */
  acknowledge(reason: string): LogEvent {
    return this.#access.change((change) => {
      const { state } = change;
      const found = state.corruption;
      if (found === null || found.acknowledged !== null) throw nothingToAcknowledge();
      removeStaleTemporaries(corruptionRecordPath(state.folder));
      writeCorruptionRecord(state.folder, found);
      state.rebuildHashesUnderLock();
      const acknowledged = {
        at: timestamp(this.#options.clock),
        by: this.#options.operator().user_id,
        reason,
        leaves: state.size,
        sequenceOffset: state.nextSequence - state.size,
      };
      change.repairTail();
      setAsideCheckpoints(state, this.#options);
      const data = { problems: found.problems, size: state.size, root: hex(state.root()) };
      const [event] = change.append([{ event_type: 'log', action: 'corruption-acknowledged', reason, data }]);
      writeCorruptionRecord(state.folder, { ...found, acknowledged });
      return event as LogEvent;
    });
  }

  /** Appends an event about the log itself, such as an export. Throws as `append` does. */
  note(action: string, data: Record<string, unknown>, reason: string | null = null): LogEvent {
    return this.append({ event_type: 'log', action, reason, data });
  }

  /** The complete text and the root over it, as they are now. Null for a log without events. */
  snapshot(): { path: string; end: number; size: number; root: string } | null {
    const state = this.#access.view();
    if (state.text === null || state.size === 0) return null;
    return { path: state.text.path, end: state.end, size: state.size, root: hex(state.root()) };
  }

  /** Runs an action while no other process can append, as far as the lock can be had: an unwritable log has none. */
  holding<T>(action: () => T): T {
    return this.#access.holding(action);
  }

  /** Closes the files. The next use opens them again. */
  close(): void {
    this.#access.close();
  }
}
