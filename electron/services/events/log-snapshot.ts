import { dirname, join } from 'node:path';
import { AppendLog } from '#electron/storage/append-log.ts';
import { bytesOfHex, equalBytes } from '#shared/logic/bytes.ts';
import { originOf } from '#shared/logic/checkpoint.ts';
import { leafHash, TreeFrontier } from '#shared/logic/merkle.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { maximumLineLength, parseEventLine } from './event-line.ts';
import { findSequence, type LogLine, linesBackward, linesForward, sequenceOfLine } from './log-lines.ts';
import { textPath } from './log-state.ts';
import { sha256 } from './sha256.ts';
import { StoredHashes } from './stored-hashes.ts';

/** A log as it was at one moment: how many events, how many bytes of text, and the root over them (hex). */
export interface LogExtent {
  readonly path: string;
  readonly end: number;
  readonly size: number;
  readonly root: string;
}

/** One event's place: its line, and which leaf of the tree it is. */
export interface EventPlace {
  readonly leaf: number;
  readonly seq: number;
  readonly line: LogLine;
}

/** Consecutive events: leaves [from, to), bytes [start, end) of the text. */
export interface EventSpan {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
  readonly firstSeq: number;
}

/**
 * A log for reading, of a fixed size, whatever is appended to its files meanwhile. Finding an event or a hash costs
 * O(log n) reads; nothing is ever read whole, except in a log that goes on after a damage and so has lost the relation
 * between an event's number and its place.
 */
export class LogSnapshot {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** Which log: `rekey/log/` and the id of its first event. */
  readonly origin: string;
  readonly #text: AppendLog;
  readonly #hashes: StoredHashes;
  readonly #end: number;

  private constructor(text: AppendLog, hashes: StoredHashes, extent: LogExtent) {
    this.#text = text;
    this.#hashes = hashes;
    this.#end = extent.end;
    this.size = extent.size;
    this.root = bytesOfHex(extent.root) ?? new Uint8Array(0);
    this.origin = originOf(firstEventId(text, extent.end));
    if (hashes.leaves() < extent.size || !equalBytes(hashes.root(extent.size), this.root)) {
      throw unfitHashes(extent.path);
    }
  }

  /**
   * The log as it is now (`log.snapshot()`). Throws `invalid-input` while it has no events, and `log-corrupt` when the
   * stored hashes do not fit.
   */
  static of(log: { snapshot(): LogExtent | null }): LogSnapshot {
    const extent = log.snapshot();
    if (extent !== null) return LogSnapshot.open(extent);
    throw new RekeyError('invalid-input', {
      message: 'The log has no events yet.',
      remedy: 'Do something first: every act is an event.',
    });
  }

  /** Which log it is now; null while it has no events. Reads one line. Throws `log-corrupt` if that cannot be read. */
  static originOf(log: { snapshot(): LogExtent | null }): string | null {
    const extent = log.snapshot();
    const text = extent && AppendLog.openForReading(extent.path);
    if (!text) return null;
    try {
      return originOf(firstEventId(text, extent.end));
    } finally {
      text.close();
    }
  }

  /** Opens the text of this extent with the hashes beside it, or those in another file. Throws as `of` does. */
  static open(extent: LogExtent, hashesPath = join(dirname(extent.path), 'hashes')): LogSnapshot {
    const text = AppendLog.openForReading(extent.path);
    if (text === null) throw unfitHashes(extent.path);
    const hashes = new StoredHashes(hashesPath);
    try {
      return new LogSnapshot(text, hashes, extent);
    } catch (error) {
      text.close();
      hashes.close();
      throw error;
    }
  }

  /**
   * A log that nobody writes any more, of which at most the hashes are not there: they are then made in `scratch`, a
   * file that the caller removes. `size`: how many of its events count; null for all complete lines.
   */
  static ofFolder(folder: string, size: number | null, scratch: string): LogSnapshot {
    const path = textPath(folder);
    const text = AppendLog.openForReading(path);
    if (text === null) throw unfitHashes(path);
    try {
      const hashes = new StoredHashes(scratch);
      const frontier = new TreeFrontier(sha256);
      let end = 0;
      for (const line of linesForward(text, 0, text.size())) {
        if (frontier.size === size) break;
        hashes.writeLeaf(frontier.size, frontier.add(leafHash(sha256, line.bytes)));
        end = line.start + line.bytes.length + 1;
      }
      hashes.close();
      const root = Buffer.from(frontier.root()).toString('hex');
      return LogSnapshot.open({ path, end, size: frontier.size, root }, scratch);
    } finally {
      text.close();
    }
  }

  /** The same log when it had `size` events; to be closed by itself. Throws RangeError if it never had so many. */
  at(size: number): LogSnapshot {
    return LogSnapshot.open(this.extentAt(size), this.#hashes.path);
  }

  /** How far the log went when it had `size` events. Throws RangeError if it never had so many. */
  extentAt(size: number): LogExtent {
    if (!(size > 0 && size <= this.size))
      throw new RangeError(`The log has ${this.size} events, not ${size}`);
    const root = Buffer.from(this.rootAt(size)).toString('hex');
    return { path: this.#text.path, end: this.#startOf(size), size, root };
  }

  /** A stored hash by its position (shared/logic/merkle.ts). */
  readonly read = (position: number): Uint8Array => this.#hashes.read(position);

  rootAt(size: number): Uint8Array {
    return this.#hashes.root(size);
  }

  /** The event with this number; null if there is none. */
  event(seq: number): EventPlace | null {
    const place = this.#firstFrom(seq);
    return place?.seq === seq ? place : null;
  }

  /** The events with numbers from `firstSeq` to `lastSeq`, both included; null if there are none. */
  span(firstSeq: number, lastSeq: number): EventSpan | null {
    const first = this.#firstFrom(firstSeq);
    if (first === null || first.seq > lastSeq) return null;
    const next = this.#firstFrom(lastSeq + 1);
    return {
      from: first.leaf,
      to: next?.leaf ?? this.size,
      start: first.line.start,
      end: next?.line.start ?? this.#end,
      firstSeq: first.seq,
    };
  }

  /** The lines of a span, oldest first, in chunks of 1 MiB. */
  lines({ start, end }: { start: number; end: number }): Generator<LogLine> {
    return linesForward(this.#text, start, end);
  }

  /** The whole log as one span. */
  whole(): EventSpan {
    const first = this.#firstFrom(0);
    return { from: 0, to: this.size, start: 0, end: this.#end, firstSeq: first?.seq ?? 0 };
  }

  close(): void {
    this.#text.close();
    this.#hashes.close();
  }

  /** The first event whose number is at least `seq`. */
  #firstFrom(seq: number): EventPlace | null {
    const start = findSequence(this.#text, seq, this.#end);
    const line = lineAt(this.#text, start, this.#end);
    if (line === null) return null;
    const found = sequenceOfLine(line.bytes);
    return { seq: found, line, leaf: this.#leafOf(line, found) };
  }

  /** Which leaf a line is: the one that its number tells, if the hash there is its own; else by counting. */
  #leafOf(line: LogLine, seq: number): number {
    const hash = leafHash(sha256, line.bytes);
    for (const leaf of [seq, seq - this.#lastOffset()]) {
      if (leaf >= 0 && leaf < this.size && equalBytes(this.#hashes.leaf(leaf), hash)) return leaf;
    }
    let leaf = 0;
    for (const { start } of linesForward(this.#text, 0, this.#end)) {
      if (start === line.start) return leaf;
      leaf += 1;
    }
    throw unfitHashes(this.#text.path);
  }

  /** Where the line of a leaf begins; the end of the text for the leaf after the last. */
  #startOf(leaf: number): number {
    if (leaf === this.size) return this.#end;
    for (const seq of [leaf, leaf + this.#lastOffset()]) {
      const place = this.#firstFrom(seq);
      if (place?.leaf === leaf) return place.line.start;
    }
    let left = leaf;
    for (const { start } of linesForward(this.#text, 0, this.#end)) {
      if (left === 0) return start;
      left -= 1;
    }
    throw unfitHashes(this.#text.path);
  }

  /** How far numbers are ahead of places at the end of the log: 0, unless it goes on after a damage. */
  #lastOffset(): number {
    const last = linesBackward(this.#text, this.#end).next();
    const seq = last.done ? -1 : sequenceOfLine(last.value.bytes);
    return seq === -1 ? 0 : seq + 1 - this.size;
  }
}

/** The line that begins at `start`, without reading much beyond it; null at the end. */
function lineAt(text: AppendLog, start: number, end: number): LogLine | null {
  for (let length = 4_096; start < end; length *= 4) {
    const bytes = text.read(start, Math.min(end, start + length));
    const lineEnd = bytes.indexOf(0x0a);
    if (lineEnd !== -1) return { bytes: bytes.subarray(0, lineEnd), start };
    if (bytes.length < length || length > 2 * maximumLineLength) return null;
  }
  return null;
}

function firstEventId(text: AppendLog, end: number): string {
  const line = lineAt(text, 0, end);
  const event = line && parseEventLine(line.bytes.toString('utf8'));
  if (typeof event?.id === 'string') return event.id;
  throw new RekeyError('log-corrupt', {
    message: `The first event of ${text.path} cannot be read, so that the log has no identity.`,
    remedy: 'Continue in a new log: rekey events move --to DIR --reason WHY. The new log names the old one.',
  });
}

function unfitHashes(path: string): RekeyError {
  return new RekeyError('log-corrupt', {
    message: `The events in ${path} and the hashes recorded for them do not fit together.`,
    remedy: 'Check the whole log with "rekey events verify": it says what is damaged.',
    details: { path },
  });
}
