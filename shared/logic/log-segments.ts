import type { ProofSegment } from '#shared/model/log-proof.ts';
import { bytesOfHex, hexOf } from './bytes.ts';
import { type HashFunction, hashLength, nodeHash, rootOfFrontier, storedHashIndex } from './merkle.ts';
import { completeSubtrees, type ReadStoredHash } from './merkle-proofs.ts';

/**
 * A part of a log that proves itself (docs/report-format.md, `proof.json`): the events of some ranges, and between
 * them the hashes that complete them to the whole tree.
 */

/** Leaves [from, to) of which the events are given. */
export interface EventRange {
  readonly from: number;
  readonly to: number;
  /** Sequence number of the first one. */
  readonly firstSeq: number;
}

/** A proof and the events do not give the tree that they claim. The message is a sentence for people. */
export class ProofMismatch extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProofMismatch';
  }
}

/**
 * The segments of a tree of `size` leaves of which the events of these ranges are given: O(log n) stored hashes for
 * each gap. `ranges` are in order, not empty and do not overlap; those that touch stay apart.
 */
export function makeSegments(
  size: number,
  ranges: readonly EventRange[],
  read: ReadStoredHash,
): ProofSegment[] {
  const segments: ProofSegment[] = [];
  let at = 0;
  const hashesUpTo = (to: number) => {
    if (at === to) return;
    const nodes = completeSubtrees(at, to).map(({ level, index }) =>
      hexOf(read(storedHashIndex(level, index))),
    );
    segments.push({ kind: 'hashes', from: at, to, nodes });
  };
  for (const { from, to, firstSeq } of ranges) {
    if (from < at || to <= from || to > size)
      throw new RangeError(`[${from}, ${to}) is no range of ${size} leaves`);
    hashesUpTo(from);
    segments.push({ kind: 'events', from, to, first_seq: firstSeq });
    at = to;
  }
  hashesUpTo(size);
  return segments;
}

/** A tree built from left to right out of leaves and of roots of complete subtrees: a stack on which equals merge. */
export class TreeFold {
  readonly #hash: HashFunction;
  readonly #stack: { level: number; node: Uint8Array }[] = [];
  #size = 0;

  constructor(hash: HashFunction) {
    this.#hash = hash;
  }

  /** Leaves so far. */
  get size(): number {
    return this.#size;
  }

  /** Adds the root of the complete subtree of 2^level leaves that begins here; `size` is a multiple of 2^level. */
  add(level: number, node: Uint8Array): void {
    if (this.#size % 2 ** level !== 0)
      throw new RangeError(`No subtree of level ${level} begins at ${this.#size}`);
    let merged = { level, node };
    for (let top = this.#stack.at(-1); top?.level === merged.level; top = this.#stack.at(-1)) {
      this.#stack.pop();
      merged = { level: top.level + 1, node: nodeHash(this.#hash, top.node, merged.node) };
    }
    this.#stack.push(merged);
    this.#size += 2 ** level;
  }

  /** RFC 6962 root over all leaves so far. */
  root(): Uint8Array {
    return rootOfFrontier(
      this.#hash,
      this.#stack.map(({ node }) => node),
    );
  }
}

/**
 * Checks the segments of a proof while the events stream by:
 *
 *     const check = new SegmentCheck(sha256, proof.size, proof.segments);
 *     for (const line of lines) {
 *       const { leafIndex, segment } = check.expected(); // where the next event belongs
 *       check.leaf(leafHash(sha256, line));
 *     }
 *     const root = check.finish();
 *
 * Throws ProofMismatch as soon as something does not fit. Nothing of the segments is trusted: they are what a
 * hostile file may hold, of the right types.
 */
export class SegmentCheck {
  readonly #segments: readonly ProofSegment[];
  readonly #fold: TreeFold;
  readonly #wanted: ReadonlySet<number>;
  readonly #roots = new Map<number, Uint8Array>();
  #next = 0;

  /** `rootsAt`: sizes of which the root is wanted as well; `rootAt` tells which could be had. */
  constructor(
    hash: HashFunction,
    size: number,
    segments: readonly ProofSegment[],
    rootsAt: readonly number[] = [],
  ) {
    this.#segments = segments;
    this.#fold = new TreeFold(hash);
    this.#wanted = new Set(rootsAt);
    assertCover(size, segments);
    this.#note();
    this.#foldHashes();
  }

  /** The segment that the next event belongs to and its place in it; null when no further event is expected. */
  expected(): { leafIndex: number; segment: ProofSegment & { kind: 'events' } } | null {
    const segment = this.#segments[this.#next];
    return segment?.kind === 'events' ? { leafIndex: this.#fold.size, segment } : null;
  }

  /** Takes the hash of the next event. */
  leaf(hash: Uint8Array): void {
    const next = this.expected();
    if (next === null) throw new ProofMismatch('There are more events than the proof says.');
    this.#fold.add(0, hash);
    this.#note();
    if (this.#fold.size === next.segment.to) {
      this.#next += 1;
      this.#foldHashes();
    }
  }

  /** The root over all leaves, when all events were given. */
  finish(): Uint8Array {
    const next = this.expected();
    if (next !== null) {
      const missing = next.segment.to - next.leafIndex;
      throw new ProofMismatch(`Events are missing: the proof expects at least ${missing} more.`);
    }
    return this.#fold.root();
  }

  /** The root when the log had `size` leaves, if it was wanted; null where the proof does not tell it. */
  rootAt(size: number): Uint8Array | null {
    return this.#roots.get(size) ?? null;
  }

  #foldHashes(): void {
    for (; ; this.#next += 1) {
      const segment = this.#segments[this.#next];
      if (segment?.kind !== 'hashes') return;
      const { from, to, nodes } = segment;
      const places = completeSubtrees(from, to);
      if (places.length !== nodes.length) {
        throw new ProofMismatch(
          `The leaves ${from} to ${to - 1} have ${places.length} hashes, not ${nodes.length}.`,
        );
      }
      for (const [at, { level }] of places.entries()) {
        const node = bytesOfHex(nodes[at] as string);
        if (node?.length !== hashLength) throw new ProofMismatch('A hash of the proof is not 64 hex digits.');
        this.#fold.add(level, node);
        this.#note();
      }
    }
  }

  #note(): void {
    if (this.#wanted.has(this.#fold.size)) this.#roots.set(this.#fold.size, this.#fold.root());
  }
}

function assertCover(size: number, segments: readonly ProofSegment[]): void {
  let at = 0;
  for (const { from, to } of segments) {
    if (from !== at || to <= from)
      throw new ProofMismatch(`The segments leave a gap or overlap at leaf ${at}.`);
    at = to;
  }
  if (at !== size) throw new ProofMismatch(`The segments cover ${at} leaves; the tree has ${size}.`);
}
