import { createHash } from 'node:crypto';
import type { BundleSource } from './bundle-source.ts';
import { demand, NotChecked } from './outcome.ts';
import { SourceChanged } from './source-changed.ts';

const newline = 0x0a;

/**
 * The files of a bundle, as the checks get them. A file that SHA256SUMS lists is handed out only when the bytes that
 * are handed out, in this very reading, have the hash that was signed.
 */
export class VerifiedFiles {
  readonly #source: BundleSource;
  readonly #progress: (bytes: number) => void;
  readonly #there: ReadonlySet<string>;
  /** What was found, before it was known what was signed. */
  readonly #found = new Map<string, string | null>();
  #sums: ReadonlyMap<string, string> = new Map();

  /** `progress` gets the bytes that were read since it was last called. */
  constructor(source: BundleSource, progress: (bytes: number) => void) {
    this.#source = source;
    this.#there = new Set(source.paths);
    this.#progress = progress;
  }

  get paths(): readonly string[] {
    return this.#source.paths;
  }

  has(path: string): boolean {
    return this.#there.has(path);
  }

  /** From here on files are as signed, or are not handed out. */
  trust(sums: ReadonlyMap<string, string>): void {
    this.#sums = sums;
  }

  /** SHA-256 of a file as it lies there, hex; null when it cannot be read. */
  sumOf(path: string): string | null {
    const known = this.#found.get(path);
    if (known !== undefined) return known;
    const sum = this.#hash(path);
    this.#found.set(path, sum);
    return sum;
  }

  /** A small file that is needed to find out what is signed, whatever its hash. */
  unverified(path: string, limit: number): Buffer {
    if (!this.has(path)) throw new NotChecked(`${path} is missing`);
    const size = this.#source.size(path);
    demand(size <= limit, `${path} is too large`);
    const bytes = Buffer.alloc(size);
    let at = 0;
    for (const chunk of this.#chunks(path)) {
      // The source reads each chunk into the same memory: it must be copied before the next one is asked for.
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  /** The bytes of a file, as they were signed. */
  read(path: string, limit: number): Buffer {
    this.#demandSum(path, this.sumOf(path));
    const bytes = this.unverified(path, limit);
    this.#demandSum(path, createHash('sha256').update(bytes).digest('hex'));
    return bytes;
  }

  /**
   * The lines of a file as it was signed, without their line breaks, in order. The last one must end with one too.
   * Throws at the end, when the bytes of this reading are not those that were verified before it.
   */
  *lines(path: string, maximumLength: number): Generator<Buffer> {
    if (!this.has(path)) throw new NotChecked(`${path} is missing`);
    this.#demandSum(path, this.sumOf(path));
    const hash = createHash('sha256');
    let rest: Buffer = Buffer.alloc(0);
    for (const chunk of this.#chunks(path)) {
      hash.update(chunk);
      const bytes = Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
        demand(end - start <= maximumLength, `${path} has a line that is too long`);
        yield bytes.subarray(start, end);
        start = end + 1;
      }
      rest = bytes.subarray(start);
      demand(rest.length <= maximumLength, `${path} has a line that is too long`);
    }
    demand(rest.length === 0, `${path} does not end with a line break`);
    this.#demandSum(path, hash.digest('hex'));
  }

  #hash(path: string): string | null {
    const hash = createHash('sha256');
    try {
      for (const chunk of this.#chunks(path)) hash.update(chunk);
    } catch (error) {
      if (error instanceof SourceChanged) return null;
      throw error;
    }
    return hash.digest('hex');
  }

  #demandSum(path: string, sum: string | null): void {
    if (!this.has(path)) throw new NotChecked(`${path} is missing`);
    if (this.#sums.get(path) !== sum) throw new NotChecked(`${path} is not the file that was signed`);
  }

  *#chunks(path: string): Generator<Uint8Array> {
    for (const chunk of this.#source.chunks(path)) {
      this.#progress(chunk.length);
      yield chunk;
    }
  }
}
