import type { Pattern } from './patterns.ts';

/** Shortest stretch that counts as said before. */
const shortest = 3;

/**
 * Stretches that occurred earlier in the value (as in LZ77, overlaps allowed, so `aaaa` is `a` and "again, 3 times"),
 * in any case, forwards or mirrored. Costs the distance and the length.
 */
export function repetitions(text: string): Pattern[] {
  const found: Pattern[] = [];
  const folded = text.toLowerCase();
  for (let start = 1; start < text.length; start += 1) {
    let longest = 0;
    let exact = false;
    for (let from = 0; from < start; from += 1) {
      const length = commonLength(folded, from, start);
      if (length > longest) {
        longest = length;
        exact = text.slice(from, from + length) === text.slice(start, start + length);
      }
    }
    const mirrored = longestMirrored(folded, start);
    const length = Math.max(longest, mirrored);
    const bits = Math.log2(start) + (longest >= mirrored && exact ? 0 : 2);
    for (let taken = shortest; taken <= length; taken += 1) {
      found.push({ kind: 'repetition', start, end: start + taken, bits: bits + Math.log2(taken) + 1 });
    }
  }
  return found;
}

function commonLength(text: string, from: number, start: number): number {
  let length = 0;
  while (start + length < text.length && text[from + length] === text[start + length]) length += 1;
  return length;
}

/** How far the text from `start` on repeats an earlier stretch read backwards. */
function longestMirrored(text: string, start: number): number {
  let longest = 0;
  for (let from = start - 1; from >= 0; from -= 1) {
    let length = 0;
    while (
      from - length >= 0 &&
      start + length < text.length &&
      text[from - length] === text[start + length]
    ) {
      length += 1;
    }
    longest = Math.max(longest, length);
  }
  return longest;
}
