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
 * Reads one line of a log: an object with one reading. What `JSON.stringify` gives back unchanged has no name twice
 * and nothing that readers take differently, and is read at full speed; anything else is read strictly.
 */
export function parseLogLine(bytes: Uint8Array): Record<string, unknown> | null {
  const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    let value: unknown = JSON.parse(line.toString('utf8'));
    const unchanged = Buffer.from(JSON.stringify(value)).equals(line);
    if (!unchanged || isTooDeep(line, value)) value = parseStrictJson(bytes);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function isTooDeep(line: Uint8Array, value: unknown): boolean {
  let opened = 0;
  for (const byte of line) if (byte === 0x7b || byte === 0x5b) opened += 1;
  return opened > maximumJsonDepth && !isWithin(value, maximumJsonDepth);
}

function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((item) => isWithin(item, levels - 1));
}
