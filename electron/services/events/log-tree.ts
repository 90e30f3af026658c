import type { AppendLog } from '#electron/storage/append-log.ts';
import { hashLength, leafHash, storedHashCount, TreeFrontier } from '#shared/logic/merkle.ts';
import { linesForward } from './log-lines.ts';
import { sha256 } from './sha256.ts';
import { StoredHashes } from './stored-hashes.ts';
import { hasConsecutiveTail, lastLeaves } from './tail-leaves.ts';

/** Gaps of this many leaves are filled from the end of the text; larger ones by rebuilding everything. */
const shortGap = 4_096;

/**
 * The Merkle tree over the lines of a text: its frontier in memory, all of its hashes in a file that is derived and
 * may have to be caught up.
 */
export class LogTree {
  readonly hashes: StoredHashes;
  #frontier = new TreeFrontier(sha256);
  #behind = false;

  /** `path`: the file of the hashes. */
  constructor(path: string) {
    this.hashes = new StoredHashes(path);
  }

  /** Leaves of the tree: lines of the text, as far as it was read. */
  get size(): number {
    return this.#frontier.size;
  }

  /** The stored hashes do not reach to the end of the text, or do not fit it. */
  get behind(): boolean {
    return this.#behind;
  }

  root(): Uint8Array {
    return this.#frontier.root();
  }

  /** The root over the first `size` lines; null if that cannot be told now. */
  rootAt(size: number): Uint8Array | null {
    if (size === this.size) return this.root();
    return size > this.size || this.#behind ? null : this.hashes.root(size);
  }

  /**
   * Takes over the first `stored` leaves of the file for a text of `leaves` lines that ends at `end`, and hashes the
   * lines that are missing. False, and nothing is taken over, when the file does not fit the text's last lines.
   */
  open(text: AppendLog, end: number, stored: number, leaves: number): boolean {
    const missing = leaves - stored;
    if (leaves <= 0 || missing < 0 || missing > shortGap || !this.#fits(text, end, stored, leaves))
      return false;
    if (missing > 0 && !hasConsecutiveTail(text, end, missing, stored === 0)) return false;
    this.#frontier = stored === 0 ? new TreeFrontier(sha256) : this.hashes.frontier(stored);
    for (const leaf of lastLeaves(text, end, missing)) this.#frontier.add(leaf);
    this.#behind = missing > 0;
    return true;
  }

  /** Begins again without a leaf, for a reader of the whole text who does not trust the stored hashes. */
  startOver(): void {
    this.#frontier = new TreeFrontier(sha256);
    this.#behind = true;
  }

  /** Takes note of a line that is in the text. Whether its hashes are stored is for `checkStored` to say. */
  note(line: Buffer): void {
    this.#frontier.add(leafHash(sha256, line));
  }

  /** Looks whether whoever wrote the lines that were noted has stored their hashes too. */
  checkStored(): void {
    if (this.hashes.leaves() < this.size) this.#behind = true;
  }

  /** Adds a line and stores its hashes. */
  append(line: Buffer): void {
    this.#store(this.#frontier, leafHash(sha256, line));
  }

  /** Makes the stored hashes fit the text again. Returns how many leaves had to be hashed. */
  fill(text: AppendLog, end: number): number {
    const stored = this.hashes.leaves();
    const missing = this.size - stored;
    if (missing <= 0 && !this.#behind) return 0;
    if (missing > 0 && missing <= shortGap && stored > 0 && this.#fits(text, end, stored, this.size)) {
      const frontier = this.hashes.frontier(stored);
      this.#behind = false;
      for (const leaf of lastLeaves(text, end, missing)) this.#store(frontier, leaf);
      return missing;
    }
    this.rebuild(text, end);
    return this.size;
  }

  /** Writes the hashes anew from the text as it is, line by line. Throws the system's error. */
  rebuild(text: AppendLog, end: number): void {
    this.hashes.truncate(0);
    const frontier = new TreeFrontier(sha256);
    let pending: Uint8Array[] = [];
    let position = 0;
    const flush = () => {
      this.hashes.write(position, Buffer.concat(pending));
      position += pending.length;
      pending = [];
    };
    for (const line of linesForward(text, 0, end)) {
      pending.push(...frontier.add(leafHash(sha256, line.bytes)));
      if (pending.length >= 8_192) flush();
    }
    flush();
    this.#frontier = frontier;
    this.#behind = false;
  }

  close(): void {
    this.hashes.close();
  }

  /** Whether line number `leaves` of `total`, its parents and the frontier over them are what is stored. */
  #fits(text: AppendLog, end: number, leaves: number, total: number): boolean {
    if (leaves === 0) return true;
    const leaf = lastLeaves(text, end, total - leaves + 1)[0];
    if (leaf === undefined) return false;
    const expected = Buffer.concat(this.hashes.frontier(leaves - 1).add(leaf));
    if (!this.hashes.frontierHolds(leaves)) return false;
    return this.hashes.read(storedHashCount(leaves - 1), expected.length / hashLength).equals(expected);
  }

  /** Adds a leaf and stores its hashes. They are derived: if that fails, the next start makes them again. */
  #store(frontier: TreeFrontier, leaf: Uint8Array): void {
    const index = frontier.size;
    const hashes = frontier.add(leaf);
    try {
      this.hashes.writeLeaf(index, hashes);
    } catch {
      this.#behind = true;
    }
  }
}
