/**
 * How well an entry of the palette fits what was typed, from 0 (not at all) to 1. Every word must occur in the
 * entry's own words; its identifier, which is its `value`, never counts.
 */
export function matchPalette(_value: string, search: string, words: readonly string[] = []): number {
  const text = words.join(' ').toLowerCase();
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.every((word) => text.includes(word))) return 0;
  const [first = ''] = wanted;
  if (text.startsWith(first)) return 1;
  return ` ${text}`.includes(` ${first}`) ? 0.8 : 0.5;
}
