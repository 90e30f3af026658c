/**
 * How much a run of letters reads like language: a four-letter model over a word list, for words in no dictionary
 * (typing errors, other languages, invented names). A proper probability for every next letter, so that no random
 * text is cheaper under it than its own length but by chance.
 */
export interface LanguageModel {
  /** Cumulative bits: `result[k]` is what the first k letters cost. `letters` must be a–z only. */
  cumulativeBits(letters: string): number[];
}

const letterCount = 26;
/** Stands for what comes before a word. */
const boundary = 26;
const width = 27;
/** How much the last three, two, one letters, the start of a word, and nothing at all foretell the next one. */
const weights = { three: 0.46, two: 0.28, one: 0.1, start: 0.12, nothing: 0.04 };

/** Counts of the next letter after each context of `order` letters. */
class NextLetter {
  readonly #counts: Float32Array;
  readonly #totals: Float32Array;

  constructor(order: number) {
    this.#counts = new Float32Array(width ** order * letterCount);
    this.#totals = new Float32Array(width ** order);
  }

  add(context: number, letter: number, weight: number): void {
    const index = context * letterCount + letter;
    this.#counts[index] = (this.#counts[index] ?? 0) + weight;
    this.#totals[context] = (this.#totals[context] ?? 0) + weight;
  }

  /** Smoothed with a little of everything, so that a context seen once decides nothing. */
  probability(context: number, letter: number): number {
    const prior = 0.5;
    const count = this.#counts[context * letterCount + letter] ?? 0;
    return (count + prior / letterCount) / ((this.#totals[context] ?? 0) + prior);
  }
}

/** Trains on lower-case words, commonest first; others are skipped. */
export function trainLanguageModel(words: readonly string[]): LanguageModel {
  const [one, two, three] = [new NextLetter(1), new NextLetter(2), new NextLetter(3)];
  for (const [rank, word] of words.entries()) {
    if (!/^[a-z]{3,}$/.test(word)) continue;
    const weight = 1 / (1 + rank / 20_000);
    let [a, b, c] = [boundary, boundary, boundary];
    for (let index = 0; index < word.length; index += 1) {
      const letter = word.charCodeAt(index) - 97;
      three.add((a * width + b) * width + c, letter, weight);
      two.add(b * width + c, letter, weight);
      one.add(c, letter, weight);
      [a, b, c] = [b, c, letter];
    }
  }
  return {
    cumulativeBits(letters) {
      const sums = [0];
      let [a, b, c] = [boundary, boundary, boundary];
      for (let index = 0; index < letters.length; index += 1) {
        const letter = letters.charCodeAt(index) - 97;
        const probability =
          weights.three * three.probability((a * width + b) * width + c, letter) +
          weights.two * two.probability(b * width + c, letter) +
          weights.one * one.probability(c, letter) +
          weights.start * one.probability(boundary, letter) +
          weights.nothing / letterCount;
        sums.push((sums[index] ?? 0) - Math.log2(probability));
        [a, b, c] = [b, c, letter];
      }
      return sums;
    },
  };
}
