import type { LogEvent } from '../../model/event.ts';
import type { ReportLog } from '../../model/report.ts';
import type { InPeriod } from './in-period.ts';

/** More entries than this of one kind say nothing more. */
const mostEntries = 1_000;

/** Sequence numbers, both included. */
export interface SeqRange {
  firstSeq: number;
  lastSeq: number;
}

/** What the events of one log say about the log itself: its numbers, gaps, clock, repairs and damage. */
export class LogIntegrity {
  readonly #inPeriod: InPeriod;
  #firstSeq: number | null = null;
  #lastSeq: number | null = null;
  #inPeriodSeqs: SeqRange | null = null;
  readonly #gaps: ReportLog['gaps'] = [];
  readonly #clockJumps: ReportLog['clock_jumps'] = [];
  readonly #repairs: ReportLog['repairs'] = [];
  readonly #corruptions: ReportLog['corruptions'] = [];

  constructor(inPeriod: InPeriod) {
    this.#inPeriod = inPeriod;
  }

  add(event: LogEvent): void {
    this.#number(event);
    if (this.#inPeriod(event.timestamp)) {
      const known = this.#inPeriodSeqs ?? { firstSeq: event.seq, lastSeq: event.seq };
      this.#inPeriodSeqs = {
        firstSeq: Math.min(known.firstSeq, event.seq),
        lastSeq: Math.max(known.lastSeq, event.seq),
      };
    }
    if (event.event_type === 'log') this.#own(event);
  }

  /** An event of this log could not be read as what it says to be. */
  unreadable(event: Pick<LogEvent, 'timestamp' | 'seq'>, what: string): void {
    this.#note(this.#corruptions, event, what);
  }

  /** From the first to the last event whose time is in the period; null when there is none. */
  get inPeriodSeqs(): SeqRange | null {
    return this.#inPeriodSeqs;
  }

  facts(): Pick<ReportLog, 'first_seq' | 'last_seq' | 'gaps' | 'clock_jumps' | 'repairs' | 'corruptions'> {
    return {
      first_seq: this.#firstSeq,
      last_seq: this.#lastSeq,
      gaps: this.#gaps,
      clock_jumps: this.#clockJumps,
      repairs: this.#repairs,
      corruptions: this.#corruptions,
    };
  }

  #number(event: LogEvent): void {
    const expected = this.#lastSeq === null ? 0 : this.#lastSeq + 1;
    if (event.seq > expected && this.#gaps.length < mostEntries) {
      this.#gaps.push({ first: expected, last: event.seq - 1 });
    } else if (event.seq < expected) {
      this.#note(this.#corruptions, event, `Event ${event.seq} comes after event ${this.#lastSeq}.`);
    }
    this.#firstSeq ??= event.seq;
    this.#lastSeq = Math.max(event.seq, this.#lastSeq ?? 0);
  }

  #own(event: LogEvent): void {
    const data = event.data ?? {};
    switch (event.action) {
      case 'clock-jumped': {
        const milliseconds = Number(data.milliseconds);
        if (!this.#inPeriod(event.timestamp) || !Number.isSafeInteger(milliseconds)) return;
        if (this.#clockJumps.length >= mostEntries) return;
        this.#clockJumps.push({ at: event.timestamp, milliseconds, seq: event.seq });
        return;
      }
      case 'tail-repaired':
        this.#note(
          this.#repairs,
          event,
          `A line that a crash had left unfinished was removed (${Number(data.removed_bytes) || 0} bytes).`,
        );
        return;
      case 'hashes-rebuilt':
        this.#note(this.#repairs, event, 'The hashes were damaged and were made anew from the text.');
        return;
      case 'corruption-acknowledged':
        this.#note(this.#corruptions, event, acknowledged(event, data));
        return;
      case 'checked':
        if (data.intact === false) this.#note(this.#corruptions, event, 'A full check found damage.');
        return;
      case 'moved':
        if (data.previous_state === 'corrupt') {
          this.#note(
            this.#corruptions,
            event,
            'The log that this one continues was left because it is damaged.',
          );
        }
    }
  }

  #note(list: ReportLog['repairs'], event: Pick<LogEvent, 'timestamp' | 'seq'>, what: string): void {
    if (list.length < mostEntries) list.push({ at: event.timestamp, what, seq: event.seq });
  }
}

function acknowledged(event: LogEvent, data: Record<string, unknown>): string {
  const problems = Array.isArray(data.problems) ? data.problems : [];
  const first = (problems[0] as { message?: unknown } | undefined)?.message;
  const what = typeof first === 'string' ? first : 'The text did not fit its hashes.';
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return `${what}${more} ${event.user_id} took note of it: ${event.reason ?? 'no reason given'}`;
}
