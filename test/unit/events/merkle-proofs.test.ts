import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '#electron/services/events/sha256.ts';
import { nodeHash, storedHashIndex } from '#shared/logic/merkle.ts';
import {
  type ConsistencyClaim,
  consistencyProof,
  type InclusionClaim,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from '#shared/logic/merkle-proofs.ts';
import { referenceInputs, StoredTree } from './stored-tree.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (hash: Uint8Array) => Buffer.from(hash).toString('hex');
const someHash = bytes('abacaba000000000000000000000000000000000000000000060061e00123456');

/** Proofs of the reference tests (github.com/transparency-dev/merkle, proof/verify_test.go), index counted from 0. */
const publishedInclusion = [
  { index: 0, size: 1, path: [] },
  {
    index: 0,
    size: 8,
    path: [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  },
  {
    index: 5,
    size: 8,
    path: [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  },
  { index: 2, size: 3, path: ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'] },
  {
    index: 1,
    size: 5,
    path: [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  },
];
const publishedConsistency = [
  { first: 1, second: 1, path: [] },
  {
    first: 1,
    second: 8,
    path: [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  },
  {
    first: 6,
    second: 8,
    path: [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  },
  {
    first: 2,
    second: 5,
    path: [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  },
  {
    first: 6,
    second: 7,
    path: [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  },
];

const reference = new StoredTree(referenceInputs);
const tree = StoredTree.ofSize(130);

function inclusionClaim(of: StoredTree, index: number, size: number): InclusionClaim {
  const path = inclusionProof(sha256, index, size, of.read);
  return { index, size, leaf: of.leaves[index] as Uint8Array, root: of.rootAt(size), path };
}

function consistencyClaim(of: StoredTree, firstSize: number, secondSize: number): ConsistencyClaim {
  const path = consistencyProof(sha256, firstSize, secondSize, of.read);
  return { firstSize, firstRoot: of.rootAt(firstSize), secondSize, secondRoot: of.rootAt(secondSize), path };
}

/** Every way in which one hash of a list can be wrong. */
function mutatedPaths(path: readonly Uint8Array[], others: readonly Uint8Array[]): Uint8Array[][] {
  const flipped = path.map((node, at) =>
    path.with(
      at,
      Uint8Array.from(node, (byte, i) => byte ^ (i === at % 32 ? 16 : 0)),
    ),
  );
  const removed = path.map((_, at) => path.toSpliced(at, 1));
  const inserted = [...others, someHash].flatMap((other) => [
    [other, ...path],
    [...path, other],
  ]);
  const shortened = path.map((node, at) => path.with(at, node.subarray(1)));
  const swapped = path.slice(1).map((node, at) => path.with(at, node).with(at + 1, path[at] as Uint8Array));
  return [...flipped, ...removed, ...inserted, ...shortened, ...swapped, [new Uint8Array(0), ...path]];
}

describe('inclusion proofs', () => {
  it('are the published ones', () => {
    for (const { index, size, path } of publishedInclusion) {
      const claim = inclusionClaim(reference, index, size);
      expect(claim.path.map(hex)).toEqual(path);
      expect(verifyInclusion(sha256, claim)).toBe(true);
    }
  });

  it('are those of the example of RFC 6962, section 2.1.3', () => {
    const seven = StoredTree.ofSize(7);
    // The letters of the RFC's figure.
    const [, b, c, d, , f, j] = seven.leaves.map(hex);
    const g = hex(seven.read(storedHashIndex(1, 0)));
    const h = hex(seven.read(storedHashIndex(1, 1)));
    const i = hex(seven.read(storedHashIndex(1, 2)));
    const k = hex(seven.read(storedHashIndex(2, 0)));
    const l = hex(nodeHash(sha256, bytes(i), bytes(j as string)));
    const path = (index: number) => inclusionProof(sha256, index, 7, seven.read).map(hex);
    expect(path(0)).toEqual([b, h, l]);
    expect(path(3)).toEqual([c, g, l]);
    expect(path(4)).toEqual([f, j, k]);
    expect(path(6)).toEqual([i, k]);
    const proof = (first: number) => consistencyProof(sha256, first, 7, seven.read).map(hex);
    expect(proof(3)).toEqual([c, d, g, l]);
    expect(proof(4)).toEqual([l]);
    expect(proof(6)).toEqual([i, j, k]);
  });

  it('hold for every leaf of every tree up to 130, and read O(log n) hashes', () => {
    for (let size = 1; size <= 130; size += 1) {
      for (let index = 0; index < size; index += 1) {
        tree.reads = 0;
        const claim = inclusionClaim(tree, index, size);
        expect(tree.reads).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(size + 1)));
        expect(verifyInclusion(sha256, claim)).toBe(true);
      }
    }
  });

  it('fail for any single change', () => {
    fc.assert(
      fc.property(fc.nat({ max: 128 }), fc.nat({ max: 128 }), (a, b) => {
        const [index, size] = [Math.min(a, b), Math.max(a, b) + 1];
        const claim = inclusionClaim(tree, index, size);
        const { leaf, root } = claim;
        const wrong: InclusionClaim[] = [
          { ...claim, leaf: someHash },
          { ...claim, root: someHash },
          { ...claim, root: new Uint8Array(0) },
          { ...claim, index: index + 1 },
          { ...claim, index: index - 1 },
          { ...claim, index: index + 0.5 },
          { ...claim, size: 0 },
          { ...claim, size: size * 2 },
          { ...claim, size: Number.NaN },
          ...mutatedPaths(claim.path, [leaf, root]).map((path) => ({ ...claim, path })),
        ];
        for (const changed of wrong) expect(verifyInclusion(sha256, changed)).toBe(false);
      }),
    );
  });

  it('cannot be asked for leaves that are not there', () => {
    for (const [index, size] of [
      [0, 0],
      [3, 3],
      [-1, 3],
      [Number.NaN, 3],
    ] as const) {
      expect(() => inclusionProof(sha256, index, size, tree.read)).toThrow(RangeError);
    }
  });
});

describe('consistency proofs', () => {
  it('are the published ones', () => {
    for (const { first, second, path } of publishedConsistency) {
      const claim = consistencyClaim(reference, first, second);
      expect(claim.path.map(hex)).toEqual(path);
      expect(verifyConsistency(sha256, claim)).toBe(true);
    }
  });

  it('hold between every two sizes up to 130, and read O(log n) hashes', () => {
    for (let second = 0; second <= 130; second += 1) {
      for (let first = 0; first <= second; first += 1) {
        tree.reads = 0;
        const claim = consistencyClaim(tree, first, second);
        expect(tree.reads).toBeLessThanOrEqual(3 * Math.ceil(Math.log2(second + 1)));
        expect(verifyConsistency(sha256, claim)).toBe(true);
      }
    }
  });

  it('fail for any single change', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 130 }), fc.integer({ min: 1, max: 130 }), (a, b) => {
        const claim = consistencyClaim(tree, Math.min(a, b), Math.max(a, b));
        const { firstSize, secondSize, firstRoot, secondRoot } = claim;
        const wrong: ConsistencyClaim[] = [
          { ...claim, firstRoot: someHash },
          { ...claim, secondRoot: someHash },
          { ...claim, firstSize: firstSize - 1 },
          { ...claim, firstSize: secondSize + 1 },
          { ...claim, secondSize: secondSize * 2 },
          { ...claim, secondSize: firstSize - 1 },
          { ...claim, firstSize: -1 },
          ...(firstSize === secondSize
            ? []
            : [
                { ...claim, firstSize: firstSize + 1 },
                { ...claim, firstRoot: secondRoot, secondRoot: firstRoot },
                { ...claim, path: [] },
              ]),
          ...mutatedPaths(claim.path, [firstRoot, secondRoot]).map((path) => ({ ...claim, path })),
        ];
        for (const changed of wrong) expect(verifyConsistency(sha256, changed)).toBe(false);
      }),
    );
  });

  it('answer the edge cases of the reference tests, the empty tree more strictly', () => {
    const empty = tree.rootAt(0);
    const check = (
      firstSize: number,
      secondSize: number,
      firstRoot: Uint8Array,
      secondRoot: Uint8Array,
      path: Uint8Array[] = [],
    ) => verifyConsistency(sha256, { firstSize, secondSize, firstRoot, secondRoot, path });
    expect(check(0, 0, empty, empty)).toBe(true);
    expect(check(0, 1, empty, someHash)).toBe(true);
    expect(check(1, 1, someHash, someHash)).toBe(true);
    expect(check(0, 1, someHash, someHash)).toBe(false);
    expect(check(0, 0, empty, someHash)).toBe(false);
    expect(check(1, 1, empty, someHash)).toBe(false);
    expect(check(1, 0, someHash, someHash)).toBe(false);
    expect(check(2, 1, someHash, someHash)).toBe(false);
    expect(check(1, 2, someHash, someHash)).toBe(false);
    expect(check(0, 1, empty, someHash, [empty])).toBe(false);
    expect(check(1, 1, someHash, someHash, [empty])).toBe(false);
  });

  it('does not hold for a tree of which any earlier leaf was changed', () => {
    const forged = new StoredTree(
      Array.from({ length: 20 }, (_, index) => Buffer.from(index === 4 ? 'other' : `leaf ${index}`)),
    );
    for (let first = 5; first <= 20; first += 1) {
      const claim = { ...consistencyClaim(forged, first, 20), firstRoot: tree.rootAt(first) };
      expect(verifyConsistency(sha256, claim)).toBe(false);
    }
  });
});
