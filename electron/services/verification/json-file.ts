import type { ZodType } from 'zod';
import { parseCanonicalJson } from '#shared/logic/canonical-json.ts';
import {
  type JsonValue,
  maximumJsonDepth,
  parseStrictJson,
  StrictJsonError,
} from '#shared/logic/strict-json.ts';
import { DoesNotHold, demand, printable } from './outcome.ts';

/** Reads a canonical JSON file and checks its shape. Throws `DoesNotHold` with the first thing that is wrong. */
export function demandCanonical<T>(path: string, bytes: Uint8Array, model: ZodType<T>): T {
  let value: JsonValue;
  try {
    value = parseCanonicalJson(bytes);
  } catch (error) {
    if (!(error instanceof StrictJsonError || error instanceof RangeError)) throw error;
    throw new DoesNotHold(`${path} is not canonical JSON: ${error.message}`);
  }
  const result = model.safeParse(value);
  const issue = result.error?.issues[0];
  demand(result.success, () => `${path} does not fit its model: ${printable(issue?.path.join('.') ?? '')}`);
  return result.data;
}

/**
 * Reads one line of a log: an object with one reading, whose numbers may be fractions. What `JSON.stringify` gives back
 * unchanged has no name twice and nothing that readers take differently, and is read at full speed; anything else is
 * read strictly. Null for what is no such line.
 */
export function parseLogLine(bytes: Uint8Array): Record<string, unknown> | null {
  const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    const text = line.toString('utf8');
    const value: unknown = JSON.parse(text);
    const unchanged = Buffer.from(JSON.stringify(value)).equals(line);
    if (!unchanged || mayBeTooDeep(line)) demandStrict(line, text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** A text, or a number outside of one. */
const textOrNumber = /("(?:[^"\\]|\\.)*")|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Throws unless there is one reading. Valid JSON is at hand, of which the strict reader takes all but fractions. */
function demandStrict(line: Uint8Array, text: string): void {
  if (!Buffer.from(text).equals(line)) throw new StrictJsonError('The bytes are not UTF-8', 0);
  parseStrictJson(text.replace(textOrNumber, (_, quoted: string | undefined) => quoted ?? '0'));
}

function mayBeTooDeep(line: Uint8Array): boolean {
  let opened = 0;
  for (let at = 0; at < line.length; at += 1) {
    const byte = line[at];
    if (byte === 0x7b || byte === 0x5b) opened += 1;
  }
  return opened > maximumJsonDepth;
}
