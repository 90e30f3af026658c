import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { writeAll } from '#electron/storage/write-all.ts';
import {
  frontierNodes,
  hashLength,
  nodeHash,
  rootFromStored,
  sizeOfStoredHashes,
  storedHashCount,
  storedHashIndex,
  TreeFrontier,
} from '#shared/logic/merkle.ts';
import { sha256 } from './sha256.ts';

/**
 * The file `hashes`: leaves and interior nodes in the order of shared/logic/merkle.ts, 32 bytes each. It is derived
 * from the text: never synced, and rebuilt when it does not fit. What is written at a position is always the same
 * bytes, so that writing it twice does no harm.
 */
export class StoredHashes {
  readonly path: string;
  #reading: number | null = null;
  #writing: number | null = null;

  constructor(path: string) {
    this.path = path;
  }

  /** Leaves of the largest tree that is stored whole; 0 when the file is missing. */
  leaves(): number {
    const descriptor = this.#openForReading();
    return descriptor === null ? 0 : sizeOfStoredHashes(Math.floor(fstatSync(descriptor).size / hashLength));
  }

  read(position: number, count = 1): Buffer {
    const bytes = Buffer.alloc(count * hashLength);
    const descriptor = this.#openForReading();
    if (descriptor !== null) readSync(descriptor, bytes, 0, bytes.length, position * hashLength);
    return bytes;
  }

  leaf(index: number): Buffer {
    return this.read(storedHashIndex(0, index));
  }

  /** The frontier of the first `size` leaves, which must be stored. */
  frontier(size: number): TreeFrontier {
    const nodes = frontierNodes(size).map(({ level, index }) => this.read(storedHashIndex(level, index)));
    return new TreeFrontier(sha256, size, nodes);
  }

  /** Whether each node of that frontier follows from its two children. */
  frontierHolds(size: number): boolean {
    return frontierNodes(size).every(({ level, index }) => {
      if (level === 0) return true;
      const [node, left, right] = [
        [level, index],
        [level - 1, 2 * index],
        [level - 1, 2 * index + 1],
      ].map(([l, i]) => this.read(storedHashIndex(l as number, i as number))) as [Buffer, Buffer, Buffer];
      return node.equals(nodeHash(sha256, left, right));
    });
  }

  /** The root of the first `size` leaves, which must be stored. */
  root(size: number): Uint8Array {
    return rootFromStored(sha256, size, (position) => this.read(position));
  }

  /** Stores what `TreeFrontier.add` returned for the leaf with this index. */
  writeLeaf(index: number, hashes: readonly Uint8Array[]): void {
    this.write(
      storedHashCount(index),
      hashes.length === 1 ? (hashes[0] as Uint8Array) : Buffer.concat(hashes),
    );
  }

  write(position: number, bytes: Uint8Array): void {
    writeAll(this.#openForWriting(), bytes, position * hashLength);
  }

  truncate(count: number): void {
    ftruncateSync(this.#openForWriting(), count * hashLength);
  }

  close(): void {
    if (this.#reading !== null) closeSync(this.#reading);
    if (this.#writing !== null) closeSync(this.#writing);
    this.#reading = null;
    this.#writing = null;
  }

  #openForReading(): number | null {
    if (this.#reading !== null) return this.#reading;
    try {
      this.#reading = openSync(this.path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    return this.#reading;
  }

  #openForWriting(): number {
    if (this.#writing === null) {
      try {
        this.#writing = openSync(this.path, 'r+');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        this.#writing = openSync(this.path, 'wx+', 0o600);
      }
    }
    return this.#writing;
  }
}
