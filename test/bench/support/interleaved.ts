/** The middle value; of an even count, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError('nothing was measured');
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** One side of a comparison: measures itself once and returns its figure. */
export type Measure = () => number | Promise<number>;

/**
 * Measures both sides `rounds` times in turn, A B, B A, A B, …, so that a slow minute of the machine hits both, after
 * `warmUp` rounds that do not count. Returns all figures, in order.
 */
export async function interleaved(
  a: Measure,
  b: Measure,
  { rounds, warmUp = 1 }: { rounds: number; warmUp?: number },
): Promise<{ a: number[]; b: number[] }> {
  const figures = { a: [] as number[], b: [] as number[] };
  for (let round = -warmUp; round < rounds; round += 1) {
    const order = round % 2 === 0 ? (['a', 'b'] as const) : (['b', 'a'] as const);
    for (const side of order) {
      const figure = await (side === 'a' ? a() : b());
      if (round >= 0) figures[side].push(figure);
    }
  }
  return figures;
}

/** The spread that a reader may expect: the middle half of the values, as "61–74". */
export function middleHalf(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return `${Math.round(at(0.25))}–${Math.round(at(0.75))}`;
}
