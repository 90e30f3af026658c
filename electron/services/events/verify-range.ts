import { hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { hashLength, storedHashCount, storedHashIndex } from '#shared/logic/merkle.ts';
import { BlockHashes, blockLeaves } from './block-hashes.ts';
import { parseEventLine, sequenceOf } from './event-line.ts';

/** A part of the log to check: the lines between two positions and the leaves that they should be. */
export interface RangeRequest {
  textPath: string;
  hashesPath: string;
  start: number;
  end: number;
  firstLeaf: number;
  leaves: number;
  firstSequence: number;
  /**
   * Whether a line's place in the tree follows from its sequence number (then a lost line is one gap), or from
   * counting lines (a log that goes on after an acknowledged corruption).
   */
  placedBySequence: boolean;
}

export interface RangeProblem {
  code: 'sequence-gap' | 'sequence-repeated' | 'line-unreadable' | 'event-altered';
  firstSeq: number;
  lastSeq: number;
  firstLeaf: number;
}

export interface RangeResult {
  problems: RangeProblem[];
  /** Stored hashes differ from the text's where the text is provably right, or where nothing was stored. */
  hashesDamaged: boolean;
  /** Every leaf was found, so that the roots below are those of the text. */
  complete: boolean;
  /** Roots of the range's complete blocks, 32 bytes each. */
  blockRoots: Uint8Array;
  /** The frontier of the last, incomplete block, largest subtree first, 32 bytes each. */
  tailRoots: Uint8Array;
  /** Altered leaves whose block is complete: an unchanged ancestor above the block still clears them. */
  suspects: { block: number; problem: RangeProblem }[];
  firstSeq: number | null;
  lastSeq: number | null;
}

const newline = 0x0a;
const bufferLength = 4 * 1024 * 1024;
/** More problems than this say nothing more. */
const maximumProblems = 1_000;

/**
 * Checks one range: sequence numbers, each line's leaf and every interior node below block level against the stored
 * hashes. Synchronous and alone with its files, so that it can run in a thread of its own.
 *
 * Built for speed, since hundreds of megabytes in lines of a few hundred bytes make the calls cost more than the
 * hashing: one-shot hashes as latin1 strings (handing back Buffers doubles the time), the 0x00 that RFC 6962 puts
 * before a leaf written over the newline before the line instead of copying it, and whole blocks compared with what
 * is stored.
 */
export class RangeVerifier {
  readonly #request: RangeRequest;
  readonly #progress: (bytes: number) => void;
  readonly #block = new BlockHashes();
  readonly #problems: RangeProblem[] = [];
  readonly #suspects: RangeResult['suspects'] = [];
  readonly #blockRoots: Buffer[] = [];
  #hashes: number | null = null;
  #hashesDamaged = false;
  #complete = true;
  /** The next leaf and the sequence number that its line should have. */
  #leaf: number;
  #expected: number;
  #firstSeq: number | null = null;
  #lastSeq: number | null = null;

  constructor(request: RangeRequest, progress: (bytes: number) => void = () => {}) {
    this.#request = request;
    this.#progress = progress;
    this.#leaf = request.firstLeaf;
    this.#expected = request.firstSequence;
  }

  run(): RangeResult {
    const text = openSync(this.#request.textPath, 'r');
    try {
      this.#hashes = openIfThere(this.#request.hashesPath);
      this.#readLines(text);
      const end = this.#request.firstLeaf + this.#request.leaves;
      if (this.#leaf < end) this.#miss(end - this.#leaf);
      const tail = this.#leaf % blockLeaves === 0 ? Buffer.alloc(0) : this.#finishBlock();
      return {
        problems: this.#problems,
        hashesDamaged: this.#hashesDamaged,
        complete: this.#complete,
        blockRoots: Buffer.concat(this.#blockRoots),
        tailRoots: tail,
        suspects: this.#suspects,
        firstSeq: this.#firstSeq,
        lastSeq: this.#lastSeq,
      };
    } finally {
      closeSync(text);
      if (this.#hashes !== null) closeSync(this.#hashes);
    }
  }

  #readLines(text: number): void {
    // One byte is kept free in front, for the 0x00 of a line that begins the buffer.
    let buffer = Buffer.allocUnsafe(bufferLength);
    let filled = 1;
    for (let at = this.#request.start; at < this.#request.end; ) {
      if (filled === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
      const wanted = Math.min(buffer.length - filled, this.#request.end - at);
      const count = readSync(text, buffer, filled, wanted, at);
      if (count === 0) return;
      at += count;
      filled += count;
      const rest = this.#linesOf(buffer, filled);
      buffer.copyWithin(1, rest, filled);
      filled = filled - rest + 1;
      this.#progress(count);
    }
  }

  /** Takes all complete lines of the buffer; returns where the incomplete one begins. */
  #linesOf(buffer: Buffer, filled: number): number {
    let start = 1;
    for (;;) {
      const end = buffer.indexOf(newline, start);
      if (end === -1 || end >= filled) return start;
      if (sequenceOf(buffer, start, end) === this.#expected) this.#take(buffer, start, end, this.#expected);
      else this.#takeUnexpected(buffer, start, end);
      start = end + 1;
    }
  }

  #take(buffer: Buffer, start: number, end: number, sequence: number): void {
    buffer[start - 1] = 0;
    this.#firstSeq ??= sequence;
    this.#lastSeq = sequence;
    this.#expected = sequence;
    this.#place(hash('sha256', buffer.subarray(start - 1, end), 'binary'));
  }

  #place(leaf: string | null): void {
    this.#block.add(leaf);
    this.#leaf += 1;
    this.#expected += 1;
    if (this.#leaf % blockLeaves === 0) this.#blockRoots.push(this.#finishBlock());
  }

  #miss(leaves: number): void {
    this.#report('sequence-gap', this.#expected, this.#expected + leaves - 1);
    this.#complete = false;
    for (let left = leaves; left > 0; left -= 1) this.#place(null);
  }

  /** A line that does not carry the number it should: damaged, or lines before it were lost or repeated. */
  #takeUnexpected(buffer: Buffer, start: number, end: number): void {
    const parsed = parseEventLine(buffer.toString('utf8', start, end));
    const sequence = parsed?.seq ?? null;
    if (sequence === null) {
      this.#report('line-unreadable', this.#expected, this.#expected);
      this.#take(buffer, start, end, this.#expected);
    } else if (sequence === this.#expected) {
      this.#take(buffer, start, end, sequence);
    } else if (!this.#request.placedBySequence) {
      if (sequence > this.#expected) this.#report('sequence-gap', this.#expected, sequence - 1);
      else this.#report('sequence-repeated', sequence, this.#expected - 1);
      this.#take(buffer, start, end, sequence);
    } else if (sequence < this.#expected) {
      this.#report('sequence-repeated', sequence, sequence);
    } else {
      if (this.#belongsAt(sequence, buffer, start, end)) this.#miss(sequence - this.#expected);
      else this.#report('event-altered', this.#expected, this.#expected);
      this.#take(buffer, start, end, this.#expected);
    }
  }

  /** A gap is believed only if the line is the one that was stored at the later place; else its number is damaged. */
  #belongsAt(sequence: number, buffer: Buffer, start: number, end: number): boolean {
    const place = this.#leaf + sequence - this.#expected;
    if (place >= this.#request.firstLeaf + this.#request.leaves) return false;
    buffer[start - 1] = 0;
    const stored = this.#stored(storedHashIndex(0, place), 1);
    return neverWritten(stored) || stored.toString('hex') === hash('sha256', buffer.subarray(start - 1, end));
  }

  /** Compares a finished (or the last) block with what is stored; returns the roots of its frontier. */
  #finishBlock(): Buffer {
    const block = this.#block;
    const leaves = block.leaves;
    const first = this.#leaf - leaves;
    const base = storedHashIndex(0, first);
    const stored = this.#stored(base, storedHashCount(leaves));
    if (!block.equals(stored)) this.#compare(block, stored, first);
    const roots = block.frontier();
    block.clear();
    return roots;
  }

  #compare(block: BlockHashes, stored: Buffer, first: number): void {
    let altered = false;
    for (let leaf = 0; leaf < block.leaves; leaf += 1) {
      const position = storedHashIndex(0, leaf);
      const recorded = stored.subarray(position * hashLength, (position + 1) * hashLength);
      if (!block.known(leaf) || block.hashAt(position).equals(recorded)) continue;
      if (neverWritten(recorded) || block.provenByAncestor(leaf, stored)) {
        this.#hashesDamaged = true;
        continue;
      }
      altered = true;
      const sequence = this.#expected - block.leaves + leaf;
      const problem: RangeProblem = {
        code: 'event-altered',
        firstSeq: sequence,
        lastSeq: sequence,
        firstLeaf: first + leaf,
      };
      if (block.leaves === blockLeaves && block.complete) {
        this.#suspects.push({ block: first / blockLeaves, problem });
      } else this.#add(problem);
    }
    // With all leaves as stored, what differs are interior nodes.
    if (block.complete && !altered) this.#hashesDamaged = true;
  }

  #report(code: RangeProblem['code'], firstSeq: number, lastSeq: number): void {
    this.#add({ code, firstSeq, lastSeq, firstLeaf: this.#leaf });
  }

  #add(problem: RangeProblem): void {
    const last = this.#problems.at(-1);
    if (last?.code === problem.code && last.lastSeq + 1 === problem.firstSeq) last.lastSeq = problem.lastSeq;
    else if (this.#problems.length < maximumProblems) this.#problems.push(problem);
  }

  #stored(position: number, count: number): Buffer {
    const bytes = Buffer.alloc(count * hashLength);
    if (this.#hashes !== null) readSync(this.#hashes, bytes, 0, bytes.length, position * hashLength);
    return bytes;
  }
}

/** Zeros where a hash should be are what a power cut leaves of unsynced writes: they say nothing about the text. */
function neverWritten(stored: Uint8Array): boolean {
  const zeros = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);
  return zeros(stored.subarray(0, 8)) || zeros(stored.subarray(-8));
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
