/**
 * The Merkle tree of RFC 6962 (section 2.1), with its hashes stored as Go's golang.org/x/mod/sumdb/tlog stores them:
 * one sequence in which each leaf is followed by the parents that it completes. The sequence only ever grows at its
 * end, and the root of any prefix, as well as a proof, needs O(log n) of its entries.
 *
 * Hashing is handed in. Sizes and positions are counts, exact up to 2^53.
 */

/** SHA-256 of the bytes: 32 bytes. */
export type HashFunction = (bytes: Uint8Array) => Uint8Array;

/** Bytes of one hash. */
export const hashLength = 32;

/** RFC 6962: hash of a leaf's data, SHA-256(0x00 ‖ data). */
export function leafHash(hash: HashFunction, data: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + data.length);
  input.set(data, 1);
  return hash(input);
}

/** RFC 6962: hash of an interior node, SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(hash: HashFunction, left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + 2 * hashLength);
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 1 + hashLength);
  return hash(input);
}

/** RFC 6962: the root of the tree without leaves, SHA-256 of nothing. */
export function emptyRoot(hash: HashFunction): Uint8Array {
  return hash(new Uint8Array(0));
}

/** Where the hash of node `index` on `level` (leaves are level 0) is stored; tlog's StoredHashIndex. */
export function storedHashIndex(level: number, index: number): number {
  let leaf = index;
  for (let above = level; above > 0; above -= 1) leaf = 2 * leaf + 1;
  return level + storedHashCount(leaf);
}

/** How many hashes are stored for a tree of `size` leaves: 2·size less the number of ones in size. */
export function storedHashCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest;
  return count;
}

/** The largest tree whose hashes are all among the first `count` stored ones. */
export function sizeOfStoredHashes(count: number): number {
  let size = Math.ceil(count / 2);
  while (storedHashCount(size + 1) <= count) size += 1;
  while (storedHashCount(size) > count) size -= 1;
  return size;
}

/** A complete subtree: node `index` on `level`, over the leaves from index·2^level to (index+1)·2^level. */
export interface SubtreeNode {
  readonly level: number;
  readonly index: number;
}

/** The complete subtrees that a tree of `size` leaves consists of, largest first: one for each one in its binary form. */
export function frontierNodes(size: number): SubtreeNode[] {
  const nodes: SubtreeNode[] = [];
  let before = 0;
  for (let level = Math.floor(Math.log2(size || 1)); level >= 0; level -= 1) {
    const leaves = 2 ** level;
    if (size - before < leaves) continue;
    nodes.push({ level, index: before / leaves });
    before += leaves;
  }
  return nodes;
}

/** The root of the first `size` leaves, from O(log n) stored hashes. `read` gets a stored position. */
export function rootFromStored(
  hash: HashFunction,
  size: number,
  read: (position: number) => Uint8Array,
): Uint8Array {
  return rootOfFrontier(
    hash,
    frontierNodes(size).map(({ level, index }) => read(storedHashIndex(level, index))),
  );
}

/** The root of a tree, from the roots of its complete subtrees, largest first. */
export function rootOfFrontier(hash: HashFunction, subtrees: readonly Uint8Array[]): Uint8Array {
  let root: Uint8Array | null = null;
  for (const subtree of subtrees.toReversed()) root = root === null ? subtree : nodeHash(hash, subtree, root);
  return root ?? emptyRoot(hash);
}

/**
 * A tree that grows at its end and remembers only its frontier: the roots of its complete subtrees. Enough to append
 * and to know the root; proofs need the stored hashes.
 */
export class TreeFrontier {
  readonly #hash: HashFunction;
  #size: number;
  readonly #subtrees: Uint8Array[];

  /** `subtrees` are the hashes of `frontierNodes(size)`, in that order. */
  constructor(hash: HashFunction, size = 0, subtrees: readonly Uint8Array[] = []) {
    this.#hash = hash;
    this.#size = size;
    this.#subtrees = [...subtrees];
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a leaf's hash. Returns what is to be stored for it: the leaf, then the parents that it completes. */
  add(leaf: Uint8Array): Uint8Array[] {
    const stored = [leaf];
    let node = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      node = nodeHash(this.#hash, this.#subtrees.pop() as Uint8Array, node);
      stored.push(node);
    }
    this.#subtrees.push(node);
    this.#size += 1;
    return stored;
  }

  root(): Uint8Array {
    return rootOfFrontier(this.#hash, this.#subtrees);
  }

  copy(): TreeFrontier {
    return new TreeFrontier(this.#hash, this.#size, this.#subtrees);
  }
}
