import type { Services } from '#electron/services/compose.ts';
import type { Handlers } from '../answer.ts';

/** The five metrics over time. */
export function metricsHandlers({ metrics }: Services): Pick<Handlers, 'metrics.read'> {
  return { 'metrics.read': ({ days }) => metrics.read(days) };
}
