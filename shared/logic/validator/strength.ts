import type { Pattern, PatternKind } from './patterns.ts';

/** NIST SP 800-131A: 112 bits is the least that is still acceptable; 128 is what a new key should have. */
export const minimumBits = 112;
export const targetBits = 128;

/** What the value's predictability comes to. */
export interface Strength {
  /** Estimated bits: characters that no pattern covers × log2(alphabet in use) + log2(guesses of the patterns). */
  bits: number;
  /** By how many bits the patterns shorten the value's description; chance alone saves k with about 2^-k. */
  savedBits: number;
  /** Whether some stretch of the value has no pattern worth mention and reaches the minimum by itself. */
  hasRandomCore: boolean;
  /** Characters covered, by kind. */
  covered: ReadonlyMap<PatternKind, number>;
}

interface Reading {
  bits: number;
  chosen: Pattern[];
}

/** In bits, for each character written out and for each pattern, beyond what they are worth themselves. */
interface Announcement {
  character: number;
  pattern: number;
}

/** Patterns are rare, and dear to announce. */
const sparse: Announcement = { character: 0, pattern: 10 };
/** Patterns are the rule: cheap to announce, and so is a character that belongs to none no longer free. */
const dense: Announcement = { character: 1, pattern: 5 };

/**
 * Measures a value as the length of its shortest description: each character is either written out (log2 of the
 * alphabet) or part of a pattern (log2 of its guesses, and the cost of saying that a pattern is there). Two ways of
 * saying so are tried, sparse and dense. A description this honest cannot be much shorter than a random value: the
 * chance to save k bits is about 2^-k (Kraft's inequality), which is what keeps generated values from being rejected.
 */
export function measureStrength(
  text: string,
  patterns: readonly Pattern[],
  alphabet = alphabetSize(text),
): Strength {
  const perCharacter = bitsPerCharacter(text, alphabet);
  const readings = [sparse, dense].map((cost) => shortestReading(text.length, patterns, perCharacter, cost));
  const shortest = readings.reduce((one, other) => (other.bits < one.bits ? other : one));
  const covered = new Map<PatternKind, number>();
  for (const { kind, start, end } of shortest.chosen) {
    covered.set(kind, (covered.get(kind) ?? 0) + end - start);
  }
  const writtenOut = text.length * perCharacter;
  return {
    bits: Math.min(shortest.bits, writtenOut),
    savedBits: Math.max(0, writtenOut - shortest.bits),
    hasRandomCore: hasRandomCore(text.length, patterns, perCharacter),
    covered,
  };
}

/** Patterns that say something where nothing is known of the rest: between sparse and dense. */
const among: Announcement = { character: 0, pattern: 6 };
/** A stretch from which patterns save less than this share is as good as random. */
const negligibleSaving = 0.06;

function hasRandomCore(length: number, patterns: readonly Pattern[], perCharacter: number): boolean {
  const { chosen } = shortestReading(length, patterns, perCharacter, among);
  // Only stretches between patterns, or with whole patterns inside, matter: their ends are the cuts.
  const cuts = [0, ...chosen.flatMap(({ start, end }) => [start, end]), length];
  const saved = (pattern: Pattern) =>
    Math.max(0, (pattern.end - pattern.start) * perCharacter - pattern.bits - among.pattern);
  return cuts.some((from) =>
    cuts.some((to) => {
      const writtenOut = (to - from) * perCharacter;
      if (writtenOut < minimumBits) return false;
      const saving = chosen
        .filter(({ start, end }) => start >= from && end <= to)
        .reduce((sum, pattern) => sum + saved(pattern), 0);
      return writtenOut - saving >= minimumBits && saving < writtenOut * negligibleSaving;
    }),
  );
}

function shortestReading(
  length: number,
  patterns: readonly Pattern[],
  perCharacter: number,
  announcement: Announcement,
): Reading {
  const byEnd = new Map<number, Pattern[]>();
  for (const pattern of patterns) {
    const ending = byEnd.get(pattern.end);
    if (ending) ending.push(pattern);
    else byEnd.set(pattern.end, [pattern]);
  }
  const best = new Float64Array(length + 1);
  const choice: (Pattern | null)[] = [null];
  for (let end = 1; end <= length; end += 1) {
    let bits = (best[end - 1] ?? 0) + perCharacter + announcement.character;
    let chosen: Pattern | null = null;
    for (const pattern of byEnd.get(end) ?? []) {
      const candidate = (best[pattern.start] ?? 0) + pattern.bits + announcement.pattern;
      if (candidate < bits) [bits, chosen] = [candidate, pattern];
    }
    best[end] = bits;
    choice.push(chosen);
  }
  const chosen: Pattern[] = [];
  for (let end = length; end > 0; ) {
    const pattern = choice[end] ?? null;
    if (pattern) chosen.unshift(pattern);
    end = pattern ? pattern.start : end - 1;
  }
  return { bits: best[length] ?? 0, chosen };
}

const namedAlphabets: readonly [RegExp, number][] = [
  [/^[01]*$/, 2],
  [/^[0-9]*$/, 10],
  [/^[0-9a-f]*$/, 16],
  [/^[0-9A-F]*$/, 16],
  // One row or one hand of a keyboard: what fingers fall on.
  [/^[asdfghjkl;]*$/, 10],
  [/^[qwertyuiop]*$/, 10],
  [/^[zxcvbnm,./]*$/, 10],
  [/^[qwertasdfgzxcvb]*$/, 15],
  [/^[yuiophjklnm]*$/, 11],
  [/^[a-z]*$/, 26],
  [/^[A-Z]*$/, 26],
  [/^[A-Z2-7]*=*$/, 32],
  [/^[A-Za-z0-9_-]*=*$/, 64],
  [/^[A-Za-z0-9+/]*=*$/, 64],
];

const classes: readonly [RegExp, number][] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[0-9]/, 10],
  [/[-_]/, 2],
  [/[^A-Za-z0-9_\-\P{ASCII}]/u, 31],
  [/\P{ASCII}/u, 128],
];

/** Characters of the alphabet that the value is written in: the smallest that is likely and holds them all. */
export function alphabetSize(text: string): number {
  const named = namedAlphabets.find(([pattern]) => pattern.test(text))?.[1] ?? Number.POSITIVE_INFINITY;
  // Digits in groups, as in telephone numbers and dates: what groups them tells nothing.
  if (!/\p{L}/u.test(text) && text.replace(/[^0-9]/g, '').length >= text.length * 0.7) return 10;
  const mixed = classes.reduce((size, [pattern, members]) => size + (pattern.test(text) ? members : 0), 0);
  return Math.max(1, Math.min(named, mixed));
}

/** log2 of the alphabet; less where so few different characters occur that naming them first is shorter. */
function bitsPerCharacter(text: string, alphabet: number): number {
  if (text.length === 0) return 0;
  const distinct = new Set(text).size;
  const namingThem = log2Choose(Math.max(alphabet, distinct), distinct) + Math.log2(Math.max(alphabet, 2));
  return Math.min(Math.log2(alphabet), Math.log2(distinct) + namingThem / text.length);
}

/** log2 of "n choose k". */
export function log2Choose(n: number, k: number): number {
  let sum = 0;
  for (let index = 1; index <= Math.min(k, n - k); index += 1) sum += Math.log2((n - index + 1) / index);
  return sum;
}
