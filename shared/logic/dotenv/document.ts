import type { Parser } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { Assignment, ParsedText } from './assignment.ts';
import { writtenForms } from './encode-value.ts';
import { parseText, readVariables } from './parsers.ts';

/**
 * A dotenv file that is changed one variable at a time and keeps everything else to the byte: comments, order, blank
 * lines, quoting style, `export`, indentation, line endings, byte order mark, a missing final newline.
 *
 * It edits the assignments that the configured consumer sees, and after each change reads the result as that consumer
 * does: the changed variable must come back exactly and every other one as it was, or nothing is changed.
 */
export class DotenvDocument {
  readonly #parser: Parser;
  #text: string;
  #parsed: ParsedText;

  /** Throws `unterminated-quote` with the line number. */
  constructor(parser: Parser, text: string) {
    this.#parser = parser;
    this.#text = text;
    this.#parsed = parseText(parser, text);
    const line = this.#parsed.unterminatedQuoteLine;
    if (line !== null) {
      throw new RekeyError('unterminated-quote', {
        message: `A quote that begins on line ${line} is never closed.`,
        remedy: `Close the quote on line ${line} in an editor, then try again.`,
        details: { line },
      });
    }
  }

  get text(): string {
    return this.#text;
  }

  get parsed(): ParsedText {
    return this.#parsed;
  }

  has(name: string): boolean {
    return this.#parsed.assignments.some((assignment) => assignment.name === name);
  }

  /** What the consumer reads. */
  variables(): Map<string, string> {
    return readVariables(this.#parser, this.#parsed);
  }

  /**
   * Sets a variable. Where a name occurs more than once the last one is changed, since it wins. A new one goes
   * directly below the variable named by `after` and is written like it, or at the end of the file.
   * Throws `value-unrepresentable` when the consumer would not read exactly this value back.
   */
  set(name: string, value: Secret, after?: string): void {
    const existing = this.#last(name);
    const base = after === undefined ? undefined : this.#last(after);
    const style = (existing ?? base)?.quote ?? 'none';
    // No environment variable can hold a NUL byte, whatever the file says.
    const forms = value.reveal().includes('\0') ? [] : writtenForms(this.#parser, value.reveal(), style);
    for (const written of forms) {
      const text = existing
        ? this.#withValue(existing, written)
        : base
          ? this.#withLineBelow(base, name, written)
          : this.#withLineAtEnd(name, written);
      const parsed = parseText(this.#parser, text);
      if (parsed.unterminatedQuoteLine === null && this.#keepsAllBut(name, value.reveal(), parsed)) {
        this.#text = text;
        this.#parsed = parsed;
        return;
      }
    }
    throw new RekeyError('value-unrepresentable', {
      message: `The value for ${name} cannot be written so that ${this.#parser} reads it back exactly.`,
      remedy: 'Use a value of letters, digits, "-" and "_", or change how the environment parses its file.',
      details: { key: name, parser: this.#parser },
    });
  }

  /** Removes every assignment of a variable, with its line. Removing one that is not there changes nothing. */
  remove(name: string): void {
    if (!this.has(name)) return;
    let text = this.#text;
    for (const assignment of this.#parsed.assignments.toReversed()) {
      if (assignment.name === name) text = withoutLine(text, assignment);
    }
    const parsed = parseText(this.#parser, text);
    if (parsed.unterminatedQuoteLine !== null || !this.#keepsAllBut(name, null, parsed)) {
      throw new RekeyError('value-unrepresentable', {
        message: `${name} cannot be removed without changing how ${this.#parser} reads the rest of the file.`,
        remedy: `Give ${name} a line of its own in an editor, then try again.`,
        details: { key: name, parser: this.#parser },
      });
    }
    this.#text = text;
    this.#parsed = parsed;
  }

  #last(name: string): Assignment | undefined {
    return this.#parsed.assignments.findLast((assignment) => assignment.name === name);
  }

  #withValue(assignment: Assignment, written: string): string {
    const equals = assignment.raw === null ? '=' : '';
    return (
      this.#text.slice(0, assignment.valueStart) + equals + written + this.#text.slice(assignment.valueEnd)
    );
  }

  #withLineBelow(base: Assignment, name: string, written: string): string {
    const lineStart = startOfLine(this.#text, base.start);
    const prefix = this.#text.slice(lineStart, base.nameEnd - base.name.length);
    // A quoted name (python-dotenv) and a byte order mark belong to the base, not to the new line.
    const lead = /^[ \t]*(export[ \t]+)?/.exec(prefix.replace(/^\ufeff/, ''))?.[0] ?? '';
    const line = `${lead}${name}=${written}`;
    const end = endOfLine(this.#text, Math.max(base.valueEnd, base.nameEnd));
    const ending = lineEndingAt(this.#text, end) || this.#usualLineEnding();
    return `${this.#text.slice(0, end)}${ending}${line}${this.#text.slice(end)}`;
  }

  #withLineAtEnd(name: string, written: string): string {
    const ending = this.#usualLineEnding();
    const line = `${name}=${written}`;
    // systemd takes a byte order mark for the beginning of a name: the mark keeps a line of its own there.
    const empty = this.#text === '' || (this.#text === '\ufeff' && this.#parser !== 'systemd');
    if (empty) return `${this.#text}${line}${ending}`;
    return /[\r\n]$/.test(this.#text) ? `${this.#text}${line}${ending}` : `${this.#text}${ending}${line}`;
  }

  #usualLineEnding(): string {
    return /\r\n|\n|\r/.exec(this.#text)?.[0] ?? '\n';
  }

  /** Compared before expansion of references: a variable that refers to the changed one changes by design. */
  #keepsAllBut(name: string, expected: string | null, parsed: ParsedText): boolean {
    if ((readVariables(this.#parser, parsed).get(name) ?? null) !== expected) return false;
    const before = writtenValues(this.#parsed, name);
    const after = writtenValues(parsed, name);
    if (before.size !== after.size) return false;
    for (const [other, raw] of before) if (!after.has(other) || after.get(other) !== raw) return false;
    return parsed.malformed.length === this.#parsed.malformed.length;
  }
}

function writtenValues(parsed: ParsedText, except: string): Map<string, string | null> {
  const values = new Map<string, string | null>();
  for (const { name, raw } of parsed.assignments) if (name !== except) values.set(name, raw);
  return values;
}

function withoutLine(text: string, assignment: Assignment): string {
  const start = startOfLine(text, assignment.start);
  const end = endOfLine(text, Math.max(assignment.valueEnd, assignment.nameEnd));
  const ending = lineEndingAt(text, end);
  // The byte order mark belongs to the file, not to its first line.
  const from = text[start] === '\ufeff' ? start + 1 : start;
  if (ending !== '') return text.slice(0, from) + text.slice(end + ending.length);
  // The last line had no newline: the line that becomes the last one must not have one either.
  return text.slice(0, from).replace(/(\r\n|\n|\r)$/, '') + text.slice(end);
}

function startOfLine(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && text[at - 1] !== '\n' && text[at - 1] !== '\r') at--;
  return at;
}

function endOfLine(text: string, offset: number): number {
  let at = offset;
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++;
  return at;
}

function lineEndingAt(text: string, offset: number): string {
  if (text.startsWith('\r\n', offset)) return '\r\n';
  const character = text[offset];
  return character === '\n' || character === '\r' ? character : '';
}
