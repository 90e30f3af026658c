import { bytePatterns } from './byte-patterns.ts';
import { encodedStretches } from './encoded-stretches.ts';
import { type Decoded, decodings, percentDecoded } from './encodings.ts';
import type { PatternFinder, PatternKind } from './patterns.ts';
import { measureStrength, type Strength } from './strength.ts';

/** Most characters of a value that are measured: beyond, nothing changes the verdict, and the cost stays bounded. */
export const longestMeasured = 256;

/**
 * A value that patterns describe by this many bits shorter is rejected even where its bits would do, when no stretch of
 * it could stand alone. Patterns may begin anywhere and overlap, which chance has more of than one description is
 * charged for: of 20,000 random values the luckiest saved 26 bits, and each bit more is half as likely.
 */
function predictableBits(writtenOut: number): number {
  return Math.min(40, Math.max(32, writtenOut * 0.21));
}

/** An encoding of an encoding of an encoding is looked into; people do not go further. */
const deepestEncoding = 3;

/** How strong a value is, read in the way in which it is weakest. */
export interface Judgement {
  bits: number;
  /** By how many bits patterns shorten its description. */
  savedBits: number;
  /** Mostly words, walks, dates …: made by a person, whatever its length. */
  predictable: boolean;
  /** The share of the characters that each kind of pattern covers; kinds below 10 % are left out. */
  shares: ReadonlyMap<PatternKind, number>;
  /** Set when the weakest reading is the value decoded. */
  encoding: Decoded['encoding'] | 'percent-encoding' | null;
}

/** Judges a text as it stands, percent-encoding undone, and as the bytes it stands for. */
export function judge(text: string, finder: PatternFinder, context: readonly string[], depth = 0): Judgement {
  const measured = text.slice(0, longestMeasured);
  const patterns = finder.find(measured, context);
  if (depth < deepestEncoding) {
    const inner = (decoded: string) => judge(decoded, finder, context, depth + 1).bits;
    patterns.push(...encodedStretches(measured, inner));
  }
  const readings = [judgement(measureStrength(measured, patterns), measured.length)];
  for (const { encoding, bytes } of decodings(measured)) {
    const { text: asText, patterns: found } = bytePatterns(bytes);
    readings.push({ ...judgement(measureStrength(asText, found, 256), asText.length), encoding });
  }
  const plain = percentDecoded(measured);
  if (plain !== null && plain !== measured && depth < deepestEncoding) {
    readings.push({ ...judge(plain, finder, context, depth + 1), encoding: 'percent-encoding' });
  }
  return readings.reduce((weakest, reading) => (isWeaker(reading, weakest) ? reading : weakest));
}

function isWeaker(one: Judgement, other: Judgement): boolean {
  if (one.predictable !== other.predictable) return one.predictable;
  return one.bits < other.bits;
}

function judgement(strength: Strength, length: number): Judgement {
  const shares = new Map<PatternKind, number>();
  for (const [kind, characters] of strength.covered) {
    if (characters / length >= 0.1) shares.set(kind, characters / length);
  }
  return {
    bits: strength.bits,
    savedBits: strength.savedBits,
    predictable:
      strength.savedBits >= predictableBits(strength.bits + strength.savedBits) && !strength.hasRandomCore,
    shares,
    encoding: null,
  };
}
