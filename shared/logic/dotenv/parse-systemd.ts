import { type Assignment, type ParsedText, type QuoteStyle, quoteStyleOf } from './assignment.ts';

const isNewline = (character: string) => character === '\n' || character === '\r';
const isSpace = (character: string) => character === ' ' || character === '\t' || isNewline(character);

/** A backslash before these, in double quotes, is dropped; before any other character it stays. */
const escapedInDoubleQuotes = '"\\`$';

/**
 * Reads a file as systemd's `EnvironmentFile=` does (systemd.exec(5)): comments only at the beginning of a line, with
 * `#` or `;`; a backslash keeps the next character and joins lines; quoted pieces may be followed by plain text;
 * `export` is no part of the syntax. Assignments whose name is no valid variable name are dropped.
 */
export function parseSystemd(text: string): ParsedText {
  return new SystemdReader(text).read();
}

class SystemdReader {
  readonly #text: string;
  readonly #parsed: ParsedText = { assignments: [], malformed: [], unterminatedQuoteLine: null };
  #at = 0;
  #line = 1;
  #commentContinued = false;

  constructor(text: string) {
    this.#text = text;
  }

  read(): ParsedText {
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at] as string;
      if (isSpace(character)) this.#advance();
      else if (character === '#' || character === ';') this.#comment();
      else this.#assignment();
    }
    return this.#parsed;
  }

  #advance(): string {
    const character = this.#text[this.#at++] as string;
    if (character === '\n' || (character === '\r' && this.#text[this.#at] !== '\n')) this.#line++;
    return character;
  }

  #comment(): void {
    let last = '';
    while (this.#at < this.#text.length) {
      const character = this.#advance();
      if (isNewline(character)) break;
      last = character;
    }
    this.#commentContinued = last === '\\';
  }

  #assignment(): void {
    const start = this.#at;
    const line = this.#line;
    const afterContinuedComment = this.#commentContinued;
    this.#commentContinued = false;
    // The first character belongs to the name whatever it is.
    this.#advance();
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined || isNewline(character)) {
        this.#parsed.malformed.push({ line, reason: 'systemd skips it: it is no NAME=value' });
        return;
      }
      if (character === '=') break;
      this.#advance();
    }
    const name = this.#text.slice(start, this.#at).replace(/[ \t]+$/, '');
    this.#advance();
    const value = this.#value();
    if (value.unterminated) this.#parsed.unterminatedQuoteLine ??= value.quoteLine;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      this.#parsed.malformed.push({
        line,
        reason: `systemd ignores it: the name is not valid${name.startsWith('export ') ? ' (it does not know "export")' : ''}`,
      });
      return;
    }
    const assignment: Assignment = {
      name,
      raw: value.value,
      line,
      start,
      nameEnd: start + name.length,
      valueStart: value.start,
      valueEnd: value.end,
      quote: value.quote,
      dependsOnRelease: afterContinuedComment
        ? 'the comment above ends with a backslash, and systemd before 254 then skips this line'
        : null,
    };
    this.#parsed.assignments.push(assignment);
  }

  /** From behind the equals sign to the end of the value, which may lie on a later line. */
  #value(): {
    value: string;
    start: number;
    end: number;
    quote: QuoteStyle;
    unterminated: boolean;
    quoteLine: number;
  } {
    const from = this.#at;
    let start = -1;
    let end = from;
    let value = '';
    let pieces = 0;
    let plain = false;
    let quoteLine = this.#line;
    let quote: QuoteStyle = 'none';
    /** Length of `value` up to which trailing white space is not stripped. */
    let kept = 0;

    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at] as string;
      if (isNewline(character)) break;
      if (!plain && (character === "'" || character === '"')) {
        if (start === -1) start = this.#at;
        pieces++;
        quote = quoteStyleOf(character);
        quoteLine = this.#line;
        const piece = this.#quoted(character);
        value += piece.value;
        kept = value.length;
        end = this.#at;
        if (!piece.closed) return { value, start, end, quote, unterminated: true, quoteLine };
        continue;
      }
      if (!plain && isSpace(character)) {
        this.#advance();
        continue;
      }
      if (start === -1) start = this.#at;
      plain = true;
      this.#advance();
      if (character === '\\') {
        const next = this.#text[this.#at];
        if (next !== undefined) {
          this.#advance();
          if (!isNewline(next)) value += next;
        }
        kept = value.length;
        end = this.#at;
      } else {
        value += character;
        if (!isSpace(character)) {
          kept = value.length;
          end = this.#at;
        }
      }
    }
    if (start === -1) {
      start = from;
      end = from;
    }
    return {
      value: value.slice(0, kept),
      start,
      end,
      quote: pieces === 1 && !plain ? quote : 'none',
      unterminated: false,
      quoteLine,
    };
  }

  #quoted(quote: string): { value: string; closed: boolean } {
    this.#advance();
    let value = '';
    while (this.#at < this.#text.length) {
      const character = this.#advance();
      if (character === quote) return { value, closed: true };
      if (quote === '"' && character === '\\') {
        if (this.#at >= this.#text.length) break;
        const next = this.#advance();
        if (escapedInDoubleQuotes.includes(next)) value += next;
        else if (next !== '\n') value += `\\${next}`;
      } else {
        value += character;
      }
    }
    return { value, closed: false };
  }
}
