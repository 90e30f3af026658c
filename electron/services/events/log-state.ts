import { statSync } from 'node:fs';
import { join } from 'node:path';
import { AppendLog } from '#electron/storage/append-log.ts';
import { makePrivateFolder } from '#electron/storage/atomic-file.ts';
import type { LogEvent, LogProblem } from '#shared/model/event.ts';
import type { CorruptionRecord } from './corruption-record.ts';
import { parseEventLine } from './event-line.ts';
import { KnownCorruption } from './known-corruption.ts';
import { endOfCompleteLines, linesBackward, linesForward, sequenceOfLine } from './log-lines.ts';
import { describeProblems, problemOf } from './log-problems.ts';
import { LogTree } from './log-tree.ts';
import { type VerificationSubject, verifyHere } from './log-verification.ts';

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
  readonly #tree: LogTree;
  readonly #corruption: KnownCorruption;
  #text: AppendLog | null = null;
  #writable = false;
  /** Where the complete lines end, in bytes. */
  #end = 0;
  #nextSequence = 0;
  #lastTimestamp: string | null = null;
  #torn = false;

  private constructor(folder: string, now: () => string) {
    this.folder = folder;
    this.#textPath = textPath(folder);
    this.#tree = new LogTree(join(folder, 'hashes'));
    this.#corruption = new KnownCorruption(folder, now);
  }

  /** Reads tail and frontier. Throws the system's error when the files cannot be read. */
  static load(folder: string, now: () => string): LogState {
    const state = new LogState(folder, now);
    try {
      state.#corruption.refresh();
      state.#load();
      return state;
    } catch (error) {
      state.close();
      throw error;
    }
  }

  /** Events in the log. */
  get size(): number {
    return this.#tree.size;
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

  /** There are bytes after the last complete line. */
  get torn(): boolean {
    return this.#torn;
  }

  /** The stored hashes do not reach to the end of the text, or do not fit it. */
  get hashesBehind(): boolean {
    return this.#tree.behind;
  }

  /** What was found damaged, acknowledged or not. */
  get corruption(): CorruptionRecord | null {
    return this.#corruption.record;
  }

  /** Something was found that nobody has acknowledged: nothing may be appended. */
  get corrupt(): boolean {
    return this.#corruption.pending;
  }

  /** Whether the corruption, if there is one, is on record in the folder. */
  get corruptionRecorded(): boolean {
    return this.#corruption.recorded;
  }

  root(): Uint8Array {
    return this.#tree.root();
  }

  /** The root when the log had `size` events; null if that cannot be told now. */
  rootAt(size: number): Uint8Array | null {
    return this.#tree.rootAt(size);
  }

  /** Null while there is no text. */
  subject(): VerificationSubject | null {
    if (this.#text === null) return null;
    return {
      text: this.#text,
      hashes: this.#tree.hashes,
      end: this.#end,
      leaves: this.#expectedLeaves(),
      firstSequence: 0,
      placedBySequence: !this.corruption?.acknowledged,
    };
  }

  close(): void {
    this.#text?.close();
    this.#text = null;
    this.#tree.close();
  }

  /** Notices what other processes appended, or that the file is not the one that was read. */
  catchUp(): Noticed {
    this.#corruption.refresh();
    const found = statSync(this.#textPath, { throwIfNoEntry: false });
    if (found === undefined) return this.#text === null ? { events: [] } : 'replaced';
    if (this.#text === null || found.ino !== this.#text.inode || found.size < this.#end) return 'replaced';
    if (found.size === this.#end) {
      this.#torn = false;
      return { events: [] };
    }
    return { events: this.#takeNewLines(this.#text, found.size) };
  }

  /** The log has fewer events than this process has seen in it. */
  foundMissing(size: number): void {
    this.foundProblems([problemOf('events-missing', this.size, size - 1)]);
  }

  /** Damage that was found: from now on the log counts as corrupt. */
  foundProblems(problems: LogProblem[]): void {
    this.#corruption.found(problems);
  }

  /** Puts what was found on record, so that every process, and every later start, knows of it. */
  recordCorruption(): void {
    this.#corruption.putOnRecord();
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
    this.#torn = false;
    this.#commit([line], bytes.length, timestamp);
  }

  /** Makes the stored hashes fit the text again. Returns how many leaves had to be hashed. */
  fillHashesUnderLock(): number {
    return this.#text === null ? 0 : this.#tree.fill(this.#text, this.#end);
  }

  /** Writes `hashes` anew from the text as it is, line by line. */
  rebuildHashesUnderLock(): void {
    this.#tree.rebuild(this.#openForWriting(), this.#end);
  }

  #load(): void {
    // Hashes first: who appends writes them after the text, so that read in this order they are never ahead of it.
    const stored = this.#tree.hashes.leaves();
    const text = AppendLog.openForReading(this.#textPath);
    this.#text = text;
    const last = text === null ? null : this.#readTail(text);
    if (text === null || last === null) {
      if (stored > 0) this.foundProblems([problemOf('events-missing', 0, stored - 1)]);
      return;
    }
    const event = parseEventLine(last.toString('utf8'));
    const offset = this.corruption?.acknowledged?.sequenceOffset ?? 0;
    if (event !== null) {
      this.#nextSequence = event.seq + 1;
      this.#lastTimestamp = event.timestamp;
    }
    const leaves = event === null ? -1 : event.seq + 1 - offset;
    if (!this.#tree.open(text, this.#end, stored, leaves)) this.#diagnose(text, stored);
  }

  /** The last complete line; null when there is none. */
  #readTail(text: AppendLog): Buffer | null {
    const size = text.size();
    this.#end = endOfCompleteLines(text, size);
    this.#torn = this.#end < size;
    const last = linesBackward(text, this.#end).next();
    return last.done ? null : last.value.bytes;
  }

  /** Tail and stored hashes do not fit: reads everything to tell damaged text from damaged hashes. */
  #diagnose(text: AppendLog, stored: number): void {
    this.#tree.startOver();
    let consecutive = true;
    this.#nextSequence = 0;
    for (const line of linesForward(text, 0, this.#end)) {
      this.#tree.note(line.bytes);
      const sequence = sequenceOfLine(line.bytes);
      consecutive &&= sequence === this.#nextSequence;
      this.#nextSequence = (sequence === -1 ? this.#nextSequence : sequence) + 1;
    }
    // Without any stored hashes there is nothing to compare with: the order is all that can be wrong.
    if (stored === 0 && consecutive) return;
    if (this.corrupt) return;
    const known = this.corruption?.acknowledged?.leaves ?? 0;
    const findings = verifyHere(this.subject() as VerificationSubject);
    const problems = findings.problems.filter(
      (problem) => problem.code === 'event-altered' || problem.firstLeaf >= known,
    );
    if (problems.length > 0) this.foundProblems(describeProblems(problems));
  }

  /**
   * The leaves that the log should have: its lines, or more where sequence numbers or stored hashes tell of lost
   * ones. Zeros stored beyond the text tell of nothing but a power cut.
   */
  #expectedLeaves(): number {
    if (!this.hashesBehind && !this.corrupt) return this.size;
    if (this.corruption?.acknowledged) return this.size;
    const { hashes } = this.#tree;
    let expected = Math.max(this.size, Math.min(this.#nextSequence, this.size + mostLostLeaves));
    for (let leaf = hashes.leaves() - 1; leaf >= expected; leaf -= 1) {
      if (hashes.leaf(leaf).some((byte) => byte !== 0)) expected = leaf + 1;
    }
    return expected;
  }

  #takeNewLines(text: AppendLog, size: number): LogEvent[] {
    const events: LogEvent[] = [];
    let end = this.#end;
    for (const line of linesForward(text, this.#end, size)) {
      end = line.start + line.bytes.length + 1;
      const event = parseEventLine(line.bytes.toString('utf8'));
      if (event?.seq !== this.#nextSequence) {
        this.foundProblems([problemOf('sequence-gap', this.#nextSequence, this.#nextSequence)]);
      }
      this.#tree.note(line.bytes);
      this.#nextSequence = (event?.seq ?? this.#nextSequence) + 1;
      this.#lastTimestamp = event?.timestamp ?? this.#lastTimestamp;
      if (event !== null) events.push(event);
    }
    this.#end = end;
    this.#torn = end < size;
    if (events.length > 0) this.#tree.checkStored();
    return events;
  }

  #commit(lines: readonly Buffer[], bytes: number, timestamp: string): void {
    this.#end += bytes;
    this.#nextSequence += lines.length;
    this.#lastTimestamp = timestamp;
    for (const line of lines) this.#tree.append(line);
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
}

export function textPath(folder: string): string {
  return join(folder, 'events.jsonl');
}
