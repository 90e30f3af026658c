/** What became of one item: its result, or what it threw. */
export type Settled<T, R> =
  | { readonly item: T; readonly value: R }
  | { readonly item: T; readonly error: unknown };

/** Does the same for every item, at most `limit` at the same time; never throws. Results in the order of the items. */
export async function atOnce<T, R>(
  items: readonly T[],
  limit: number,
  action: (item: T) => Promise<R>,
): Promise<Settled<T, R>[]> {
  const results: Settled<T, R>[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      const item = items[index] as T;
      try {
        results[index] = { item, value: await action(item) };
      } catch (error) {
        results[index] = { item, error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, worker));
  return results;
}
