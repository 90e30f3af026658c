import type { ParsedText } from './assignment.ts';

// What Go's unicode.IsSpace accepts.
const goSpaces = /[\t-\r\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*/y;

/** Docker reads lines into a buffer of this many bytes and refuses a longer one. */
const longestLine = 64 * 1024;

/**
 * Reads a file as `docker run --env-file` does: `NAME=value` a line, the value exactly as written, without quotes,
 * escapes, trailing comments or trimming. A name without a value is taken from the caller's environment, which is
 * not known here. A name with white space (such as `export NAME`) makes docker refuse the whole file.
 */
export function parseDocker(text: string): ParsedText {
  const parsed: ParsedText = { assignments: [], malformed: [], unterminatedQuoteLine: null };
  let line = 0;
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const next = newline === -1 ? text.length : newline + 1;
    let stop = newline === -1 ? text.length : newline;
    if (text[stop - 1] === '\r' && stop > at) stop--;
    line++;
    const from = line === 1 && text.startsWith('\ufeff') ? 1 : at;
    readLine(text, from, stop, line, parsed);
    at = next;
  }
  return parsed;
}

function readLine(text: string, from: number, stop: number, line: number, parsed: ParsedText): void {
  goSpaces.lastIndex = from;
  goSpaces.test(text);
  const start = Math.min(goSpaces.lastIndex, stop);
  if (start === stop || text[start] === '#') return;
  const found = text.indexOf('=', start);
  const equals = found === -1 || found >= stop ? -1 : found;
  const name = text.slice(start, equals === -1 ? stop : equals);
  const refusal = refusedBecause(name, text.slice(from, stop));
  if (refusal) {
    parsed.malformed.push({ line, reason: `docker refuses the whole file: ${refusal}` });
    return;
  }
  parsed.assignments.push({
    name: equals === -1 ? name.trim() : name,
    raw: equals === -1 ? null : text.slice(equals + 1, stop),
    line,
    start,
    nameEnd: start + name.length,
    valueStart: equals === -1 ? start + name.length : equals + 1,
    valueEnd: equals === -1 ? start + name.length : stop,
    quote: 'none',
    dependsOnRelease: null,
  });
}

function refusedBecause(name: string, line: string): string | null {
  if (name === '') return 'there is no name before the equals sign';
  if (/[ \t]/.test(name)) return 'the name contains white space';
  // UTF-8 takes at most three bytes for a UTF-16 unit: measure only lines that could be too long.
  if (line.length * 3 > longestLine && new TextEncoder().encode(line).length >= longestLine) {
    return 'the line is longer than 64 KiB';
  }
  return null;
}
