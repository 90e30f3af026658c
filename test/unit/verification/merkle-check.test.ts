import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyTreeRoot,
  GrowingTree,
  isExtension,
  leadsToRoot,
  leafOf,
  subtreeLevels,
} from '#electron/services/verification/merkle-check.ts';
import { consistencyPath, inclusionPath, leaf, root, subtreeRoots } from '#test/support/bundle/plain-tree.ts';

/** The leaves and roots of Certificate Transparency's reference tests (merkletree of certificate-transparency-go). */
const vectors = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const leavesOf = (count: number) => Array.from({ length: count }, (_, index) => leaf(`event ${index}`));

describe('the tree', () => {
  it('has the published roots', () => {
    const tree = new GrowingTree();
    expect(tree.root()).toBe(emptyTreeRoot);
    for (const [index, data] of vectors.entries()) {
      tree.add(leafOf(Buffer.from(data, 'hex')));
      expect(tree.root()).toBe(roots[index]);
    }
  });

  it('gives one root, however its leaves are divided into leaves and subtrees', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.array(fc.nat(70), { maxLength: 4 }), (size, cuts) => {
        const leaves = leavesOf(size);
        const tree = new GrowingTree();
        const borders = [0, ...cuts.map((cut) => cut % size).sort((a, b) => a - b), size];
        for (const [index, to] of borders.slice(1).entries()) {
          const from = borders[index] as number;
          const levels = [...subtreeLevels(from, to)];
          const nodes = subtreeRoots(from, to, leaves);
          expect(nodes).toHaveLength(levels.length);
          for (const [at, level] of levels.entries()) tree.add(nodes[at] as string, level);
        }
        expect(tree.size).toBe(size);
        expect(tree.root()).toBe(root(leaves));
      }),
    );
  });
});

describe('leadsToRoot', () => {
  it('accepts the proof of every leaf, and of no other place', () => {
    for (let size = 1; size <= 33; size += 1) {
      const leaves = leavesOf(size);
      for (let index = 0; index < size; index += 1) {
        const claim = { index, size, leaf: leaves[index] as string, path: inclusionPath(index, leaves) };
        expect(leadsToRoot(claim, root(leaves))).toBe(true);
        expect(leadsToRoot({ ...claim, index: (index + 1) % size }, root(leaves))).toBe(size === 1);
        expect(leadsToRoot({ ...claim, path: [...claim.path, root(leaves)] }, root(leaves))).toBe(false);
        expect(leadsToRoot({ ...claim, path: claim.path.slice(1) }, root(leaves))).toBe(size === 1);
        expect(leadsToRoot({ ...claim, index: size }, root(leaves))).toBe(false);
      }
    }
  });
});

describe('isExtension', () => {
  it('accepts every beginning, and nothing that is none', () => {
    for (let size = 1; size <= 24; size += 1) {
      const leaves = leavesOf(size);
      const second = { size, root: root(leaves) };
      for (let first = 1; first <= size; first += 1) {
        const old = { size: first, root: root(leaves.slice(0, first)) };
        const path = consistencyPath(first, leaves);
        expect(isExtension(old, second, path)).toBe(true);
        expect(isExtension({ ...old, root: emptyTreeRoot }, second, path)).toBe(false);
        expect(isExtension(old, { ...second, root: emptyTreeRoot }, path)).toBe(false);
        expect(isExtension(old, second, [...path, emptyTreeRoot])).toBe(false);
        if (path.length > 0) expect(isExtension(old, second, path.slice(1))).toBe(false);
        expect(isExtension({ ...old, size: size + 1 }, second, path)).toBe(false);
      }
    }
  });
});
