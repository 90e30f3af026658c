/** The wire format of SFTP version 3 (draft-ietf-secsh-filexfer-02), as far as a client of files needs it. */

/** Section 3, "General Packet Format". */
export const packetType = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  fstat: 8,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  realpath: 16,
  stat: 17,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attrs: 105,
  extended: 200,
  extendedReply: 201,
} as const;

/** Section 6.3, "Opening, Creating, and Closing Files". */
export const openFlag = { read: 1, write: 2, create: 8, exclusive: 32 } as const;

/** Section 7, "Responses from the Server to the Client". */
export const statusCode = {
  ok: 0,
  eof: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  unsupported: 8,
} as const;

/** Section 5, "File Attributes": which of them a structure holds. */
const attribute = { size: 1, owner: 2, permissions: 4, times: 8, extended: 0x80000000 } as const;

export interface Attributes {
  size: number | null;
  owner: { uid: number; gid: number } | null;
  /** Type and permission bits, as in stat(2). */
  mode: number | null;
}

/** Thrown when an answer is not what the format says. */
export class MalformedPacket extends Error {}

/** Reads one packet's payload; every length is checked against what is there. */
export class PacketReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    return this.#take(1).readUInt8();
  }

  number(): number {
    return this.#take(4).readUInt32BE();
  }

  /** A 64-bit number; beyond 2^53 it is not exact. */
  largeNumber(): number {
    return Number(this.#take(8).readBigUInt64BE());
  }

  bytes(): Buffer {
    return this.#take(this.number());
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  attributes(): Attributes {
    const flags = this.number();
    const size = flags & attribute.size ? this.largeNumber() : null;
    const owner = flags & attribute.owner ? { uid: this.number(), gid: this.number() } : null;
    const mode = flags & attribute.permissions ? this.number() : null;
    if (flags & attribute.times) this.#take(8);
    if (flags & attribute.extended) {
      for (let count = this.number(); count > 0; count -= 1) {
        this.bytes();
        this.bytes();
      }
    }
    return { size, owner, mode };
  }

  #take(length: number): Buffer {
    if (length > this.left)
      throw new MalformedPacket(`${length} bytes are announced, ${this.left} are there`);
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** A string of the format: its length and its bytes. */
export function string(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Only what is given is set. */
export function attributes(given: { owner?: Attributes['owner']; mode?: number }): Buffer {
  const { owner, mode } = given;
  return Buffer.concat([
    uint32((owner ? attribute.owner : 0) | (mode === undefined ? 0 : attribute.permissions)),
    ...(owner ? [uint32(owner.uid), uint32(owner.gid)] : []),
    ...(mode === undefined ? [] : [uint32(mode)]),
  ]);
}

/** A whole packet: length, type, payload. */
export function packet(type: number, ...parts: Buffer[]): Buffer {
  const payload = Buffer.concat(parts);
  return Buffer.concat([uint32(payload.length + 1), Buffer.from([type]), payload]);
}
