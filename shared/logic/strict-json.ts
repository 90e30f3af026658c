/**
 * A JSON reader for documents that others made and that something depends on: there must be one reading of the bytes,
 * whoever reads them. Where RFC 8259 leaves programs a choice (names that occur twice, numbers beyond what they can
 * hold, bytes that are no UTF-8), this refuses.
 */

export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };

/** More levels than this are refused: no document of Rekey's needs them, and they exhaust a reader's stack. */
export const maximumJsonDepth = 64;

/** The text is not JSON, or not JSON of this kind. */
export class StrictJsonError extends Error {
  /** Where, counted in UTF-16 code units of the text from 0. */
  readonly position: number;

  constructor(what: string, position: number) {
    super(`${what} (at character ${position})`);
    this.name = 'StrictJsonError';
    this.position = position;
  }
}

/**
 * Parses one JSON document of integers. Throws `StrictJsonError` for anything but UTF-8 without a byte order mark, for
 * a name that occurs twice in one object, a number that is no integer or lies beyond ±(2^53 − 1), `-0`, a lone
 * surrogate, more than `depth` levels, and anything after the document.
 */
export function parseStrictJson(source: string | Uint8Array, depth = maximumJsonDepth): JsonValue {
  return new Reader(typeof source === 'string' ? source : decoded(source), depth).document();
}

function decoded(bytes: Uint8Array): string {
  try {
    // ignoreBOM: a mark at the beginning stays in the text, where it is no JSON.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new StrictJsonError('The bytes are not UTF-8', 0);
  }
}

/** With the u flag, pairs are one character, so that only halves match. */
export const loneSurrogate = /\p{Surrogate}/u;
const quote = 0x22;
const backslash = 0x5c;
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const integerPattern = /^(?:0|-?[1-9]\d*)$/;

class Reader {
  readonly #text: string;
  readonly #depth: number;
  #at = 0;

  constructor(text: string, depth: number) {
    this.#text = text;
    this.#depth = depth;
  }

  document(): JsonValue {
    this.#space();
    const value = this.#value(this.#depth);
    this.#space();
    if (this.#at < this.#text.length) this.#refuse('Something follows the document');
    return value;
  }

  #value(levels: number): JsonValue {
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x7b:
        return this.#object(levels);
      case 0x5b:
        return this.#array(levels);
      case quote:
        return this.#string();
      case 0x74:
        return this.#word('true', true);
      case 0x66:
        return this.#word('false', false);
      case 0x6e:
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(levels: number): JsonValue {
    this.#enter(levels);
    const object: { [name: string]: JsonValue } = {};
    if (this.#takes('}')) return object;
    for (;;) {
      if (this.#text.charCodeAt(this.#at) !== quote) this.#refuse('A name was expected');
      const start = this.#at;
      const name = this.#string();
      if (Object.hasOwn(object, name)) {
        this.#at = start;
        this.#refuse('A name occurs twice in one object');
      }
      this.#space();
      if (!this.#takes(':')) this.#refuse('A colon was expected');
      const value = this.#value(levels - 1);
      // Assigning to this one name would set the object's prototype instead.
      if (name === '__proto__') {
        Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
      } else object[name] = value;
      this.#space();
      if (this.#takes('}')) return object;
      if (!this.#takes(',')) this.#refuse('A comma or the end of the object was expected');
    }
  }

  #array(levels: number): JsonValue {
    this.#enter(levels);
    const array: JsonValue[] = [];
    if (this.#takes(']')) return array;
    for (;;) {
      array.push(this.#value(levels - 1));
      this.#space();
      if (this.#takes(']')) return array;
      if (!this.#takes(',')) this.#refuse('A comma or the end of the list was expected');
    }
  }

  #enter(levels: number): void {
    if (levels <= 0) this.#refuse(`The document has more than ${this.#depth} levels`);
    this.#at += 1;
    this.#space();
  }

  #string(): string {
    const start = this.#at;
    let plain = true;
    for (let at = start + 1; at < this.#text.length; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === quote) {
        this.#at = at + 1;
        if (plain) return this.#text.slice(start + 1, at);
        return this.#unescaped(start, at + 1);
      }
      if (code < 0x20) {
        this.#at = at;
        this.#refuse('A control character stands in a text');
      }
      if (code === backslash) at += 1;
      if (code === backslash || (code >= 0xd800 && code <= 0xdfff)) plain = false;
    }
    return this.#refuse('A text does not end');
  }

  #unescaped(start: number, end: number): string {
    try {
      const text = JSON.parse(this.#text.slice(start, end)) as string;
      if (!loneSurrogate.test(text)) return text;
    } catch {
      this.#at = start;
      this.#refuse('A text has an escape that does not exist');
    }
    this.#at = start;
    return this.#refuse('A text has half of a surrogate pair');
  }

  #number(): number {
    numberPattern.lastIndex = this.#at;
    const written = numberPattern.exec(this.#text)?.[0];
    if (written === undefined) return this.#refuse('A value was expected');
    const value = Number(written);
    if (!integerPattern.test(written) || !Number.isSafeInteger(value)) {
      this.#refuse('A number is not an integer within ±(2^53 − 1), written plainly');
    }
    this.#at += written.length;
    return value;
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#refuse('A value was expected');
    this.#at += word.length;
    return value;
  }

  /** Takes a character of the structure and the space after it. */
  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    this.#space();
    return true;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #refuse(what: string): never {
    throw new StrictJsonError(what, this.#at);
  }
}
