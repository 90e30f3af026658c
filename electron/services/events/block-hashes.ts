import { hash } from 'node:crypto';
import { frontierNodes, hashLength, storedHashCount, storedHashIndex } from '#shared/logic/merkle.ts';

/** Blocks of this level, 4,096 leaves, are hashed and compared at once; ranges begin at a block's first leaf. */
export const blockLevel = 12;
export const blockLeaves = 2 ** blockLevel;

/** The hashes of one block in stored order, computed as the leaves come. */
export class BlockHashes {
  readonly #bytes = Buffer.alloc(storedHashCount(blockLeaves) * hashLength);
  readonly #words = new Uint32Array(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length / 4);
  /** A node's input, 0x01 ‖ left ‖ right, such that both hashes begin at a whole word. */
  readonly #cell = Buffer.alloc(4 + 2 * hashLength);
  readonly #cellWords = new Uint32Array(this.#cell.buffer, this.#cell.byteOffset, this.#cell.length / 4);
  readonly #input: Buffer;
  readonly #unknown = new Set<number>();
  #count = 0;
  #leaves = 0;

  constructor() {
    this.#cell[3] = 1;
    this.#input = this.#cell.subarray(3);
  }

  get leaves(): number {
    return this.#leaves;
  }

  get complete(): boolean {
    return this.#unknown.size === 0;
  }

  known(leaf: number): boolean {
    return !this.#unknown.has(leaf);
  }

  /** Adds a leaf (a latin1 string of 32 characters; null when it was lost) and the parents that it completes. */
  add(leaf: string | null): void {
    if (leaf === null) this.#unknown.add(this.#leaves);
    else this.#bytes.write(leaf, this.#count * hashLength, 'latin1');
    this.#count += 1;
    let distance = 2;
    for (let rest = this.#leaves; (rest & 1) === 1; rest >>= 1) {
      // Of two siblings, the right one was stored last; the left one before the right one's subtree.
      const left = (this.#count - distance) * 8;
      const right = (this.#count - 1) * 8;
      for (let word = 0; word < 8; word += 1) {
        this.#cellWords[1 + word] = this.#words[left + word] as number;
        this.#cellWords[9 + word] = this.#words[right + word] as number;
      }
      this.#bytes.write(hash('sha256', this.#input, 'binary'), this.#count * hashLength, 'latin1');
      this.#count += 1;
      distance *= 2;
    }
    this.#leaves += 1;
  }

  equals(stored: Buffer): boolean {
    return this.#bytes.subarray(0, this.#count * hashLength).equals(stored);
  }

  hashAt(position: number): Buffer {
    return this.#bytes.subarray(position * hashLength, (position + 1) * hashLength);
  }

  /** Whether some stored ancestor of the leaf is the one that follows from the text: then the text is right. */
  provenByAncestor(leaf: number, stored: Buffer): boolean {
    for (let level = 1; level <= blockLevel; level += 1) {
      const index = leaf >> level;
      if ((index + 1) * 2 ** level > this.#leaves) return false;
      const position = storedHashIndex(level, index);
      const recorded = stored.subarray(position * hashLength, (position + 1) * hashLength);
      if (this.hashAt(position).equals(recorded)) return true;
    }
    return false;
  }

  frontier(): Buffer {
    return Buffer.concat(
      frontierNodes(this.#leaves).map(({ level, index }) => this.hashAt(storedHashIndex(level, index))),
    );
  }

  clear(): void {
    this.#count = 0;
    this.#leaves = 0;
    this.#unknown.clear();
  }
}
