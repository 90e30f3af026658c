import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { foldRun } from '#shared/logic/run-fold.ts';
import type { LogEvent } from '#shared/model/event.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import { openRunStates, type RunSummary } from '#shared/model/run.ts';
import type { RunRecord } from '#shared/model/run-event.ts';

/** A run in the list, with where its events lie in the log. */
export type ListedRun = RunSummary & { first_seq: number; last_seq: number };

/** All that the registry keeps in memory. Plain JSON, so that it can be cached with the log's size and root. */
export interface RunRegistryState {
  version: 1;
  /** By run id, oldest first. */
  runs: Record<string, ListedRun>;
  /** The whole of every run that is not finished. */
  open: Record<string, RunRecord>;
  /** The newest rotation of each `environment id/key`. */
  latest: Record<string, RotationRecord>;
  /** Run of every rotation. */
  rotations: Record<string, string>;
  /** Ids of ended rotations whose sealed values must stay, because what they left behind is not certain. */
  kept: string[];
}

export function emptyRunRegistryState(): RunRegistryState {
  return { version: 1, runs: {}, open: {}, latest: {}, rotations: {}, kept: [] };
}

export function keyOf(environmentId: string, key: string): string {
  return `${environmentId}/${key}`;
}

/** One event folded into the registry; `state` is changed in place. Events without a run change nothing. */
export function foldRegistry(state: RunRegistryState, event: LogEvent): void {
  const id = event.run_id;
  if (id === null || (state.open[id] === undefined && event.action !== 'started')) {
    // A note may still be added to a finished run: where its events end is all that matters here.
    const finished = id === null ? undefined : state.runs[id];
    if (finished) finished.last_seq = event.seq;
    return;
  }
  if (state.open[id] === undefined && state.runs[id] !== undefined) return;
  const run = foldRun(state.open[id] ?? null, event);
  if (!run) return;
  state.runs[id] = listed(run);
  if (openRunStates.includes(run.state)) state.open[id] = run;
  else delete state.open[id];
  if (event.event_type !== 'key_rotation') return;
  const rotation = run.rotations.find(({ rotation_id }) => rotation_id === event.rotation_id);
  if (!rotation) return;
  state.rotations[rotation.rotation_id] = run.run_id;
  if (rotation.keep_sealed && hasEnded(rotation)) state.kept.push(rotation.rotation_id);
  const place = keyOf(rotation.environment.id, rotation.key);
  const newest = state.latest[place];
  if (!newest || newest.rotation_id === rotation.rotation_id || event.action === 'planned') {
    state.latest[place] = rotation;
  }
}

/** The newest rotation of a key that is neither ended nor only archived: what stands in the way of another one. */
export function openRotationIn(
  state: RunRegistryState,
  environmentId: string,
  key: string,
): RotationRecord | null {
  for (const run of Object.values(state.open).reverse()) {
    const found = run.rotations.find(
      (rotation) =>
        rotation.key === key &&
        rotation.environment.id === environmentId &&
        !hasEnded(rotation) &&
        rotation.state !== 'archived',
    );
    if (found) return found;
  }
  return null;
}

function listed(run: RunRecord): ListedRun {
  return {
    run_id: run.run_id,
    runbook: run.runbook,
    title: run.title,
    environment: run.environment,
    state: run.state,
    mode: run.mode,
    dry_run: run.dry_run,
    drill: run.drill,
    keys: run.keys,
    operator: run.operator,
    reason: run.reason,
    started_at: run.started_at,
    ended_at: run.ended_at,
    waits_for: run.waits_for,
    resume_after: run.resume_after,
    current_step: run.current_step,
    first_seq: run.first_seq,
    last_seq: run.last_seq,
  };
}
