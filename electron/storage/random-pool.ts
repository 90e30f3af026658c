import { randomFillSync } from 'node:crypto';

/** Random bytes for ids, drawn from the system in larger pieces: asking it costs more than the bytes. No secrets. */
export class RandomPool {
  readonly #pool = Buffer.alloc(4_096);
  #used = this.#pool.length;

  take(count: number): Uint8Array {
    if (this.#used + count > this.#pool.length) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    this.#used += count;
    return this.#pool.subarray(this.#used - count, this.#used);
  }
}
