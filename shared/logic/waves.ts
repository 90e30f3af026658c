/** How many hosts of a fleet are changed before the next ones are: first the canaries, then so many at a time. */
export interface WaveSizes {
  /** Hosts in the first wave. */
  readonly first: number;
  /** Hosts in each wave after it; null: all that are left. */
  readonly rest: number | null;
}

/** The hosts in the order given, cut into waves. Every host is in exactly one; no wave is empty. */
export function wavesOf<T>(hosts: readonly T[], { first, rest }: WaveSizes): T[][] {
  const waves: T[][] = [];
  let from = 0;
  while (from < hosts.length) {
    const size = from === 0 ? first : (rest ?? hosts.length);
    waves.push(hosts.slice(from, from + Math.max(1, size)));
    from += Math.max(1, size);
  }
  return waves;
}
