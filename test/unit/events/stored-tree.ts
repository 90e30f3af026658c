import { sha256 } from '#electron/services/events/sha256.ts';
import { leafHash, TreeFrontier } from '#shared/logic/merkle.ts';
import type { ReadStoredHash } from '#shared/logic/merkle-proofs.ts';

/** The inputs of the reference tests of Certificate Transparency (merkletree test data, RFC 6962). */
export const referenceInputs = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((text) => Buffer.from(text, 'hex'));

/** A tree in memory, stored as the log stores it; `reads` counts what was asked for. */
export class StoredTree {
  readonly leaves: readonly Uint8Array[];
  readonly #hashes: Uint8Array[];
  readonly #roots: Uint8Array[];
  reads = 0;

  constructor(inputs: readonly Uint8Array[]) {
    const frontier = new TreeFrontier(sha256);
    this.leaves = inputs.map((input) => leafHash(sha256, input));
    this.#roots = [frontier.root()];
    this.#hashes = this.leaves.flatMap((leaf) => {
      const stored = frontier.add(leaf);
      this.#roots.push(frontier.root());
      return stored;
    });
  }

  static ofSize(size: number): StoredTree {
    return new StoredTree(Array.from({ length: size }, (_, index) => Buffer.from(`leaf ${index}`)));
  }

  readonly read: ReadStoredHash = (position) => {
    this.reads += 1;
    return this.#hashes[position] as Uint8Array;
  };

  rootAt(size: number): Uint8Array {
    return this.#roots[size] as Uint8Array;
  }
}
