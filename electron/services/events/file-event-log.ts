import { join } from 'node:path';
import { makePrivateFolder, removeStaleTemporaries } from '#electron/storage/atomic-file.ts';
import { FileLock } from '#electron/storage/lock.ts';
import { timestamp } from '#shared/model/clock.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type {
  EventDraft,
  EventQuery,
  LogEvent,
  LogHealth,
  LogProblem,
  LogVerification,
} from '#shared/model/event.ts';
import { AppendListeners } from './append-listeners.ts';
import { ClockWatch } from './clock-watch.ts';
import { corruptionRecordPath, writeCorruptionRecord } from './corruption-record.ts';
import { eventLine, maximumLineLength, parseEventLine } from './event-line.ts';
import type { EventLog, LogTip } from './event-log.ts';
import { queryEvents } from './event-query.ts';
import { EventStamp, type EventStampOptions, own } from './event-stamp.ts';
import { appendError, corruptError, nothingToAcknowledge, readError } from './log-errors.ts';
import { earlierEvents } from './log-history.ts';
import { findSequence, linesForward } from './log-lines.ts';
import { describeProblems } from './log-problems.ts';
import { LogState } from './log-state.ts';
import { verifyInWorkers } from './log-verification.ts';
import { sha256 } from './sha256.ts';
import { StoredHashes } from './stored-hashes.ts';

export interface FileEventLogOptions extends EventStampOptions {
  /** Where the log is now. Asked at every use, since another process may have moved it. */
  folder: () => string;
  /** Entry of the thread that checks the log: electron/workers/log-verify.ts, or what it is bundled to. */
  verifyWorker: string;
  /** How long an append waits for another process. Default 10 s. */
  lockWaitMilliseconds?: number;
}

const defaultLockWaitMilliseconds = 10_000;
const settleWaitMilliseconds = 100;

/**
 * The event log in a folder: `events.jsonl` (the truth), `hashes` (derived), `lock` (one appender at a time across
 * processes), `corruption.json` (only when something was found damaged).
 *
 * The lock is held for one append only; every append and every read looks first whether others have appended.
 */
export class FileEventLog implements EventLog {
  readonly #options: FileEventLogOptions;
  readonly #stamp: EventStamp;
  readonly #clockWatch: ClockWatch;
  readonly #listeners = new AppendListeners();
  #state: LogState | null = null;
  #lock: { folder: string; file: FileLock } | null = null;
  #generation = 0;
  #repaired: string | null = null;
  #unwritable: string | null = null;
  /** What was known of the log before it had to be loaded anew. */
  #previous: LogState | null = null;
  /** The tail that could not be settled while reading. */
  #settlingGivenUp: string | null = null;

  constructor(options: FileEventLogOptions) {
    this.#options = options;
    this.#stamp = new EventStamp(options);
    this.#clockWatch = new ClockWatch(options.clock);
  }

  append(draft: EventDraft): LogEvent {
    return this.#writing((state, written) => {
      if (state.corrupt) throw corruptError(state.folder, state.corruption?.problems ?? []);
      const jump = this.#clockWatch.jump(state.lastTimestamp);
      const drafts: EventDraft[] = [draft];
      if (jump !== null) drafts.unshift(own('clock-jumped', { ...jump }));
      const appended = this.#appendUnderLock(state, drafts);
      written.push(...appended);
      return appended.at(-1) as LogEvent;
    });
  }

  size(): number {
    return this.#view().size;
  }

  root(): string {
    return hex(this.#view().root());
  }

  rootAt(size: number): string | null {
    const root = this.#view().rootAt(size);
    return root && hex(root);
  }

  tip(): LogTip {
    const { size, nextSequence } = this.#view();
    return { size, nextSeq: nextSequence, generation: this.#generation };
  }

  query(query: EventQuery): { events: LogEvent[]; nextBeforeSeq: number | null } {
    const state = this.#view();
    return state.text === null
      ? { events: [], nextBeforeSeq: null }
      : queryEvents(state.text, state.end, query);
  }

  *scan(fromSeq = 0): Generator<LogEvent> {
    yield* eventsFrom(this.#view(), fromSeq);
  }

  *earlier(): Generator<LogEvent> {
    const { text } = this.#view();
    if (text !== null) yield* earlierEvents(text);
  }

  /** Looks whether other processes have appended; listeners hear of it. Cheap enough for a timer. */
  refresh(): void {
    this.#view();
  }

  health(): LogHealth {
    const folder = this.#options.folder();
    try {
      const state = this.#view();
      const at = { folder, size: state.size, root: hex(state.root()) };
      const problems = state.corruption?.problems ?? [];
      const first = problems[0]?.message ?? null;
      if (state.corrupt) return { ...at, state: 'corrupt', message: first };
      if (this.#unwritable !== null) return { ...at, state: 'unwritable', message: this.#unwritable };
      if (state.corruption !== null) return { ...at, state: 'corrupt-acknowledged', message: first };
      if (this.#repaired !== null) return { ...at, state: 'repaired', message: this.#repaired };
      return { ...at, state: 'ok', message: null };
    } catch (error) {
      return { folder, size: 0, root: null, state: 'unwritable', message: (error as Error).message };
    }
  }

  async verify(
    options: { onProgress?: (share: number) => void; signal?: AbortSignal } = {},
  ): Promise<LogVerification> {
    const began = this.#view();
    const subject = began.subject();
    const { size } = began;
    if (subject === null) return this.#verdict(began, size, [], began.root(), null, null);
    const hashes = new StoredHashes(subject.hashes.path);
    try {
      const findings = await verifyInWorkers({ ...subject, hashes }, this.#options.verifyWorker, options);
      // The log may have been opened anew, or moved, while the threads read.
      const now = this.#view();
      const state = now.folder === began.folder ? now : began;
      const known = state.corruption?.acknowledged?.leaves ?? 0;
      const fresh = findings.problems.filter(
        (problem) => problem.code === 'event-altered' || problem.firstLeaf >= known,
      );
      if (fresh.length > 0) {
        state.foundProblems(describeProblems(fresh));
        this.#recordCorruption(state);
      } else if (findings.hashesDamaged && state === now) this.#rebuildHashes();
      return this.#verdict(
        state,
        size,
        describeProblems(findings.problems),
        findings.root,
        findings.firstSeq,
        findings.lastSeq,
      );
    } finally {
      hashes.close();
    }
  }

  onAppend(listener: (event: LogEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * Takes note of a corruption, so that events can be recorded again. The damaged text stays as it is; its hashes
   * are made anew; what was found stays on record, and the log never counts as intact again.
   */
  acknowledge(reason: string): LogEvent {
    return this.#writing((state, written) => {
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
      this.#repairTail(state, written);
      const data = { problems: found.problems, size: state.size, root: hex(state.root()) };
      const [event] = this.#appendUnderLock(state, [
        { event_type: 'log', action: 'corruption-acknowledged', reason, data },
      ]);
      writeCorruptionRecord(state.folder, { ...found, acknowledged });
      written.push(event as LogEvent);
      return event as LogEvent;
    });
  }

  /** Appends an event about the log itself, such as an export. Throws as `append` does. */
  note(action: string, data: Record<string, unknown>, reason: string | null = null): LogEvent {
    return this.append({ event_type: 'log', action, reason, data });
  }

  /** The complete text and the root over it, as they are now. Null for a log without events. */
  snapshot(): { path: string; end: number; size: number; root: string } | null {
    const state = this.#view();
    if (state.text === null || state.size === 0) return null;
    return { path: state.text.path, end: state.end, size: state.size, root: hex(state.root()) };
  }

  /** Runs an action while no other process can append, as far as the lock can be had: an unwritable log has none. */
  holding<T>(action: () => T): T {
    let lock: FileLock | null = null;
    try {
      lock = this.#lockOf(this.#options.folder());
      lock.acquire(this.#options.lockWaitMilliseconds ?? defaultLockWaitMilliseconds);
    } catch {
      lock = null;
    }
    try {
      return action();
    } finally {
      lock?.release();
    }
  }

  /** Closes the files. The next use opens them again. */
  close(): void {
    this.#drop();
    this.#lock?.file.close();
    this.#lock = null;
  }

  /** What is known of the log now: loaded if it was not, others' appends noticed, a crash's traces repaired. */
  #view(): LogState {
    const folder = this.#options.folder();
    const noticed: LogEvent[] = [];
    try {
      const state = this.#caughtUp(folder, noticed);
      const unsettled = state.corrupt ? !state.corruptionRecorded : state.torn || state.hashesBehind;
      return unsettled ? this.#tryToSettle(state, noticed) : state;
    } catch (error) {
      throw readError(error, folder);
    } finally {
      this.#listeners.tell(noticed);
    }
  }

  #caughtUp(folder: string, noticed: LogEvent[]): LogState {
    const known = this.#state;
    if (known !== null && known.folder === folder) {
      const found = known.catchUp();
      if (found !== 'replaced') {
        noticed.push(...found.events);
        return known;
      }
    }
    this.#drop();
    const state = LogState.load(folder, () => timestamp(this.#options.clock));
    this.#state = state;
    const before = this.#previous;
    this.#previous = null;
    if (before === null) return state;
    const rootThen = before.folder === folder ? state.rootAt(before.size) : null;
    if (rootThen !== null && hex(rootThen) === hex(before.root())) {
      noticed.push(...eventsFrom(state, before.nextSequence));
      return state;
    }
    this.#generation += 1;
    // One event may be taken back, when its writer could not make it durable; more were lost.
    if (before.folder === folder && state.size < before.size - 1) {
      state.foundMissing(before.size);
      this.#recordCorruption(state);
    }
    return state;
  }

  /** Closes what is known, and remembers it only to tell what is new when the log is opened again. */
  #drop(): void {
    this.#state?.close();
    this.#previous = this.#state ?? this.#previous;
    this.#state = null;
  }

  /** Under the lock: a state that fits the files, with what a crash left repaired and a corruption on record. */
  #settled(folder: string, written: LogEvent[]): LogState {
    let state = this.#caughtUp(folder, written);
    if (state.corrupt && !state.corruptionRecorded) {
      // Seen without the lock it may have been an append in progress: look again.
      this.#drop();
      state = this.#caughtUp(folder, written);
      if (state.corrupt) this.#recordCorruption(state);
    }
    if (state.corrupt) return state;
    this.#repairTail(state, written);
    if (state.hashesBehind) {
      const hashed = state.fillHashesUnderLock();
      if (hashed > 1 && hashed === state.size) this.#repaired = 'The hashes were made anew from the text.';
    }
    return state;
  }

  /** Settles from a reading path: only if the lock is free soon, and only once for the same tail. */
  #tryToSettle(state: LogState, written: LogEvent[]): LogState {
    const tail = `${state.folder} ${state.end} ${state.size}`;
    if (this.#settlingGivenUp === tail) return state;
    try {
      const lock = this.#lockOf(state.folder);
      lock.acquire(settleWaitMilliseconds);
      try {
        return this.#settled(state.folder, written);
      } finally {
        lock.release();
      }
    } catch {
      this.#settlingGivenUp = tail;
      return this.#caughtUp(state.folder, written);
    }
  }

  /** Runs an action that changes the files, under the lock, on a state that fits them. */
  #writing<T>(action: (state: LogState, written: LogEvent[]) => T): T {
    const written: LogEvent[] = [];
    let folder = this.#lock?.folder ?? this.#options.folder();
    try {
      for (;;) {
        const lock = this.#lockOf(folder);
        lock.acquire(this.#options.lockWaitMilliseconds ?? defaultLockWaitMilliseconds);
        try {
          const current = this.#options.folder();
          if (current === folder) {
            const result = action(this.#settled(folder, written), written);
            this.#unwritable = null;
            return result;
          }
          folder = current;
        } finally {
          lock.release();
        }
      }
    } catch (error) {
      const failure = appendError(error, folder);
      if (failure.code === 'log-unwritable') {
        this.#unwritable = failure.message;
        // What is on the disk after a failed write is known only by looking again.
        this.#drop();
      }
      throw failure;
    } finally {
      this.#listeners.tell(written);
    }
  }

  #lockOf(folder: string): FileLock {
    if (this.#lock?.folder === folder) return this.#lock.file;
    this.#lock?.file.close();
    this.#lock = null;
    makePrivateFolder(folder);
    const { identity, clock } = this.#options;
    this.#lock = { folder, file: new FileLock({ path: join(folder, 'lock'), identity, clock }) };
    return this.#lock.file;
  }

  #appendUnderLock(state: LogState, drafts: readonly EventDraft[]): LogEvent[] {
    const events = drafts.map((draft, index) => this.#stamp.event(draft, state.nextSequence + index));
    const lines = events.map(eventLine);
    if (lines.some((line) => line.length > maximumLineLength)) {
      throw new Error('An event is longer than a line of the log may be');
    }
    state.appendUnderLock(lines, (events.at(-1) as LogEvent).timestamp);
    return events;
  }

  /** Cuts back a torn last line; that it was done is an event, written in the line's place. */
  #repairTail(state: LogState, written: LogEvent[]): void {
    if (!state.torn) return;
    const removed = state.tornTail();
    const data = { removed_bytes: removed.length, removed_sha256: hex(sha256(removed)), offset: state.end };
    const event = this.#stamp.event(own('tail-repaired', data), state.nextSequence);
    state.repairTailUnderLock(eventLine(event), event.timestamp);
    this.#repaired = `A line that a crash had left unfinished (${removed.length} bytes) was removed.`;
    written.push(event);
  }

  /** Where the log cannot be written the damaged hashes stay: they are derived, and the text is right. */
  #rebuildHashes(): void {
    try {
      this.#writing((state, written) => {
        if (state.corrupt) return;
        state.rebuildHashesUnderLock();
        const event = own('hashes-rebuilt', { size: state.size });
        written.push(...this.#appendUnderLock(state, [event]));
        this.#repaired = 'The hashes were damaged and were made anew from the text.';
      });
    } catch (error) {
      if (!isRekeyError(error)) throw error;
    }
  }

  /** Puts what was found on record, so that every process, and every later start, knows of it. */
  #recordCorruption(state: LogState): void {
    if (state.corruption === null) return;
    try {
      writeCorruptionRecord(state.folder, state.corruption);
    } catch {
      // Then only this process knows; whoever looks next finds it again.
    }
  }

  #verdict(
    state: LogState,
    size: number,
    found: LogProblem[],
    root: Uint8Array,
    firstSeq: number | null,
    lastSeq: number | null,
  ): LogVerification {
    const acknowledged = state.corruption?.acknowledged ? state.corruption.problems : [];
    const lost = state.text === null && state.corrupt ? (state.corruption?.problems ?? []) : [];
    const problems = [...lost, ...acknowledged, ...found];
    return {
      intact: problems.length === 0,
      size,
      root: hex(root),
      first_seq: firstSeq,
      last_seq: lastSeq,
      problems,
    };
  }
}

function* eventsFrom(state: LogState, sequence: number): Generator<LogEvent> {
  if (state.text === null || state.nextSequence === sequence) return;
  const start = sequence === 0 ? 0 : findSequence(state.text, sequence, state.end);
  for (const line of linesForward(state.text, start, state.end)) {
    const event = parseEventLine(line.bytes.toString('utf8'));
    if (event !== null && event.seq >= sequence) yield event;
  }
}

function hex(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex');
}
