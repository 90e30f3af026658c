import type { Clock } from '#shared/model/clock.ts';

/** The machine's own clock: the only place that asks it. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
};
