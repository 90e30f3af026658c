/**
 * What kind of predictability a stretch of a value shows. `language` reads like words that no dictionary holds,
 * `encoding` is base64 or hexadecimal of something readable.
 */
export type PatternKind = 'word' | 'language' | 'walk' | 'sequence' | 'repetition' | 'date' | 'encoding';

/** A predictable stretch of a value: `[start, end)` in UTF-16 units, and log2 of the guesses it takes. */
export interface Pattern {
  kind: PatternKind;
  start: number;
  end: number;
  bits: number;
}

/** Finds predictable stretches; they may overlap. `context` are words an attacker tries first (the key's name). */
export interface PatternFinder {
  find(text: string, context: readonly string[]): Pattern[];
}

/** Loads the dictionaries: about 0.5 s, so it happens once a process and only when a value must be judged. */
export type LoadPatternFinder = () => Promise<PatternFinder>;
