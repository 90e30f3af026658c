import { type Assignment, type ParsedText, quoteStyleOf } from './assignment.ts';
import { normalizeLineEndings } from './normalized-text.ts';

/** Ends a line for `^`, `$` and `.` in the consumer's grammar. */
const lineEnd = /[\n\u2028\u2029]/;
const nameText = /[\w.-]+/y;
const spaces = /\s*/y;
const exportWord = /export\s+/y;

/**
 * Reads a file as the npm package `dotenv` does: `NAME=value` or `NAME: value`, values in single, double or backtick
 * quotes over several lines, `\n` and `\r` only in double quotes, `#` beginning a comment anywhere in an unquoted
 * value. A quote that is never closed would be read as part of the value; here it is reported.
 */
export function parseDotenv(original: string): ParsedText {
  const normalized = normalizeLineEndings(original);
  const { text } = normalized;
  const parsed: ParsedText = { assignments: [], malformed: [], unterminatedQuoteLine: null };

  for (let at = 0; at < text.length; ) {
    const start = skip(spaces, text, at);
    if (start >= text.length) break;
    if (text[start] === '#') {
      at = endOfLine(text, start);
      continue;
    }
    const head = readHead(text, start);
    if (!head) {
      parsed.malformed.push({
        line: normalized.lineAt(start),
        reason: 'dotenv skips it: it is no NAME=value',
      });
      at = endOfLine(text, start);
      continue;
    }
    const line = normalized.lineAt(head.nameStart);
    const value = readValue(text, head.valueFrom);
    if (value.unterminated) parsed.unterminatedQuoteLine ??= line;
    const assignment: Assignment = {
      name: text.slice(head.nameStart, head.nameEnd),
      raw: value.value,
      line,
      start: normalized.originalOffset(start),
      nameEnd: normalized.originalOffset(head.nameEnd),
      valueStart: normalized.originalOffset(value.start),
      valueEnd: originalEnd(normalized, value.start, value.end),
      quote: value.quoted ? quoteStyleOf(text[value.start]) : 'none',
      dependsOnRelease: null,
    };
    parsed.assignments.push(assignment);
    at = value.next;
  }
  return parsed;
}

/** Positions behind a value must not swallow the `\r` of the line ending that follows. */
function originalEnd(
  normalized: { originalOffset(offset: number): number },
  start: number,
  end: number,
): number {
  return end === start ? normalized.originalOffset(start) : normalized.originalOffset(end - 1) + 1;
}

function readHead(
  text: string,
  start: number,
): { nameStart: number; nameEnd: number; valueFrom: number } | null {
  const afterExport = skip(exportWord, text, start);
  for (const nameStart of afterExport > start ? [afterExport, start] : [start]) {
    const nameEnd = skip(nameText, text, nameStart);
    if (nameEnd === nameStart) continue;
    const equals = skip(spaces, text, nameEnd);
    if (text[equals] === '=') return { nameStart, nameEnd, valueFrom: equals + 1 };
    if (text[nameEnd] === ':' && /\s/.test(text[nameEnd + 1] ?? '')) {
      return { nameStart, nameEnd, valueFrom: nameEnd + 2 };
    }
  }
  return null;
}

function readValue(
  text: string,
  from: number,
): { value: string; start: number; end: number; next: number; quoted: boolean; unterminated: boolean } {
  const start = skip(spaces, text, from);
  const quote = text[start];
  if (quote === "'" || quote === '"' || quote === '`') {
    const closing = closingQuote(text, start, quote);
    if (closing !== null) {
      const written = text.slice(start + 1, closing);
      return {
        value: quote === '"' ? unescapeDouble(written) : written,
        start,
        end: closing + 1,
        next: afterComment(text, closing + 1),
        quoted: true,
        unterminated: false,
      };
    }
  }
  return readUnquoted(text, from);
}

function readUnquoted(text: string, from: number): ReturnType<typeof readValue> {
  const newline = text.indexOf('\n', from);
  const stop = newline === -1 ? text.length : newline;
  const hash = text.indexOf('#', from);
  const end = hash === -1 || hash > stop ? stop : hash;
  const written = text.slice(from, end);
  const trimmed = written.trim();
  const start = trimmed === '' ? from : from + written.indexOf(trimmed);
  const quote = trimmed[0];
  // Quotes around the whole of an unquoted value are stripped, line by line where it holds Unicode line separators.
  const stripped = trimmed.replace(/^(['"`])([\s\S]*)\1$/gm, '$2');
  const unterminated =
    (quote === "'" || quote === '"' || quote === '`') && !text.slice(start + 1, stop).includes(quote);
  return {
    value: quote === '"' ? unescapeDouble(stripped) : stripped,
    start,
    end: start + trimmed.length,
    next: end === stop ? stop : endOfLine(text, end),
    quoted: stripped !== trimmed,
    unterminated,
  };
}

/**
 * The quote that closes the value: the first one without a backslash before it, when only white space or a comment
 * follows on its line; otherwise the last one with a backslash for which that holds.
 */
function closingQuote(text: string, opening: number, quote: string): number | null {
  let found: number | null = null;
  for (let at = text.indexOf(quote, opening + 1); at !== -1; at = text.indexOf(quote, at + 1)) {
    const escaped = text[at - 1] === '\\';
    if (endsStatement(text, at + 1)) found = at;
    if (!escaped) break;
  }
  return found;
}

function endsStatement(text: string, from: number): boolean {
  let at = from;
  while (at < text.length && !lineEnd.test(text[at] as string) && /\s/.test(text[at] as string)) at++;
  return at >= text.length || text[at] === '#' || lineEnd.test(text[at] as string);
}

function afterComment(text: string, from: number): number {
  let at = from;
  while (at < text.length && !lineEnd.test(text[at] as string) && /\s/.test(text[at] as string)) at++;
  return text[at] === '#' ? endOfLine(text, at) : at;
}

function unescapeDouble(written: string): string {
  return written.replace(/\\n/g, '\n').replace(/\\r/g, '\r');
}

function endOfLine(text: string, from: number): number {
  let at = from;
  while (at < text.length && !lineEnd.test(text[at] as string)) at++;
  return at;
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
