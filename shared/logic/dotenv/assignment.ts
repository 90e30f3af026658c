/** How a value is written in the file. */
export type QuoteStyle = 'none' | 'single' | 'double' | 'backtick';

/**
 * One assignment as a consumer reads it, with the places in the text that an editor needs. All offsets are UTF-16
 * positions in the text that was parsed; `end` is exclusive.
 */
export interface Assignment {
  name: string;
  /** Before variable expansion. Null for a name without a value, which removes the variable for that consumer. */
  raw: string | null;
  /** Line of the name, counted from 1. */
  line: number;
  /** From the first character of `export` or the name. */
  start: number;
  /** Where the name ends; a name without a value gets its `=` here. */
  nameEnd: number;
  /** The written value with its quotes, without white space or comment around it. */
  valueStart: number;
  valueEnd: number;
  quote: QuoteStyle;
  /** Releases of the same consumer read this assignment differently. In words: why. */
  dependsOnRelease: string | null;
}

/** A line that the consumer skips or refuses. */
export interface MalformedLine {
  line: number;
  /** In words, for a person: what the consumer does about it. */
  reason: string;
}

export interface ParsedText {
  /** In the order of the file, duplicates included: the last one of a name wins. */
  assignments: Assignment[];
  malformed: MalformedLine[];
  /** Line of an opening quote that is never closed, or null. */
  unterminatedQuoteLine: number | null;
}

/** The style that a value beginning with this character is written in. */
export function quoteStyleOf(character: string | undefined): QuoteStyle {
  if (character === "'") return 'single';
  if (character === '"') return 'double';
  if (character === '`') return 'backtick';
  return 'none';
}
