import type { EnvironmentReference } from '../model/environment.ts';
import type { LogEvent } from '../model/event.ts';
import { finishedRotation, noRotationsBegun, type RotationsBegun } from './finished-rotation.ts';

/** Upper bounds of how long a rotation took until its new value was in use, seconds: from one write to a day's work. */
export const durationBounds = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400] as const;

export interface EnvironmentTotals {
  environment: EnvironmentReference;
  succeeded: number;
  failed: number;
  /** How many took at most the bound of the same index. */
  atMost: number[];
  /** Seconds, of those whose duration is known. */
  sum: number;
  count: number;
}

/** What became of all rotations that the log tells of, by environment. */
export interface RotationTotals {
  begun: RotationsBegun;
  environments: Record<string, EnvironmentTotals>;
}

export const emptyRotationTotals = (): RotationTotals => ({ begun: noRotationsBegun(), environments: {} });

/** Folds one event in. Changes `totals`. */
export function foldRotationTotals(totals: RotationTotals, event: LogEvent): void {
  const finished = finishedRotation(totals.begun, event);
  if (finished === null) return;
  const { environment, outcome, duration_ms } = finished;
  const known = totals.environments[environment.id] ?? {
    environment,
    succeeded: 0,
    failed: 0,
    atMost: durationBounds.map(() => 0),
    sum: 0,
    count: 0,
  };
  // An environment may have been renamed since.
  known.environment = environment;
  known[outcome] += 1;
  if (duration_ms !== null) {
    const seconds = duration_ms / 1_000;
    known.sum += seconds;
    known.count += 1;
    known.atMost = known.atMost.map(
      (count, index) => count + (seconds <= (durationBounds[index] ?? 0) ? 1 : 0),
    );
  }
  totals.environments[environment.id] = known;
}
