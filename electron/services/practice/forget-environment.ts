import type { EnvironmentConfig } from '#shared/model/environment.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { EventLog } from '../events/event-log.ts';
import type { SealedStore } from '../secrets/sealed-store.ts';

export interface ForgetDependencies {
  log: Pick<EventLog, 'append'>;
  runs: { openRuns(environmentId: string): readonly Pick<RunRecord, 'run_id' | 'drill' | 'environment'>[] };
  sealed: Pick<SealedStore, 'list' | 'destroy'>;
}

/** What was left of an environment that ceased to exist. */
export interface Forgotten {
  /** Runs that were open and are aborted now. */
  abortedRuns: string[];
  /** Sealed values that were destroyed. */
  destroyedValues: number;
}

export type ForgetEnvironment = (environment: EnvironmentConfig, reason: string) => Promise<Forgotten>;

/**
 * Closes what is still open for a practice environment that is about to be replaced: whatever state its rotations are
 * in, there will be nothing left to finish or to roll back. Never for an environment that somebody depends on.
 */
export function forgetEnvironment({ log, runs, sealed }: ForgetDependencies): ForgetEnvironment {
  return async (environment, reason) => {
    const open = [...runs.openRuns(environment.id)];
    for (const run of open) {
      log.append({
        event_type: 'run',
        action: 'aborted',
        reason,
        environment: run.environment,
        run_id: run.run_id,
        drill: run.drill,
      });
    }
    const names = sealed.list(environment.id);
    for (const name of names) await sealed.destroy(name);
    return { abortedRuns: open.map(({ run_id }) => run_id), destroyedValues: names.length };
  };
}
