/** The bytes are no PDF of the kind that is read here. */
export class PdfError extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'PdfError';
  }
}

export interface PdfName {
  readonly name: string;
}
export interface PdfReference {
  readonly object: number;
  readonly generation: number;
}
/** A string, with where it stands in the file (from its opening to behind its closing delimiter). */
export interface PdfString {
  readonly string: Buffer;
  readonly hex: boolean;
  readonly start: number;
  readonly end: number;
}
export type PdfDictionary = Map<string, PdfValue>;
export type PdfValue =
  | null
  | boolean
  | number
  | PdfName
  | PdfReference
  | PdfString
  | readonly PdfValue[]
  | PdfDictionary;

const maximumDepth = 64;
/** An object that needs more values than this, or a longer text, is none of those that are read here. */
const maximumValues = 100_000;
const maximumText = 4 * 1024 * 1024;
const spaces = new Set(['\0', '\t', '\n', '\f', '\r', ' ']);
const regular = /[^\0\t\n\f\r ()<>[\]{}/%]+/y;
const reference = /(\d{1,10})[\0\t\n\f\r ]+(\d{1,5})[\0\t\n\f\r ]+R(?![^\0\t\n\f\r ()<>[\]{}/%])/y;

/** Reads objects of ISO 32000-1, section 7.3, from the text of a file (one character a byte). */
export class PdfReader {
  readonly text: string;
  #at: number;
  #values = 0;

  constructor(text: string, at: number) {
    this.text = text;
    this.#at = at;
  }

  get position(): number {
    return this.#at;
  }

  /** Takes white space and comments, then this keyword. */
  keyword(word: string): void {
    if (!this.takes(word)) throw new PdfError(`${word} was expected`);
  }

  /** The same, if the keyword is there. */
  takes(word: string): boolean {
    this.#skipSpace();
    if (!this.text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  integer(): number {
    const value = this.value();
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      throw new PdfError('no number');
    return value;
  }

  value(depth = 0): PdfValue {
    this.#values += 1;
    if (depth > maximumDepth || this.#values > maximumValues) throw new PdfError('an object is too large');
    this.#skipSpace();
    const { text } = this;
    switch (text[this.#at]) {
      case '/':
        return this.#name();
      case '(':
        return this.#literal();
      case '[':
        return this.#array(depth);
      case '<':
        return text[this.#at + 1] === '<' ? this.#dictionary(depth) : this.#hex();
    }
    const referred = match(reference, text, this.#at);
    if (referred !== null) {
      this.#at += referred[0].length;
      return { object: Number(referred[1]), generation: Number(referred[2]) };
    }
    const word = match(regular, text, this.#at)?.[0] ?? '';
    this.#at += word.length;
    if (word === 'null') return null;
    if (word === 'true' || word === 'false') return word === 'true';
    if (!/^[+-]?(?:\d{1,15}\.?\d{0,15}|\.\d{1,15})$/.test(word)) throw new PdfError('a value was expected');
    return Number(word);
  }

  #skipSpace(): void {
    for (let inComment = false; this.#at < this.text.length; this.#at += 1) {
      const character = this.text[this.#at] as string;
      if (character === '%') inComment = true;
      else if (character === '\r' || character === '\n') inComment = false;
      else if (!inComment && !spaces.has(character)) return;
    }
  }

  #name(): PdfName {
    const written = match(regular, this.text, this.#at + 1)?.[0] ?? '';
    this.#at += 1 + written.length;
    const name = written.replace(/#([0-9A-Fa-f]{2})/g, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return { name };
  }

  #array(depth: number): PdfValue[] {
    this.#at += 1;
    const values: PdfValue[] = [];
    while (!this.takes(']')) values.push(this.value(depth + 1));
    return values;
  }

  #dictionary(depth: number): PdfDictionary {
    this.#at += 2;
    const dictionary: PdfDictionary = new Map();
    while (!this.takes('>>')) {
      const name = this.value(depth + 1);
      if (!isName(name)) throw new PdfError('a name was expected');
      if (dictionary.has(name.name)) throw new PdfError('a dictionary has a name twice');
      dictionary.set(name.name, this.value(depth + 1));
    }
    return dictionary;
  }

  #hex(): PdfString {
    const start = this.#at;
    const close = this.text.slice(start, start + maximumText).indexOf('>') + start;
    const digits = close < start ? '!' : this.text.slice(start + 1, close).replace(/[\0\t\n\f\r ]/g, '');
    if (!/^[0-9A-Fa-f]*$/.test(digits)) throw new PdfError('a text in hex is damaged');
    this.#at = close + 1;
    const string = Buffer.from(digits.length % 2 === 0 ? digits : `${digits}0`, 'hex');
    return { string, hex: true, start, end: this.#at };
  }

  /** The content of a literal is needed for plain names only: escapes stay as they are written. */
  #literal(): PdfString {
    const start = this.#at;
    let open = 0;
    const last = Math.min(this.text.length, start + maximumText);
    for (let at = start; at < last; at += 1) {
      const character = this.text[at];
      if (character === '\\') at += 1;
      else if (character === '(') open += 1;
      else if (character === ')') open -= 1;
      if (open > 0) continue;
      this.#at = at + 1;
      return {
        string: Buffer.from(this.text.slice(start + 1, at), 'latin1'),
        hex: false,
        start,
        end: at + 1,
      };
    }
    throw new PdfError('a text does not end');
  }
}

export function isName(value: PdfValue | undefined): value is PdfName {
  return typeof value === 'object' && value !== null && 'name' in value;
}

export function isReference(value: PdfValue | undefined): value is PdfReference {
  return typeof value === 'object' && value !== null && 'generation' in value;
}

export function isString(value: PdfValue | undefined): value is PdfString {
  return typeof value === 'object' && value !== null && 'string' in value;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
