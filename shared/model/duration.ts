import { z } from 'zod';

const unitMilliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof unitMilliseconds;

/** A length of time as people write it in settings: `90d`, `24h`, `15m`, `30s`, `250ms`. */
export const DurationText = z
  .string()
  .regex(/^(0|[1-9]\d{0,8})(ms|s|m|h|d)$/, 'write a whole number and a unit: ms, s, m, h or d, such as 24h');
export type DurationText = z.infer<typeof DurationText>;

/** Milliseconds of a duration text. Throws a RangeError on any other text (validate with `DurationText` first). */
export function durationMilliseconds(text: DurationText): number {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text);
  if (!match) throw new RangeError('not a duration');
  return Number(match[1]) * unitMilliseconds[match[2] as Unit];
}

/** Kept apart from the schemas: the window shows durations without loading zod. */
export { durationInWords } from '../logic/duration-in-words.ts';
