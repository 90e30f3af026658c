import { createHash } from 'node:crypto';

/** RFC 6962, section 2.1, word for word: slow, and short enough to be seen to be right. Hashes are hex. */

export function leaf(line: string | Uint8Array): string {
  return createHash('sha256')
    .update(Buffer.from([0]))
    .update(line)
    .digest('hex');
}

/** The root over leaf hashes (MTH). */
export function root(leaves: readonly string[]): string {
  if (leaves.length === 0) return createHash('sha256').digest('hex');
  if (leaves.length === 1) return leaves[0] as string;
  const k = split(leaves.length);
  return createHash('sha256')
    .update(Buffer.from(`01${root(leaves.slice(0, k))}${root(leaves.slice(k))}`, 'hex'))
    .digest('hex');
}

/** PATH(m, D[n]). */
export function inclusionPath(m: number, leaves: readonly string[]): string[] {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...inclusionPath(m, leaves.slice(0, k)), root(leaves.slice(k))]
    : [...inclusionPath(m - k, leaves.slice(k)), root(leaves.slice(0, k))];
}

/** PROOF(m, D[n]). */
export function consistencyPath(m: number, leaves: readonly string[]): string[] {
  return subproof(m, leaves, true);
}

function subproof(m: number, leaves: readonly string[], complete: boolean): string[] {
  if (m === leaves.length) return complete ? [] : [root(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), complete), root(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), root(leaves.slice(0, k))];
}

/** Roots of the maximal complete subtrees of [from, to), in order. */
export function subtreeRoots(from: number, to: number, leaves: readonly string[]): string[] {
  const roots: string[] = [];
  for (let at = from; at < to; ) {
    let length = 1;
    while (at % (2 * length) === 0 && at + 2 * length <= to) length *= 2;
    roots.push(root(leaves.slice(at, at + length)));
    at += length;
  }
  return roots;
}

function split(size: number): number {
  let k = 1;
  while (2 * k < size) k *= 2;
  return k;
}
