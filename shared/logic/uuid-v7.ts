const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Makes UUIDs of version 7 (RFC 9562, section 5.7) that only ever grow within one generator: 48 bits of Unix
 * milliseconds, a 12-bit counter for those of the same millisecond (section 6.2, method 1), 62 random bits. When the
 * clock goes back, or the counter is used up, the last time is kept and counted on.
 */
export class UuidV7Generator {
  readonly #randomBytes: (count: number) => Uint8Array;
  #time = -1;
  #counter = 0;

  constructor(randomBytes: (count: number) => Uint8Array) {
    this.#randomBytes = randomBytes;
  }

  next(now: Date): string {
    const random = this.#randomBytes(10);
    if (now.getTime() > this.#time) {
      this.#time = now.getTime();
      // The first bit stays free, so that there is room to count.
      this.#counter = (((random[8] as number) << 8) | (random[9] as number)) & 0x7ff;
    } else if (this.#counter < 0xfff) {
      this.#counter += 1;
    } else {
      this.#time += 1;
      this.#counter = 0;
    }
    const time = this.#time.toString(16).padStart(12, '0');
    const counter = this.#counter.toString(16).padStart(3, '0');
    random[0] = ((random[0] as number) & 0x3f) | 0x80;
    let rest = '';
    for (let index = 0; index < 8; index += 1) rest += hexOfByte[random[index] as number];
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${rest.slice(0, 4)}-${rest.slice(4)}`;
  }
}

/** When a UUID of version 7 was made (RFC 9562, section 5.7); null for any other. */
export function timeOfUuid(id: string): Date | null {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(id)) return null;
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}
