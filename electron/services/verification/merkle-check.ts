import { hash } from 'node:crypto';

/**
 * RFC 6962's tree, from the checking side. Kept apart from what makes proofs (shared/logic), so that a mistake there
 * does not vouch for itself. Hashes are hex: they are compared and looked up more than they are computed.
 */

export const emptyTreeRoot = hash('sha256', Buffer.alloc(0));

export function leafOf(line: Uint8Array): string {
  const input = Buffer.allocUnsafe(1 + line.length);
  input[0] = 0;
  input.set(line, 1);
  return hash('sha256', input);
}

function parentOf(left: string, right: string): string {
  return hash('sha256', Buffer.from(`01${left}${right}`, 'hex'));
}

/** A tree that grows at its end by leaves or by whole subtrees, and knows its root at any time. */
export class GrowingTree {
  readonly #subtrees: { level: number; hash: string }[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a complete subtree of 2^level leaves; the size must be a multiple of that. */
  add(subtree: string, level = 0): void {
    let node = { level, hash: subtree };
    for (let last = this.#subtrees.at(-1); last?.level === node.level; last = this.#subtrees.at(-1)) {
      node = { level: node.level + 1, hash: parentOf(last.hash, node.hash) };
      this.#subtrees.pop();
    }
    this.#subtrees.push(node);
    this.#size += 2 ** level;
  }

  root(): string {
    const subtrees = this.#subtrees.toReversed();
    if (subtrees.length === 0) return emptyTreeRoot;
    return subtrees.map((subtree) => subtree.hash).reduce((right, left) => parentOf(left, right));
  }
}

/** Levels of the maximal complete subtrees of [from, to), in order. */
export function* subtreeLevels(from: number, to: number): Generator<number> {
  for (let at = from; at < to; ) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= to) level += 1;
    yield level;
    at += 2 ** level;
  }
}

/** RFC 9162, 2.1.3.2: whether leaf `index` of a tree of `size` leaves with this root has this hash. */
export function leadsToRoot(
  claim: { index: number; size: number; leaf: string; path: readonly string[] },
  root: string,
): boolean {
  if (claim.index >= claim.size) return false;
  let [node, at, last] = [claim.leaf, claim.index, claim.size - 1];
  for (const sibling of claim.path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      node = parentOf(sibling, node);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else node = parentOf(node, sibling);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && node === root;
}

/** RFC 9162, 2.1.4.2: whether the tree of the second size and root begins with that of the first. */
export function isExtension(
  first: { size: number; root: string },
  second: { size: number; root: string },
  path: readonly string[],
): boolean {
  if (first.size > second.size) return false;
  if (first.size === second.size) return path.length === 0 && first.root === second.root;
  if (first.size === 0) return path.length === 0 && first.root === emptyTreeRoot;
  const nodes = isPowerOfTwo(first.size) ? [first.root, ...path] : [...path];
  const start = nodes.shift();
  if (start === undefined) return false;
  let [at, last] = [first.size - 1, second.size - 1];
  while (at % 2 === 1) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  let [old, grown] = [start, start];
  for (const node of nodes) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      [old, grown] = [parentOf(node, old), parentOf(node, grown)];
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else grown = parentOf(grown, node);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && old === first.root && grown === second.root;
}

function isPowerOfTwo(size: number): boolean {
  return Number.isInteger(Math.log2(size));
}
