/** Lengths are 32-bit, big-endian (RFC 4251, section 5). */
const lengthBytes = 4;

/** `string` of RFC 4251, section 5: four bytes of length, then the bytes. */
export function sshString(bytes: Uint8Array): Uint8Array {
  const written = new Uint8Array(lengthBytes + bytes.length);
  new DataView(written.buffer).setUint32(0, bytes.length);
  written.set(bytes, lengthBytes);
  return written;
}

/** `uint32` of RFC 4251, section 5. */
export function sshUint32(value: number): Uint8Array {
  const written = new Uint8Array(lengthBytes);
  new DataView(written.buffer).setUint32(0, value);
  return written;
}

/** Reads what the functions above write. Throws RangeError where the bytes end too early. */
export class SshReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new RangeError('the bytes end too early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  uint32(): number {
    const bytes = this.take(lengthBytes);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  }

  string(): Uint8Array {
    return this.take(this.uint32());
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }
}
