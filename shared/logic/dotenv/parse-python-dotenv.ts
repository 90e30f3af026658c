import { type ParsedText, quoteStyleOf } from './assignment.ts';
import { normalizeLineEndings } from './normalized-text.ts';

// What Python calls white space, which is not what JavaScript calls white space.
const pythonSpace = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const inlineSpace = pythonSpace.replace('\\t-\\r', '\\t\\v\\f');
const anySpaces = new RegExp(`[${pythonSpace}]*`, 'y');
const inlineSpaces = new RegExp(`[${inlineSpace}]*`, 'y');
const exportWord = new RegExp(`export[${inlineSpace}]+`, 'y');
const plainName = new RegExp(`[^=#${pythonSpace}]+`, 'y');
const quotedName = /'[^']+'/y;
const comment = new RegExp(`[${inlineSpace}]*#[^\\n]*`, 'y');
const commentInValue = new RegExp(`[${pythonSpace}]+#[^\\n]*`, 'g');
const trailingSpace = new RegExp(`[${pythonSpace}]+$`);
const restOfLine = /[^\n]*\n?/y;

const byteOrderMark = '\ufeff';

/** Why releases before 1.2.3 miss the first variable of a file that begins with a byte order mark. */
const byteOrderMarkReason =
  'the file begins with a byte order mark, and python-dotenv before 1.2.3 then misses its first variable';

/**
 * Reads a file as python-dotenv 1.2 does, before variable expansion: `NAME=value`, `'NAME'=value`, names without a
 * value, single and double quotes over several lines with their escapes, `#` beginning a comment only after white
 * space. A statement that it cannot read is skipped to the end of its line.
 */
export function parsePythonDotenv(original: string): ParsedText {
  const normalized = normalizeLineEndings(original);
  const { text } = normalized;
  const parsed: ParsedText = { assignments: [], malformed: [], unterminatedQuoteLine: null };
  const end = (start: number, stop: number) =>
    stop === start ? normalized.originalOffset(start) : normalized.originalOffset(stop - 1) + 1;

  let at = text.startsWith(byteOrderMark) ? 1 : 0;
  while (at < text.length) {
    const start = skip(anySpaces, text, at);
    if (start >= text.length) break;
    const line = normalized.lineAt(start);
    const statement = readStatement(text, start);
    if (statement.outcome === 'skipped') {
      if (statement.unterminated) parsed.unterminatedQuoteLine ??= normalized.lineAt(statement.reached);
      parsed.malformed.push({ line, reason: 'python-dotenv cannot read it and skips it' });
      at = skip(restOfLine, text, statement.reached);
      continue;
    }
    if (statement.outcome === 'assignment') {
      parsed.assignments.push({
        name: statement.name,
        raw: statement.value,
        line,
        start: normalized.originalOffset(start),
        nameEnd: end(start, statement.nameEnd),
        valueStart: normalized.originalOffset(statement.valueStart),
        valueEnd: end(statement.valueStart, statement.valueEnd),
        quote: statement.quoted ? quoteStyleOf(text[statement.valueStart]) : 'none',
        dependsOnRelease:
          parsed.assignments.length === 0 && text.startsWith(byteOrderMark) && line === 1
            ? byteOrderMarkReason
            : null,
      });
    }
    at = statement.next;
  }
  return parsed;
}

type Statement =
  | { outcome: 'comment'; next: number }
  | { outcome: 'skipped'; reached: number; unterminated: boolean }
  | {
      outcome: 'assignment';
      name: string;
      nameEnd: number;
      value: string | null;
      valueStart: number;
      valueEnd: number;
      quoted: boolean;
      next: number;
    };

function readStatement(text: string, start: number): Statement {
  const nameStart = skip(exportWord, text, start);
  if (text[nameStart] === '#') return { outcome: 'comment', next: skip(restOfLine, text, nameStart) };

  const nameEnd = skip(text[nameStart] === "'" ? quotedName : plainName, text, nameStart);
  if (nameEnd === nameStart) return { outcome: 'skipped', reached: nameStart, unterminated: false };
  const written = text.slice(nameStart, nameEnd);
  const name = text[nameStart] === "'" ? written.slice(1, -1) : written;

  const equals = skip(inlineSpaces, text, nameEnd);
  if (text[equals] !== '=') {
    const next = finish(text, equals);
    if (next === null)
      return { outcome: 'skipped', reached: afterComment(text, equals), unterminated: false };
    return {
      outcome: 'assignment',
      name,
      nameEnd,
      value: null,
      valueStart: nameEnd,
      valueEnd: nameEnd,
      quoted: false,
      next,
    };
  }

  const valueStart = skip(inlineSpaces, text, equals + 1);
  const value = readValue(text, valueStart);
  if (!value) return { outcome: 'skipped', reached: valueStart, unterminated: true };
  const next = finish(text, value.next);
  if (next === null)
    return { outcome: 'skipped', reached: afterComment(text, value.next), unterminated: false };
  // An empty value is written directly behind the equals sign, before any comment.
  const empty = value.end === valueStart;
  return {
    outcome: 'assignment',
    name,
    nameEnd,
    value: value.value,
    valueStart: empty ? equals + 1 : valueStart,
    valueEnd: empty ? equals + 1 : value.end,
    quoted: value.quoted,
    next,
  };
}

/** Null for a quote that is never closed. */
function readValue(
  text: string,
  start: number,
): { value: string; end: number; next: number; quoted: boolean } | null {
  const quote = text[start];
  if (quote === "'" || quote === '"') {
    const closing = closingQuote(text, start, quote);
    if (closing === null) return null;
    const written = text.slice(start + 1, closing);
    const value =
      quote === "'"
        ? written.replace(/\\[\\']/g, (pair) => pair[1] as string)
        : written.replace(/\\[\\'"abfnrtv]/g, (pair) => doubleQuoteEscapes[pair[1] as string] as string);
    return { value, end: closing + 1, next: closing + 1, quoted: true };
  }
  const newline = text.indexOf('\n', start);
  const next = newline === -1 ? text.length : newline;
  const value = text.slice(start, next).replace(commentInValue, '').replace(trailingSpace, '');
  return { value, end: start + value.length, next, quoted: false };
}

const doubleQuoteEscapes: Record<string, string> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The first quote without a backslash before it; when there is none, the last one with a backslash. */
function closingQuote(text: string, opening: number, quote: string): number | null {
  let escaped: number | null = null;
  for (let at = text.indexOf(quote, opening + 1); at !== -1; at = text.indexOf(quote, at + 1)) {
    if (text[at - 1] !== '\\') return at;
    escaped = at;
  }
  return escaped;
}

/** Behind the comment and the end of the line; null when something else stands there. */
function finish(text: string, from: number): number | null {
  const at = skip(inlineSpaces, text, afterComment(text, from));
  if (at >= text.length) return at;
  return text[at] === '\n' ? at + 1 : null;
}

function afterComment(text: string, from: number): number {
  return skip(comment, text, from);
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
