/** Which events something was computed from: sequence numbers, by the log in which they stand. */
export interface Trace {
  log: string;
  events: number[];
}

/** Where one event stands. */
export interface Source {
  log: string;
  seq: number;
}

/**
 * The sources of one log, in order and each once. A value that rests on several logs names the events of the first of
 * `preferred` that it has any of, else of the log that its last source stands in.
 */
export function traceOf(sources: readonly (Source | null)[], preferred: readonly string[] = ['own']): Trace {
  const known = sources.filter((source) => source !== null);
  const log = preferred.find((id) => known.some((source) => source.log === id)) ?? known.at(-1)?.log ?? 'own';
  const events = known.filter((source) => source.log === log).map(({ seq }) => seq);
  return { log, events: [...new Set(events)].sort((a, b) => a - b) };
}
