import { equalBytes } from './bytes.ts';
import {
  emptyRoot,
  type HashFunction,
  hashLength,
  nodeHash,
  rootOfFrontier,
  type SubtreeNode,
  storedHashIndex,
} from './merkle.ts';

/**
 * Proofs over the tree of merkle.ts (RFC 6962, section 2.1). Making one reads O(log n) stored hashes; checking one
 * needs nothing but the proof, by the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2.
 */

/** Gets the stored hash at a position; see `storedHashIndex`. */
export type ReadStoredHash = (position: number) => Uint8Array;

/**
 * The maximal complete subtrees that the leaves [from, to) consist of, in order: repeatedly the largest 2^k with
 * from mod 2^k = 0 and from + 2^k ≤ to.
 */
export function completeSubtrees(from: number, to: number): SubtreeNode[] {
  const nodes: SubtreeNode[] = [];
  for (let at = from; at < to; ) {
    let level = 0;
    for (let leaves = 2; at % leaves === 0 && at + leaves <= to; leaves *= 2) level += 1;
    nodes.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return nodes;
}

/** RFC 6962, 2.1.1: the path from leaf `index` to the root over the first `size` leaves. 0 ≤ index < size. */
export function inclusionProof(
  hash: HashFunction,
  index: number,
  size: number,
  read: ReadStoredHash,
): Uint8Array[] {
  if (!(index >= 0 && index < size)) throw new RangeError(`There is no leaf ${index} among ${size}`);
  const path: Uint8Array[] = [];
  for (let from = 0, to = size; to - from > 1; ) {
    const middle = from + largestPowerBelow(to - from);
    if (index < middle) {
      path.push(hashOfRange(hash, middle, to, read));
      to = middle;
    } else {
      path.push(hashOfRange(hash, from, middle, read));
      from = middle;
    }
  }
  return path.reverse();
}

/** RFC 6962, 2.1.2: that the first `second` leaves begin with the first `first`. 0 ≤ first ≤ second. */
export function consistencyProof(
  hash: HashFunction,
  first: number,
  second: number,
  read: ReadStoredHash,
): Uint8Array[] {
  if (!(first >= 0 && first <= second))
    throw new RangeError(`${first} leaves are not the first of ${second}`);
  if (first === 0) return [];
  const path: Uint8Array[] = [];
  let from = 0;
  for (let to = second; first < to; ) {
    const middle = from + largestPowerBelow(to - from);
    if (first <= middle) {
      path.push(hashOfRange(hash, middle, to, read));
      to = middle;
    } else {
      path.push(hashOfRange(hash, from, middle, read));
      from = middle;
    }
  }
  // The subtree that ends at `first`: the verifier has its hash already if it is the whole first tree.
  if (from > 0) path.push(hashOfRange(hash, from, first, read));
  return path.reverse();
}

export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  readonly leaf: Uint8Array;
  readonly root: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** Whether the leaf is where the claim says, in the tree with this root. Never throws. */
export function verifyInclusion(hash: HashFunction, claim: InclusionClaim): boolean {
  const { index, size, leaf, root, path } = claim;
  if (!isCount(index) || !isCount(size) || index >= size || !areHashes(leaf, root, ...path)) return false;
  let node = leaf;
  let inNode = index;
  let last = size - 1;
  for (const sibling of path) {
    if (last === 0) return false;
    if (inNode % 2 === 1 || inNode === last) {
      node = nodeHash(hash, sibling, node);
      while (inNode % 2 === 0 && inNode > 0) {
        inNode /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      node = nodeHash(hash, node, sibling);
    }
    inNode = Math.floor(inNode / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(node, root);
}

export interface ConsistencyClaim {
  readonly firstSize: number;
  readonly firstRoot: Uint8Array;
  readonly secondSize: number;
  readonly secondRoot: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/**
 * Whether the second tree begins with the first: nothing of it was changed or removed. The empty tree is the
 * beginning of every tree; trees of one size must be equal. Never throws.
 */
export function verifyConsistency(hash: HashFunction, claim: ConsistencyClaim): boolean {
  const { firstSize, firstRoot, secondSize, secondRoot, path } = claim;
  if (!isCount(firstSize) || !isCount(secondSize) || firstSize > secondSize) return false;
  if (!areHashes(firstRoot, secondRoot, ...path)) return false;
  if (firstSize === secondSize) return path.length === 0 && equalBytes(firstRoot, secondRoot);
  if (firstSize === 0) return path.length === 0 && equalBytes(firstRoot, emptyRoot(hash));
  if (path.length === 0) return false;

  const isPower = largestPowerBelow(firstSize + 1) === firstSize;
  const [start, ...rest] = isPower ? [firstRoot, ...path] : path;
  let inFirst = firstSize - 1;
  let last = secondSize - 1;
  while (inFirst % 2 === 1) {
    inFirst = Math.floor(inFirst / 2);
    last = Math.floor(last / 2);
  }
  let first = start as Uint8Array;
  let second = first;
  for (const node of rest) {
    if (last === 0) return false;
    if (inFirst % 2 === 1 || inFirst === last) {
      first = nodeHash(hash, node, first);
      second = nodeHash(hash, node, second);
      while (inFirst % 2 === 0 && inFirst > 0) {
        inFirst /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      second = nodeHash(hash, second, node);
    }
    inFirst = Math.floor(inFirst / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equalBytes(first, firstRoot) && equalBytes(second, secondRoot);
}

/** The hash of the leaves [from, to) as one branch of the tree: `from` is a multiple of a power of two ≥ to − from. */
function hashOfRange(hash: HashFunction, from: number, to: number, read: ReadStoredHash): Uint8Array {
  const nodes = completeSubtrees(from, to);
  return rootOfFrontier(
    hash,
    nodes.map(({ level, index }) => read(storedHashIndex(level, index))),
  );
}

/** The largest power of two that is smaller than `count`; count ≥ 2. */
function largestPowerBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function areHashes(...hashes: readonly Uint8Array[]): boolean {
  return hashes.every(({ length }) => length === hashLength);
}
