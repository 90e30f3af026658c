import {
  type EnvironmentTotals,
  emptyRotationTotals,
  foldRotationTotals,
  type RotationTotals,
} from '#shared/logic/rotation-totals.ts';
import type { EventLog } from '../events/event-log.ts';
import { Projection } from '../events/projection.ts';

/** Raised when the fold or the form of the state changes: a cache of an older one is then ignored. */
const totalsVersion = 2;

/** How many rotations succeeded and failed, and how long they took, as the log tells it. */
export class RotationTotalsRegistry {
  readonly #projection: Projection<RotationTotals>;

  /** `cacheFile`: `<data>/cache/rotation-totals.json`. */
  constructor(options: { log: EventLog; cacheFile: string }) {
    this.#projection = new Projection<RotationTotals>({
      ...options,
      version: totalsVersion,
      initial: emptyRotationTotals,
      apply: (totals, event) => {
        foldRotationTotals(totals, event);
        return totals;
      },
      parse: (json) => json as RotationTotals,
    });
  }

  list(): EnvironmentTotals[] {
    return Object.values(this.#projection.state.environments);
  }

  /** Saves the cache. For the end of the process. */
  close(): void {
    this.#projection.close();
  }
}
