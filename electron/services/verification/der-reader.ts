/** Bytes that are no DER, or not what was expected at this place. */
export class DerError extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'DerError';
  }
}

export const derTags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element: its tag, its content, and all of its bytes as they stand. */
export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  readonly bytes: Buffer;
}

/**
 * Reads the element at the beginning of the bytes. Only DER (X.690, section 10): one-byte tags and lengths in their
 * shortest, definite form, so that each value has one encoding.
 */
export function readDer(bytes: Buffer): DerElement {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new DerError('no DER element');
  let length = first;
  let header = 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4 || bytes.length < 2 + count) throw new DerError('a length is not DER');
    length = bytes.readUIntBE(2, count);
    header += count;
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw new DerError('a length is not DER');
  }
  if (header + length > bytes.length) throw new DerError('an element ends too early');
  return { tag, content: bytes.subarray(header, header + length), bytes: bytes.subarray(0, header + length) };
}

/** Reads bytes that are one element with this tag and nothing else. */
export function readWhole(bytes: Buffer, tag: number): DerElement {
  const element = readDer(bytes);
  if (element.tag !== tag || element.bytes.length !== bytes.length)
    throw new DerError('not the expected element');
  return element;
}

/** The elements in a constructed one, taken one by one in their order. */
export class DerSequence {
  #rest: Buffer;

  constructor(content: Buffer) {
    this.#rest = content;
  }

  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  /** The next element, if there is one with this tag. */
  optional(tag: number): DerElement | null {
    return this.#rest[0] === tag ? this.#take() : null;
  }

  next(tag: number): DerElement {
    const element = this.#take();
    if (element.tag !== tag) throw new DerError('not the expected element');
    return element;
  }

  /** The content of the next element, which is constructed. */
  enter(tag: number = derTags.sequence): DerSequence {
    return new DerSequence(this.next(tag).content);
  }

  /** All that follow, which must have this tag. */
  all(tag: number): DerElement[] {
    const elements: DerElement[] = [];
    while (!this.isEmpty) elements.push(this.next(tag));
    return elements;
  }

  end(): void {
    if (!this.isEmpty) throw new DerError('something follows');
  }

  #take(): DerElement {
    const element = readDer(this.#rest);
    this.#rest = this.#rest.subarray(element.bytes.length);
    return element;
  }
}

export function sequenceOf(bytes: Buffer): DerSequence {
  return new DerSequence(readWhole(bytes, derTags.sequence).content);
}

/** Dotted form of an object identifier. */
export function oidText(element: DerElement): string {
  const { content } = element;
  if (element.tag !== derTags.oid || content.length === 0 || content.length > 64)
    throw new DerError('no name');
  const arcs: number[] = [];
  let arc = 0;
  for (const [at, byte] of content.entries()) {
    if (arc === 0 && byte === 0x80) throw new DerError('a name is not DER');
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) throw new DerError('a name is too long');
    if (byte >= 0x80) {
      if (at === content.length - 1) throw new DerError('a name ends too early');
      continue;
    }
    if (arcs.length === 0) {
      const first = Math.min(2, Math.floor(arc / 40));
      arcs.push(first, arc - 40 * first);
    } else arcs.push(arc);
    arc = 0;
  }
  return arcs.join('.');
}

/** A bit string of whole bytes. */
export function wholeBits(element: DerElement): Buffer {
  if (element.tag !== derTags.bitString || element.content[0] !== 0) throw new DerError('no whole bytes');
  return element.content.subarray(1);
}

/** UTCTime or GeneralizedTime in the forms of RFC 5280 (UTC, whole seconds), in milliseconds since 1970. */
export function timeOf(element: DerElement): number {
  const text = element.content.toString('latin1');
  const full =
    element.tag === derTags.utcTime ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const isTime = element.tag === derTags.utcTime || element.tag === derTags.generalizedTime;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full);
  if (!isTime || parts === null) throw new DerError('no time');
  const iso = full.replace(/^(.{4})(..)(..)(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6.000Z');
  const at = Date.parse(iso);
  if (Number.isNaN(at) || new Date(at).toISOString() !== iso) throw new DerError('no time');
  return at;
}
