import { existsSync, statSync } from 'node:fs';
import type { LogProblem } from '#shared/model/event.ts';
import {
  type CorruptionRecord,
  corruptionRecordPath,
  readCorruptionRecord,
  writeCorruptionRecord,
} from './corruption-record.ts';

/** What is known to be damaged in a log's folder: on record there, or found by this process and not yet recorded. */
export class KnownCorruption {
  readonly #folder: string;
  readonly #path: string;
  readonly #now: () => string;
  #record: CorruptionRecord | null = null;
  /** When the record that was read was written; 0 when there was none; -1 when it was found here. */
  #stamp = 0;

  constructor(folder: string, now: () => string) {
    this.#folder = folder;
    this.#path = corruptionRecordPath(folder);
    this.#now = now;
  }

  get record(): CorruptionRecord | null {
    return this.#record;
  }

  /** Something was found that nobody has acknowledged. */
  get pending(): boolean {
    return this.#record !== null && this.#record.acknowledged === null;
  }

  /** Whether the corruption, if there is one, is on record in the folder. */
  get recorded(): boolean {
    return this.#stamp > 0;
  }

  /** Another process may have found, or acknowledged, a corruption. Throws the system's error. */
  refresh(): void {
    // Asked at every append: whether there is a record at all is the cheapest question.
    if (this.#stamp <= 0 && !existsSync(this.#path)) return;
    const stamp = statSync(this.#path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#record = readCorruptionRecord(this.#folder, this.#now());
  }

  found(problems: LogProblem[]): void {
    this.#record = { schemaVersion: 1, foundAt: this.#now(), problems, acknowledged: null };
    this.#stamp = -1;
  }

  /** Puts what was found on record, so that every process, and every later start, knows of it. */
  putOnRecord(): void {
    if (this.#record === null) return;
    try {
      writeCorruptionRecord(this.#folder, this.#record);
    } catch {
      // Then only this process knows; whoever looks next finds it again.
    }
  }
}
