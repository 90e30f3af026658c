import type { EventDraft, LogEvent } from '#shared/model/event.ts';
import { eventLine, maximumLineLength } from './event-line.ts';
import { type EventStamp, own } from './event-stamp.ts';
import type { LogState } from './log-state.ts';
import { hex, sha256 } from './sha256.ts';

export interface LogChangeOptions {
  /** Fits the files, whose lock is held. */
  state: LogState;
  stamp: EventStamp;
  /** Gets every event that was appended: whoever listens is told once the lock has been given back. */
  written: LogEvent[];
  /** Told of what was repaired, in words. */
  repaired: (what: string) => void;
}

/** One change of the log's files, under its lock. */
export class LogChange {
  readonly state: LogState;
  readonly repaired: (what: string) => void;
  readonly #stamp: EventStamp;
  readonly #written: LogEvent[];

  constructor(options: LogChangeOptions) {
    this.state = options.state;
    this.repaired = options.repaired;
    this.#stamp = options.stamp;
    this.#written = options.written;
  }

  /** Appends events in one write, durable when it returns. Throws the system's error; then none was recorded. */
  append(drafts: readonly EventDraft[]): LogEvent[] {
    const { state } = this;
    const events = drafts.map((draft, index) => this.#stamp.event(draft, state.nextSequence + index));
    const lines = events.map(eventLine);
    if (lines.some((line) => line.length > maximumLineLength)) {
      throw new Error('An event is longer than a line of the log may be');
    }
    state.appendUnderLock(lines, (events.at(-1) as LogEvent).timestamp);
    this.#written.push(...events);
    return events;
  }

  /** Cuts back a torn last line; that it was done is an event, written in the line's place. */
  repairTail(): void {
    const { state } = this;
    if (!state.torn) return;
    const removed = state.tornTail();
    const data = { removed_bytes: removed.length, removed_sha256: hex(sha256(removed)), offset: state.end };
    const event = this.#stamp.event(own('tail-repaired', data), state.nextSequence);
    state.repairTailUnderLock(eventLine(event), event.timestamp);
    this.#written.push(event);
    this.repaired(`A line that a crash had left unfinished (${removed.length} bytes) was removed.`);
  }

  /** Makes the stored hashes reach to the end of the text again. */
  fillHashes(): void {
    if (!this.state.hashesBehind) return;
    const hashed = this.state.fillHashesUnderLock();
    if (hashed > 1 && hashed === this.state.size) this.repaired('The hashes were made anew from the text.');
  }
}
