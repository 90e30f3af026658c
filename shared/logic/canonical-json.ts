import { type JsonValue, loneSurrogate, parseStrictJson, StrictJsonError } from './strict-json.ts';

/**
 * RFC 8785 (JSON Canonicalization Scheme) for documents of integers: names sorted by UTF-16 code units, no space, texts
 * escaped as ECMAScript does. Throws a RangeError for what has no canonical form here: a fraction, a number beyond
 * ±(2^53 − 1), half of a surrogate pair, undefined, or anything else that is not JSON. Nothing is left out in silence.
 */
export function canonicalJson(value: unknown): string {
  return [...canonicalPieces(value)].join('');
}

/** Long enough that pieces cost little, short enough that no piece is felt. */
const pieceLength = 64 * 1024;

/** The same text in pieces, so that a large document needs not be in memory as one text. */
export function* canonicalPieces(value: unknown): Generator<string> {
  const pieces: string[] = [];
  let length = 0;
  for (const token of tokens(value, '$')) {
    pieces.push(token);
    length += token.length;
    if (length < pieceLength) continue;
    yield pieces.join('');
    pieces.length = 0;
    length = 0;
  }
  yield pieces.join('');
}

/** Below this many values an item is written in one go: a generator for each value would cost more than the text. */
function* tokens(value: unknown, path: string): Generator<string> {
  if (Array.isArray(value)) {
    yield '[';
    for (const [index, item] of value.entries()) {
      if (index > 0) yield ',';
      yield written(item, `${path}[${index}]`);
    }
    yield ']';
  } else if (isObject(value)) {
    yield '{';
    for (const [index, name] of Object.keys(value).sort().entries()) {
      if (index > 0) yield ',';
      yield `${text(name, path)}:`;
      yield* tokens(value[name], `${path}.${name}`);
    }
    yield '}';
  } else yield written(value, path);
}

function written(value: unknown, path: string): string {
  switch (typeof value) {
    case 'string':
      return text(value, path);
    case 'number':
      if (!Number.isSafeInteger(value)) throw new RangeError(`Not an integer that JSON can hold: ${path}`);
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      if (value === null) return 'null';
  }
  if (Array.isArray(value)) return `[${value.map((item) => written(item, path)).join(',')}]`;
  if (!isObject(value)) throw new RangeError(`Not a JSON value: ${path}`);
  const members = Object.keys(value)
    .sort()
    .map((name) => `${text(name, path)}:${written(value[name], path)}`);
  return `{${members.join(',')}}`;
}

function text(value: string, path: string): string {
  if (loneSurrogate.test(value)) throw new RangeError(`Half of a surrogate pair: ${path}`);
  return JSON.stringify(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Reads a document that must be canonical, so that the bytes that were signed have one reading. Throws
 * `StrictJsonError` where they are not JSON of this kind or not canonical.
 */
export function parseCanonicalJson(bytes: Uint8Array): JsonValue {
  const value = parseStrictJson(bytes);
  const canonical = new TextEncoder().encode(canonicalJson(value));
  const differs = firstDifference(canonical, bytes);
  if (differs !== -1) throw new StrictJsonError('The document is not in canonical form (RFC 8785)', differs);
  return value;
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at += 1) if (a[at] !== b[at]) return at;
  return a.length === b.length ? -1 : shorter;
}
