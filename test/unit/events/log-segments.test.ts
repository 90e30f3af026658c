import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '#electron/services/events/sha256.ts';
import {
  type EventRange,
  makeSegments,
  ProofMismatch,
  SegmentCheck,
  TreeFold,
} from '#shared/logic/log-segments.ts';
import { leafHash } from '#shared/logic/merkle.ts';
import { completeSubtrees } from '#shared/logic/merkle-proofs.ts';
import type { ProofSegment } from '#shared/model/log-proof.ts';
import { StoredTree } from './stored-tree.ts';

const tree = StoredTree.ofSize(140);
const hex = (hash: Uint8Array) => Buffer.from(hash).toString('hex');

/** A size, and ranges of it in order, some of them touching. */
const parts = fc.integer({ min: 1, max: 140 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    ranges: fc.uniqueArray(fc.nat({ max: size }), { maxLength: 9 }).map((cuts) => {
      const sorted = cuts.sort((a, b) => a - b);
      return sorted
        .slice(1)
        .map((to, at): EventRange => ({ from: sorted[at] as number, to, firstSeq: sorted[at] as number }))
        .filter((_, at) => at % 3 !== 1);
    }),
  }),
);

function check(
  size: number,
  segments: readonly ProofSegment[],
  rootsAt: readonly number[] = [],
): SegmentCheck {
  const checked = new SegmentCheck(sha256, size, segments, rootsAt);
  for (let next = checked.expected(); next !== null; next = checked.expected()) {
    checked.leaf(tree.leaves[next.leafIndex] as Uint8Array);
  }
  return checked;
}

describe('the segments of a log', () => {
  it('give the root of the whole tree, whichever events are given', () => {
    fc.assert(
      fc.property(parts, ({ size, ranges }) => {
        const segments = makeSegments(size, ranges, tree.read);
        expect(hex(check(size, segments).finish())).toBe(hex(tree.rootAt(size)));
        expect(segments.filter(({ kind }) => kind === 'events')).toEqual(
          ranges.map(({ from, to, firstSeq }) => ({ kind: 'events', from, to, first_seq: firstSeq })),
        );
      }),
    );
  });

  it('give each earlier root that follows from them, and none that does not', () => {
    fc.assert(
      fc.property(parts, ({ size, ranges }) => {
        const segments = makeSegments(size, ranges, tree.read);
        const wanted = Array.from({ length: size + 1 }, (_, index) => index);
        const checked = check(size, segments, wanted);
        checked.finish();
        const tellable = new Set([0]);
        for (const { kind, from, to } of segments) {
          const ends =
            kind === 'events'
              ? Array.from({ length: to - from }, (_, index) => from + index + 1)
              : completeSubtrees(from, to).map(({ level, index }) => (index + 1) * 2 ** level);
          for (const end of ends) tellable.add(end);
        }
        for (const at of wanted) {
          const root = checked.rootAt(at);
          expect(root && hex(root)).toBe(tellable.has(at) ? hex(tree.rootAt(at)) : null);
        }
      }),
    );
  });

  it('give another root, or none, after any single change', () => {
    const changes = fc.constantFrom('node', 'leaf', 'drop', 'swap', 'shift', 'extra') as fc.Arbitrary<
      'node' | 'leaf' | 'drop' | 'swap' | 'shift' | 'extra'
    >;
    fc.assert(
      fc.property(parts, changes, fc.nat(), ({ size, ranges }, change, which) => {
        const segments = makeSegments(size, ranges, tree.read);
        const given = ranges.flatMap(({ from, to }) => tree.leaves.slice(from, to));
        const hashes = segments.filter((segment) => segment.kind === 'hashes');
        const target = hashes[which % Math.max(1, hashes.length)];
        if (change === 'node' || change === 'extra' || change === 'shift') fc.pre(target !== undefined);
        if (change === 'leaf' || change === 'drop') fc.pre(given.length > 0);
        if (change === 'swap') fc.pre(given.length > 1);
        let changed: ProofSegment[] = segments;
        const leaves = [...given];
        const at = which % Math.max(1, leaves.length);
        if (change === 'node' && target?.kind === 'hashes') {
          const flipped = `${target.nodes[0]?.startsWith('0') ? '1' : '0'}${target.nodes[0]?.slice(1)}`;
          changed = segments.map((one) =>
            one === target ? { ...target, nodes: target.nodes.with(0, flipped) } : one,
          );
        } else if (change === 'extra' && target?.kind === 'hashes') {
          changed = segments.map((one) =>
            one === target ? { ...target, nodes: [...target.nodes, hex(tree.rootAt(1))] } : one,
          );
        } else if (change === 'shift' && target) {
          changed = segments.map((one) => (one === target ? { ...target, to: target.to + 1 } : one));
        } else if (change === 'leaf') leaves[at] = leafHash(sha256, Buffer.from('another'));
        else if (change === 'drop') leaves.splice(at, 1);
        else leaves.splice(at, 2, leaves[(at + 1) % leaves.length] as Uint8Array, leaves[at] as Uint8Array);
        const root = () => {
          const checked = new SegmentCheck(sha256, size, changed);
          for (const leaf of leaves) checked.leaf(leaf);
          return hex(checked.finish());
        };
        let found: string;
        try {
          found = root();
        } catch (error) {
          expect(error).toBeInstanceOf(ProofMismatch);
          return;
        }
        expect(found).not.toBe(hex(tree.rootAt(size)));
      }),
    );
  });

  it('refuse what covers too little, too much, twice, or is no hash', () => {
    const node = hex(tree.rootAt(4));
    const four: ProofSegment = { kind: 'hashes', from: 0, to: 4, nodes: [node] };
    const wrong: ProofSegment[][] = [
      [],
      [{ ...four, from: 4, to: 0 }],
      [four, { kind: 'events', from: 4, to: 4, first_seq: 4 }],
      [four, { kind: 'events', from: 3, to: 5, first_seq: 3 }],
      [four, { kind: 'events', from: 5, to: 6, first_seq: 5 }],
      [four, { kind: 'events', from: 4, to: 6, first_seq: 4 }],
      [
        { ...four, nodes: [node.toUpperCase()] },
        { kind: 'events', from: 4, to: 5, first_seq: 4 },
      ],
      [
        { ...four, nodes: [node.slice(2)] },
        { kind: 'events', from: 4, to: 5, first_seq: 4 },
      ],
      [
        { ...four, nodes: [] },
        { kind: 'events', from: 4, to: 5, first_seq: 4 },
      ],
    ];
    for (const segments of wrong) {
      expect(() => new SegmentCheck(sha256, 5, segments)).toThrow(ProofMismatch);
    }
    const checked = new SegmentCheck(sha256, 0, []);
    expect(hex(checked.finish())).toBe(hex(tree.rootAt(0)));
    expect(() => checked.leaf(tree.leaves[0] as Uint8Array)).toThrow('more events');
  });

  it('are not made of ranges that overlap, are empty, or reach beyond the log', () => {
    const range = (from: number, to: number): EventRange => ({ from, to, firstSeq: from });
    for (const ranges of [
      [range(1, 1)],
      [range(0, 3), range(2, 4)],
      [range(4, 6)],
      [range(3, 4), range(0, 1)],
    ]) {
      expect(() => makeSegments(5, ranges, tree.read)).toThrow(RangeError);
    }
  });

  it('read O(log n) hashes for each gap', () => {
    tree.reads = 0;
    makeSegments(140, [{ from: 69, to: 70, firstSeq: 69 }], tree.read);
    expect(tree.reads).toBeLessThanOrEqual(2 * 8 * 2);
  });
});

it('a tree is not built of subtrees that begin where none does', () => {
  const fold = new TreeFold(sha256);
  fold.add(0, tree.leaves[0] as Uint8Array);
  expect(() => fold.add(1, tree.leaves[1] as Uint8Array)).toThrow(RangeError);
});
