import type { AppendLog } from '#electron/storage/append-log.ts';
import { maximumLineLength, parseEventLine, sequenceOf } from './event-line.ts';

/** A line of the log, without its newline, and where it begins. */
export interface LogLine {
  readonly bytes: Buffer;
  readonly start: number;
}

const newline = 0x0a;
const chunkLength = 64 * 1024;
/** Most often it is the last line alone that is wanted. */
const firstChunkLength = 8 * 1024;
const largeChunkLength = 1024 * 1024;

/** Where the complete lines end: right after the last newline before `size`. What follows is a torn tail. */
export function endOfCompleteLines(log: AppendLog, size: number): number {
  let chunk = firstChunkLength;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunk);
    const found = log.read(start, end).lastIndexOf(newline);
    if (found !== -1) return start + found + 1;
    end = start;
    chunk = chunkLength;
  }
  return 0;
}

/** The complete lines from `start` (the beginning of a line) to `end`, oldest first, read in chunks. */
export function* linesForward(log: AppendLog, start: number, end: number): Generator<LogLine> {
  let rest: Buffer = Buffer.alloc(0);
  let restStart = start;
  for (let at = start; at < end; ) {
    const chunk = log.read(at, Math.min(end, at + largeChunkLength));
    if (chunk.length === 0) return;
    at += chunk.length;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let lineStart = 0;
    for (let lineEnd = bytes.indexOf(newline); lineEnd !== -1; lineEnd = bytes.indexOf(newline, lineStart)) {
      yield { bytes: bytes.subarray(lineStart, lineEnd), start: restStart + lineStart };
      lineStart = lineEnd + 1;
    }
    rest = bytes.subarray(lineStart);
    restStart += lineStart;
  }
}

/** The complete lines that end at or before `end` (the end of a line), newest first, read in chunks. */
export function* linesBackward(log: AppendLog, end: number): Generator<LogLine> {
  let later: Buffer = Buffer.alloc(0);
  let chunk = firstChunkLength;
  for (let at = end; at > 0; ) {
    const start = Math.max(0, at - chunk);
    const bytes = Buffer.concat([log.read(start, at), later]);
    at = start;
    // From here on, `bytes` ends with a newline; what precedes its first newline may have begun before it.
    let lineEnd = bytes.length - 1;
    for (;;) {
      const before = lineEnd === 0 ? -1 : bytes.lastIndexOf(newline, lineEnd - 1);
      if (before === -1 && start > 0) break;
      yield { bytes: bytes.subarray(before + 1, lineEnd), start: start + before + 1 };
      if (before === -1) return;
      lineEnd = before;
    }
    later = bytes.subarray(0, lineEnd + 1);
    chunk = Math.min(largeChunkLength, chunk * 2);
  }
}

/**
 * Where the line with this sequence number begins, found in O(log n) reads, because numbers only grow. If no line has
 * it, where the first later one begins; `end` if there is none.
 */
export function findSequence(log: AppendLog, sequence: number, end: number): number {
  let low = 0;
  let high = end;
  // Everything before `low` is earlier than `sequence`; the line that begins at `high` is not, or `high` is the end.
  while (low < high) {
    if (high - low <= chunkLength) break;
    const line = firstLineFrom(log, Math.floor((low + high) / 2), high);
    if (line === null) break;
    const found = sequenceOfLine(line.bytes);
    // A damaged line says nothing about where to go on: then look through all that is left.
    if (found === -1) break;
    if (found < sequence) low = line.start + line.bytes.length + 1;
    else high = line.start;
  }
  for (const line of linesForward(log, low, high)) {
    if (sequenceOfLine(line.bytes) >= sequence) return line.start;
  }
  return high;
}

/** The sequence number of a whole line: read cheaply where possible, by parsing where not. */
export function sequenceOfLine(line: Buffer): number {
  const quick = sequenceOf(line, 0, line.length);
  return quick !== -1 ? quick : (parseEventLine(line.toString('utf8'))?.seq ?? -1);
}

/** The first whole line that begins after `middle` and ends before `high`. */
function firstLineFrom(log: AppendLog, middle: number, high: number): LogLine | null {
  for (let length = 4096; length <= maximumLineLength * 2; length *= 4) {
    const bytes = log.read(middle, Math.min(high, middle + length));
    const first = bytes.indexOf(newline);
    const second = first === -1 ? -1 : bytes.indexOf(newline, first + 1);
    if (second !== -1) return { bytes: bytes.subarray(first + 1, second), start: middle + first + 1 };
    if (middle + length >= high) return null;
  }
  return null;
}
