import { inflateSync } from 'node:zlib';
import {
  isName,
  isReference,
  type PdfDictionary,
  PdfError,
  PdfReader,
  type PdfValue,
} from './pdf-objects.ts';

const maximumObjects = 2_000_000;
const maximumRevisions = 16;
const endOfFile = /startxref[\r\n ]+(\d{1,10})[\r\n ]+%%EOF[\r\n]{0,2}$/;
const tableEntry = /^(\d{10}) (\d{5}) ([nf])(?: \r| \n|\r\n)$/;
const entryLength = 20;

/**
 * A PDF as far as its signature and its attachment need it: cross-reference tables (not streams), no encryption, and
 * the file ends where its last revision ends. What Rekey writes is so; anything else is refused, not guessed at.
 */
export class PdfFile {
  readonly #text: string;
  readonly #offsets = new Map<number, { generation: number; offset: number }>();
  readonly #objects = new Map<number, { value: PdfValue; end: number }>();
  readonly trailer: PdfDictionary;

  constructor(bytes: Buffer) {
    this.#text = bytes.toString('latin1');
    if (!this.#text.startsWith('%PDF-')) throw new PdfError('it does not begin like a PDF');
    const start = endOfFile.exec(this.#text.slice(-64))?.[1];
    if (start === undefined)
      throw new PdfError('it does not end like a PDF: something follows its last revision');
    this.trailer = this.#readRevisions(Number(start));
    if (this.trailer.has('Encrypt')) throw new PdfError('it is encrypted');
  }

  get length(): number {
    return this.#text.length;
  }

  /** The value itself, or what it refers to. */
  resolve(value: PdfValue | undefined): PdfValue | undefined {
    for (let steps = 0; isReference(value); steps += 1) {
      if (steps > 8) throw new PdfError('a reference leads to references only');
      value = this.#object(value.object, value.generation).value;
    }
    return value;
  }

  /** The value, resolved, which must be a dictionary. */
  dictionary(value: PdfValue | undefined): PdfDictionary {
    const resolved = this.resolve(value);
    if (resolved instanceof Map) return resolved;
    throw new PdfError('a dictionary was expected');
  }

  list(value: PdfValue | undefined): readonly PdfValue[] {
    const resolved = this.resolve(value);
    if (Array.isArray(resolved)) return resolved as readonly PdfValue[];
    throw new PdfError('a list was expected');
  }

  /** The decoded content of a stream, which may be deflated. Refuses what would be longer than `atMost` bytes. */
  stream(value: PdfValue | undefined, atMost: number): Buffer {
    if (!isReference(value)) throw new PdfError('a stream was expected');
    const { value: found, end } = this.#object(value.object, value.generation);
    const dictionary = this.dictionary(found);
    const length = this.resolve(dictionary.get('Length'));
    const begin = /^[\r\n\t ]*stream(?:\r\n|\n)/.exec(this.#text.slice(end, end + 64))?.[0].length;
    if (begin === undefined || typeof length !== 'number') throw new PdfError('a stream was expected');
    const from = end + begin;
    if (!/^[\r\n]{0,2}endstream/.test(this.#text.slice(from + length, from + length + 16))) {
      throw new PdfError('a stream does not end where it says');
    }
    const content = Buffer.from(this.#text.slice(from, from + length), 'latin1');
    return decoded(content, this.#filter(dictionary), atMost);
  }

  #filter(dictionary: PdfDictionary): string | null {
    const filter = this.resolve(dictionary.get('Filter'));
    const filters = Array.isArray(filter) ? filter : filter === undefined || filter === null ? [] : [filter];
    const [only] = filters as PdfValue[];
    if (filters.length === 0) return null;
    if (filters.length > 1 || !isName(only) || dictionary.has('DecodeParms') || dictionary.has('F')) {
      throw new PdfError('a stream is encoded in a way that is not read here');
    }
    return only.name;
  }

  #object(number: number, generation: number): { value: PdfValue; end: number } {
    const place = this.#offsets.get(number);
    if (place === undefined || place.generation !== generation) throw new PdfError('an object is missing');
    const known = this.#objects.get(number);
    if (known !== undefined) return known;
    const reader = new PdfReader(this.#text, place.offset);
    if (reader.integer() !== number || reader.integer() !== generation) {
      throw new PdfError('an object is not where the table says');
    }
    reader.keyword('obj');
    const found = { value: reader.value(), end: reader.position };
    this.#objects.set(number, found);
    return found;
  }

  /** Reads the tables from the last one back; what a later revision says counts. */
  #readRevisions(start: number): PdfDictionary {
    const trailers: PdfDictionary[] = [];
    let at: PdfValue | undefined = start;
    for (const visited = new Set<number>(); at !== undefined; at = trailers.at(-1)?.get('Prev')) {
      if (typeof at !== 'number' || visited.has(at) || visited.size >= maximumRevisions) {
        throw new PdfError('its revisions do not lead to its beginning');
      }
      visited.add(at);
      trailers.push(this.#readTable(at));
    }
    return trailers[0] as PdfDictionary;
  }

  #readTable(at: number): PdfDictionary {
    const reader = new PdfReader(this.#text, at);
    reader.keyword('xref');
    let position = reader.position;
    for (;;) {
      const header = /^[\r\n ]*(\d{1,10}) (\d{1,10})[ ]?(?:\r\n|\n|\r)/.exec(
        this.#text.slice(position, position + 64),
      );
      if (header === null) break;
      position += header[0].length;
      position = this.#readSection(position, Number(header[1]), Number(header[2]));
    }
    const trailer = new PdfReader(this.#text, position);
    trailer.keyword('trailer');
    const dictionary = trailer.value();
    if (!(dictionary instanceof Map) || dictionary.has('XRefStm'))
      throw new PdfError('it has no plain trailer');
    return dictionary;
  }

  #readSection(position: number, first: number, count: number): number {
    const end = position + count * entryLength;
    if (first + count > maximumObjects || end > this.#text.length)
      throw new PdfError('its table is too long');
    for (let index = 0; index < count; index += 1) {
      const start = position + index * entryLength;
      const entry = tableEntry.exec(this.#text.slice(start, start + entryLength));
      if (entry === null) throw new PdfError('its table is damaged');
      const number = first + index;
      if (this.#offsets.has(number)) continue;
      const generation = Number(entry[2]);
      // A free object keeps an older revision's one from being seen.
      this.#offsets.set(
        number,
        entry[3] === 'n' ? { generation, offset: Number(entry[1]) } : { generation: -1, offset: 0 },
      );
    }
    return end;
  }
}

function decoded(content: Buffer, filter: string | null, atMost: number): Buffer {
  if (filter === null) {
    if (content.length > atMost) throw new PdfError('a stream is longer than expected');
    return content;
  }
  if (filter !== 'FlateDecode') throw new PdfError('a stream is encoded in a way that is not read here');
  try {
    // At least one byte: zlib takes no smaller limit.
    return inflateSync(content, { maxOutputLength: Math.max(1, atMost) });
  } catch {
    throw new PdfError('a stream does not decode, or is longer than expected');
  }
}
