import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '#electron/services/events/sha256.ts';
import {
  emptyRoot,
  frontierNodes,
  leafHash,
  nodeHash,
  rootFromStored,
  sizeOfStoredHashes,
  storedHashCount,
  storedHashIndex,
  TreeFrontier,
} from '#shared/logic/merkle.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** The inputs and roots of the reference tests of Certificate Transparency (merkletree test data, RFC 6962). */
const inputs = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((text) => Buffer.from(text, 'hex'));
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** RFC 6962, section 2.1, as it is written: the tree split at the largest power of two below its size. */
function recursiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return emptyRoot(sha256);
  if (leaves.length === 1) return leafHash(sha256, leaves[0] as Uint8Array);
  let left = 1;
  while (left * 2 < leaves.length) left *= 2;
  return nodeHash(sha256, recursiveRoot(leaves.slice(0, left)), recursiveRoot(leaves.slice(left)));
}

function stored(leaves: readonly Uint8Array[]): { frontier: TreeFrontier; hashes: Uint8Array[] } {
  const frontier = new TreeFrontier(sha256);
  const hashes = leaves.flatMap((leaf) => frontier.add(leafHash(sha256, leaf)));
  return { frontier, hashes };
}

describe('the Merkle tree', () => {
  it('has the published roots', () => {
    for (let size = 0; size <= inputs.length; size += 1) {
      expect(hex(stored(inputs.slice(0, size)).frontier.root())).toBe(roots[size]);
    }
  });

  it('has the root that RFC 6962 defines, for every size, from the frontier and from stored hashes', () => {
    const leaves = Array.from({ length: 130 }, (_, index) => Buffer.from(`leaf ${index}`));
    const { hashes } = stored(leaves);
    for (let size = 0; size <= leaves.length; size += 1) {
      const expected = hex(recursiveRoot(leaves.slice(0, size)));
      expect(hex(stored(leaves.slice(0, size)).frontier.root())).toBe(expected);
      expect(hex(rootFromStored(sha256, size, (at) => hashes[at] as Uint8Array))).toBe(expected);
    }
  });

  it("stores each node where Go's tlog stores it", () => {
    // The order of golang.org/x/mod/sumdb/tlog: each leaf, then the parents that it completes.
    const order: [number, number][] = [];
    for (let leaf = 0; leaf < 1_000; leaf += 1) {
      order.push([0, leaf]);
      for (let level = 1, index = leaf; index % 2 === 1; level += 1) {
        index = (index - 1) / 2;
        order.push([level, index]);
      }
      expect(storedHashCount(leaf + 1)).toBe(order.length);
    }
    order.forEach(([level, index], position) => {
      expect(storedHashIndex(level, index)).toBe(position);
    });
    // A figure of the tlog tests: node 5 on level 3 of a larger tree.
    expect(storedHashIndex(3, 5)).toBe(storedHashCount(47) + 3);
  });

  it('reads O(log n) stored hashes for a root, and stays exact for large sizes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 45 }), (size) => {
        const nodes = frontierNodes(size);
        const covered = nodes.reduce((sum, { level }) => sum + 2 ** level, 0);
        expect(covered).toBe(size);
        expect(nodes.length).toBeLessThanOrEqual(46);
        const count = storedHashCount(size);
        expect(sizeOfStoredHashes(count)).toBe(size);
        if (size > 0) expect(sizeOfStoredHashes(count - 1)).toBe(size - 1);
        for (const { level, index } of nodes) expect(storedHashIndex(level, index)).toBeLessThan(count);
      }),
    );
  });

  it('can be continued from a frontier that was read back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 70 }),
        fc.nat({ max: 70 }),
        (leaves, cut) => {
          const first = leaves.slice(0, cut);
          const { hashes } = stored(first);
          const nodes = frontierNodes(first.length).map(
            ({ level, index }) => hashes[storedHashIndex(level, index)] as Uint8Array,
          );
          const frontier = new TreeFrontier(sha256, first.length, nodes);
          for (const leaf of leaves.slice(cut)) frontier.add(leafHash(sha256, leaf));
          expect(hex(frontier.root())).toBe(hex(recursiveRoot(leaves)));
        },
      ),
    );
  });
});
