import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AppendLog } from '#electron/storage/append-log.ts';
import { makePrivateFolder } from '#electron/storage/atomic-file.ts';
import { hashLength, leafHash, storedHashCount, TreeFrontier } from '#shared/logic/merkle.ts';
import type { LogEvent, LogProblem } from '#shared/model/event.ts';
import { type CorruptionRecord, corruptionRecordPath, readCorruptionRecord } from './corruption-record.ts';
import { parseEventLine } from './event-line.ts';
import { endOfCompleteLines, linesBackward, linesForward, sequenceOfLine } from './log-lines.ts';
import { describeProblems, problemOf } from './log-problems.ts';
import { type VerificationSubject, verifyHere } from './log-verification.ts';
import { sha256 } from './sha256.ts';
import { StoredHashes } from './stored-hashes.ts';
import { hasConsecutiveTail, lastLeaves } from './tail-leaves.ts';

/** Gaps of this many leaves are filled from the end of the text; larger ones by rebuilding everything. */
const shortGap = 4_096;
/** A damaged sequence number may claim any number of lost events; this many are looked for. */
const mostLostLeaves = 100_000;
const newline = Buffer.from('\n');

/** What catching up with the file found. */
export type Noticed = { events: LogEvent[] } | 'replaced';

/**
 * What this process knows of one log folder: how far the complete lines go, the tree over them, what does not fit.
 * It looks at tail and frontier only, never at the whole text, unless the stored hashes do not fit.
 *
 * Methods whose name ends in `UnderLock` change the files; their callers hold the log's lock.
 */
export class LogState {
  readonly folder: string;
  readonly #textPath: string;
  readonly #corruptionPath: string;
  readonly #now: () => string;
  #text: AppendLog | null = null;
  readonly #hashes: StoredHashes;
  #writable = false;
  /** Where the complete lines end, in bytes. */
  #end = 0;
  #frontier = new TreeFrontier(sha256);
  #nextSequence = 0;
  #lastTimestamp: string | null = null;
  /** Bytes after the last complete line. */
  torn = false;
  /** The stored hashes do not reach to the end of the text, or do not fit it. */
  hashesBehind = false;
  corruption: CorruptionRecord | null;
  #corruptionStamp = 0;

  private constructor(folder: string, now: () => string) {
    this.folder = folder;
    this.#textPath = textPath(folder);
    this.#corruptionPath = corruptionRecordPath(folder);
    this.#now = now;
    this.#hashes = new StoredHashes(join(folder, 'hashes'));
    this.corruption = null;
  }

  /** Reads tail and frontier. Throws the system's error when the files cannot be read. */
  static load(folder: string, now: () => string): LogState {
    const state = new LogState(folder, now);
    try {
      state.#readCorruption();
      state.#load();
      return state;
    } catch (error) {
      state.close();
      throw error;
    }
  }

  /** Events in the log. */
  get size(): number {
    return this.#frontier.size;
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  get end(): number {
    return this.#end;
  }

  get lastTimestamp(): string | null {
    return this.#lastTimestamp;
  }

  get text(): AppendLog | null {
    return this.#text;
  }

  /** Something was found that nobody has acknowledged: nothing may be appended. */
  get corrupt(): boolean {
    return this.corruption !== null && this.corruption.acknowledged === null;
  }

  root(): Uint8Array {
    return this.#frontier.root();
  }

  /** The root when the log had `size` events; null if that cannot be told now. */
  rootAt(size: number): Uint8Array | null {
    if (size === this.size) return this.root();
    return size > this.size || this.hashesBehind ? null : this.#hashes.root(size);
  }

  /** Null while there is no text. */
  subject(): VerificationSubject | null {
    if (this.#text === null) return null;
    return {
      text: this.#text,
      hashes: this.#hashes,
      end: this.#end,
      leaves: this.#expectedLeaves(),
      firstSequence: 0,
      placedBySequence: !this.corruption?.acknowledged,
    };
  }

  close(): void {
    this.#text?.close();
    this.#text = null;
    this.#hashes.close();
  }

  /** Notices what other processes appended, or that the file is not the one that was read. */
  catchUp(): Noticed {
    this.#readCorruption();
    const found = statSync(this.#textPath, { throwIfNoEntry: false });
    if (found === undefined) return this.#text === null ? { events: [] } : 'replaced';
    if (this.#text === null || found.ino !== this.#text.inode || found.size < this.#end) return 'replaced';
    if (found.size === this.#end) {
      this.torn = false;
      return { events: [] };
    }
    return { events: this.#takeNewLines(this.#text, found.size) };
  }

  /** Appends events, each as one line with its number from `nextSequence` on; durable when it returns. */
  appendUnderLock(lines: readonly Buffer[], lastTimestamp: string): void {
    const text = this.#openForWriting();
    const bytes = Buffer.concat(lines.flatMap((line) => [line, newline]));
    text.append(bytes, this.#end);
    this.#commit(lines, bytes.length, lastTimestamp);
  }

  /** What lies after the last complete line. */
  tornTail(): Buffer {
    return this.#text?.read(this.#end, this.#text.size()) ?? Buffer.alloc(0);
  }

  /** Puts the line that tells of the repair in the torn tail's place. */
  repairTailUnderLock(line: Buffer, timestamp: string): void {
    const bytes = Buffer.concat([line, newline]);
    this.#openForWriting().replaceTail(bytes, this.#end);
    this.torn = false;
    this.#commit([line], bytes.length, timestamp);
  }

  /** Makes the stored hashes fit the text again. Returns how many leaves had to be hashed. */
  fillHashesUnderLock(): number {
    const stored = this.#hashes.leaves();
    const missing = this.size - stored;
    if (this.#text === null || (missing <= 0 && !this.hashesBehind)) return 0;
    if (missing > 0 && missing <= shortGap && stored > 0 && this.#fits(this.#text, stored, this.size)) {
      const frontier = this.#hashes.frontier(stored);
      this.hashesBehind = false;
      for (const leaf of lastLeaves(this.#text, this.#end, missing)) this.#store(frontier, leaf);
      return missing;
    }
    this.rebuildHashesUnderLock();
    return this.size;
  }

  /** Writes `hashes` anew from the text as it is, line by line. */
  rebuildHashesUnderLock(): void {
    const text = this.#openForWriting();
    this.#hashes.truncate(0);
    const frontier = new TreeFrontier(sha256);
    let pending: Uint8Array[] = [];
    let position = 0;
    const flush = () => {
      this.#hashes.write(position, Buffer.concat(pending));
      position += pending.length;
      pending = [];
    };
    for (const line of linesForward(text, 0, this.#end)) {
      pending.push(...frontier.add(leafHash(sha256, line.bytes)));
      if (pending.length >= 8_192) flush();
    }
    flush();
    this.#frontier = frontier;
    this.hashesBehind = false;
  }

  #load(): void {
    // Hashes first: who appends writes them after the text, so that read in this order they are never ahead of it.
    const stored = this.#hashes.leaves();
    const text = AppendLog.openForReading(this.#textPath);
    this.#text = text;
    if (text === null) {
      if (stored > 0) this.#foundCorrupt([problemOf('events-missing', 0, stored - 1)]);
      return;
    }
    const size = text.size();
    this.#end = endOfCompleteLines(text, size);
    this.torn = this.#end < size;
    const last = linesBackward(text, this.#end).next();
    if (last.done) {
      if (stored > 0) this.#foundCorrupt([problemOf('events-missing', 0, stored - 1)]);
      return;
    }
    const event = parseEventLine(last.value.bytes.toString('utf8'));
    const offset = this.corruption?.acknowledged?.sequenceOffset ?? 0;
    if (event !== null) {
      this.#nextSequence = event.seq + 1;
      this.#lastTimestamp = event.timestamp;
    }
    const leaves = event === null ? -1 : event.seq + 1 - offset;
    const missing = leaves - stored;
    if (leaves <= 0 || missing < 0 || missing > shortGap || !this.#fits(text, stored, leaves)) {
      this.#diagnose(text, stored);
    } else if (missing > 0 && !hasConsecutiveTail(text, this.#end, missing, stored === 0)) {
      this.#diagnose(text, stored);
    } else {
      this.#frontier = stored === 0 ? new TreeFrontier(sha256) : this.#hashes.frontier(stored);
      for (const leaf of lastLeaves(text, this.#end, missing)) this.#frontier.add(leaf);
      this.hashesBehind = missing > 0;
    }
  }

  /** Tail and stored hashes do not fit: reads everything to tell damaged text from damaged hashes. */
  #diagnose(text: AppendLog, stored: number): void {
    this.hashesBehind = true;
    const frontier = new TreeFrontier(sha256);
    let consecutive = true;
    this.#nextSequence = 0;
    for (const line of linesForward(text, 0, this.#end)) {
      frontier.add(leafHash(sha256, line.bytes));
      const sequence = sequenceOfLine(line.bytes);
      consecutive &&= sequence === this.#nextSequence;
      this.#nextSequence = (sequence === -1 ? this.#nextSequence : sequence) + 1;
    }
    this.#frontier = frontier;
    // Without any stored hashes there is nothing to compare with: the order is all that can be wrong.
    if (stored === 0 && consecutive) return;
    if (this.corrupt) return;
    const known = this.corruption?.acknowledged?.leaves ?? 0;
    const findings = verifyHere(this.subject() as VerificationSubject);
    const problems = findings.problems.filter(
      (problem) => problem.code === 'event-altered' || problem.firstLeaf >= known,
    );
    if (problems.length > 0) this.#foundCorrupt(describeProblems(problems));
  }

  /**
   * The leaves that the log should have: its lines, or more where sequence numbers or stored hashes tell of lost
   * ones. Zeros stored beyond the text tell of nothing but a power cut.
   */
  #expectedLeaves(): number {
    if (!this.hashesBehind && !this.corrupt) return this.size;
    if (this.corruption?.acknowledged) return this.size;
    let expected = Math.max(this.size, Math.min(this.#nextSequence, this.size + mostLostLeaves));
    for (let leaf = this.#hashes.leaves() - 1; leaf >= expected; leaf -= 1) {
      if (this.#hashes.leaf(leaf).some((byte) => byte !== 0)) expected = leaf + 1;
    }
    return expected;
  }

  /** Whether line number `leaves` of `total`, its parents and the frontier over them are what is stored. */
  #fits(text: AppendLog, leaves: number, total: number): boolean {
    if (leaves === 0) return true;
    const leaf = lastLeaves(text, this.#end, total - leaves + 1)[0];
    if (leaf === undefined) return false;
    const expected = Buffer.concat(this.#hashes.frontier(leaves - 1).add(leaf));
    if (!this.#hashes.frontierHolds(leaves)) return false;
    return this.#hashes.read(storedHashCount(leaves - 1), expected.length / hashLength).equals(expected);
  }

  #takeNewLines(text: AppendLog, size: number): LogEvent[] {
    const events: LogEvent[] = [];
    let end = this.#end;
    for (const line of linesForward(text, this.#end, size)) {
      end = line.start + line.bytes.length + 1;
      const event = parseEventLine(line.bytes.toString('utf8'));
      if (event?.seq !== this.#nextSequence) {
        this.#foundCorrupt([problemOf('sequence-gap', this.#nextSequence, this.#nextSequence)]);
      }
      this.#frontier.add(leafHash(sha256, line.bytes));
      this.#nextSequence = (event?.seq ?? this.#nextSequence) + 1;
      this.#lastTimestamp = event?.timestamp ?? this.#lastTimestamp;
      if (event !== null) events.push(event);
    }
    this.#end = end;
    this.torn = end < size;
    if (events.length > 0 && this.#hashes.leaves() < this.size) this.hashesBehind = true;
    return events;
  }

  #commit(lines: readonly Buffer[], bytes: number, timestamp: string): void {
    this.#end += bytes;
    this.#nextSequence += lines.length;
    this.#lastTimestamp = timestamp;
    for (const line of lines) this.#store(this.#frontier, leafHash(sha256, line));
  }

  /** Adds a leaf and stores its hashes. They are derived: if that fails, the next start makes them again. */
  #store(frontier: TreeFrontier, leaf: Uint8Array): void {
    const index = frontier.size;
    const hashes = frontier.add(leaf);
    try {
      this.#hashes.writeLeaf(index, hashes);
    } catch {
      this.hashesBehind = true;
    }
  }

  #openForWriting(): AppendLog {
    if (this.#text === null || !this.#writable) {
      if (this.#text === null) makePrivateFolder(this.folder);
      const writable = AppendLog.open(this.#textPath);
      this.#text?.close();
      this.#text = writable;
      this.#writable = true;
    }
    return this.#text;
  }

  /** The log has fewer events than this process has seen in it. */
  foundMissing(size: number): void {
    this.#foundCorrupt([problemOf('events-missing', this.size, size - 1)]);
  }

  /** Whether the corruption, if there is one, is on record in the folder. */
  get corruptionRecorded(): boolean {
    return this.#corruptionStamp > 0;
  }

  /** A full check found damage. */
  foundProblems(problems: LogProblem[]): void {
    this.#foundCorrupt(problems);
  }

  #foundCorrupt(problems: LogProblem[]): void {
    this.corruption = { schemaVersion: 1, foundAt: this.#now(), problems, acknowledged: null };
    this.#corruptionStamp = -1;
  }

  /** Another process may have found, or acknowledged, a corruption. */
  #readCorruption(): void {
    // Asked at every append: whether there is a record at all is the cheapest question.
    if (this.#corruptionStamp <= 0 && !existsSync(this.#corruptionPath)) return;
    const stamp = statSync(this.#corruptionPath, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (stamp === this.#corruptionStamp) return;
    this.#corruptionStamp = stamp;
    this.corruption = readCorruptionRecord(this.folder, this.#now());
  }
}

export function textPath(folder: string): string {
  return join(folder, 'events.jsonl');
}
