/** A common word that a stretch of letters is one typing error away from, and what that error costs. */
export interface Misspelling {
  start: number;
  end: number;
  bits: number;
}

const shortestWord = 5;
const longestWord = 12;
const knownWords = 16_000;

/**
 * Finds common words with one letter missing, doubled, wrong, or two letters swapped: people misspell on purpose. Works
 * by comparing what remains after leaving out a letter (SymSpell's idea): two words one error apart share a remainder.
 */
export class Misspellings {
  readonly #ranks = new Map<string, number>();
  readonly #remainders = new Map<string, number>();

  /** @param words lower case, commonest first */
  constructor(words: readonly string[]) {
    for (const word of words) {
      if (this.#ranks.size >= knownWords) break;
      if (!/^[a-z]{5,12}$/.test(word)) continue;
      const rank = this.#ranks.size + 1;
      this.#ranks.set(word, rank);
      for (let index = 0; index < word.length; index += 1) {
        const remainder = word.slice(0, index) + word.slice(index + 1);
        if (!this.#remainders.has(remainder)) this.#remainders.set(remainder, rank);
      }
    }
  }

  /** @param letters lower case a–z only */
  find(letters: string): Misspelling[] {
    const found: Misspelling[] = [];
    for (let start = 0; start + shortestWord - 1 <= letters.length; start += 1) {
      const longest = Math.min(letters.length, start + longestWord + 1);
      for (let end = start + shortestWord - 1; end <= longest; end += 1) {
        const rank = this.#nearestRank(letters.slice(start, end));
        // Which word, which error, where.
        if (rank !== null)
          found.push({ start, end, bits: Math.log2(Math.max(50, rank)) + 2 + Math.log2(end - start) });
      }
    }
    return found;
  }

  #nearestRank(text: string): number | null {
    let nearest = this.#remainders.get(text) ?? Number.POSITIVE_INFINITY;
    if (text.length >= shortestWord) {
      for (let index = 0; index < text.length; index += 1) {
        const remainder = text.slice(0, index) + text.slice(index + 1);
        nearest = Math.min(
          nearest,
          this.#ranks.get(remainder) ?? Number.POSITIVE_INFINITY,
          this.#remainders.get(remainder) ?? Number.POSITIVE_INFINITY,
        );
      }
    }
    return Number.isFinite(nearest) ? nearest : null;
  }
}
