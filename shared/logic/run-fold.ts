import { RekeyError } from '../model/errors.ts';
import type { LogEvent } from '../model/event.ts';
import type { RotationRecord } from '../model/rotation.ts';
import { openRunStates, type RunState, type RunView, type WaitsFor } from '../model/run.ts';
import { RunHostData, RunPausedData, type RunRecord, RunStartedData } from '../model/run-event.ts';
import { foldRotation, isMachineAction } from './rotation-fold.ts';
import { hasEnded } from './rotation-moves.ts';
import { pendingStep } from './rotation-path.ts';
import { stepWords } from './rotation-words.ts';
import { foldStep } from './step-fold.ts';

/** The id under which rotations without a guide run. */
export const directRunbook = 'rotate';

/**
 * One event folded into its run: a run is what its events say. Null for events before the run's start (there is
 * nothing to fold them into). An event that the machine does not allow blocks its rotation instead of being hidden.
 */
export function foldRun(run: RunRecord | null, event: LogEvent): RunRecord | null {
  if (event.event_type === 'run' && event.action === 'started') return run ?? startedRun(event);
  if (!run) return null;
  const next = { ...run, last_seq: event.seq };
  switch (event.event_type) {
    case 'run':
      return foldRunEvent(next, event);
    case 'step':
      // Written for RunView; what a record has beyond it passes through.
      return foldStep(next as RunView, event) as RunRecord;
    case 'key_rotation':
      return isMachineAction(event.action) ? foldRotationEvent(next, event) : next;
    default:
      return next;
  }
}

function startedRun(event: LogEvent): RunRecord | null {
  const parsed = RunStartedData.safeParse(event.data);
  if (!parsed.success || !event.environment || !event.run_id) return null;
  const data = parsed.data;
  return {
    run_id: event.run_id,
    runbook: data.runbook,
    title: data.title,
    environment: event.environment,
    state: 'running',
    mode: data.mode,
    dry_run: data.dry_run,
    drill: event.drill === true,
    keys: data.keys,
    ...(data.host === undefined ? {} : { host: data.host }),
    ...(data.automatic ? { automatic: true } : {}),
    operator: event.user_id,
    reason: event.reason,
    started_at: event.timestamp,
    ended_at: null,
    waits_for: null,
    resume_after: null,
    current_step: null,
    runbook_sha256: data.runbook_sha256,
    runbook_version: data.runbook_version,
    current_step_id: null,
    steps: [],
    rotations: [],
    deviations: [],
    notes: [],
    clock_jumps: [],
    recovery_file: null,
    first_seq: event.seq,
    last_seq: event.seq,
  };
}

function foldRunEvent(run: RunRecord, event: LogEvent): RunRecord {
  const data = event.data ?? {};
  switch (event.action) {
    case 'paused': {
      const paused = RunPausedData.safeParse(data);
      return {
        ...run,
        state: 'paused',
        waits_for: paused.success ? paused.data.waits_for : 'operator',
        resume_after: (paused.success ? paused.data.resume_after : null) ?? null,
      };
    }
    case 'resumed':
      return run.runbook === directRunbook
        ? derived(run)
        : { ...run, state: 'running', waits_for: 'operator' };
    case 'completed':
      return ended(run, event, run.deviations.length > 0 ? 'completed-with-deviations' : 'completed');
    case 'aborted':
      return ended(run, event, 'aborted');
    case 'rolled-back':
      return ended(run, event, 'rolled-back');
    case 'handed-over':
      return typeof data.to === 'string' ? { ...run, operator: data.to } : run;
    case 'taken-over':
      return { ...run, operator: event.user_id };
    case 'note':
      return {
        ...run,
        notes: [...run.notes, { at: event.timestamp, by: event.user_id, text: String(data.text ?? '') }],
      };
    case 'deviation':
      return {
        ...run,
        deviations: [
          ...run.deviations,
          {
            at: event.timestamp,
            by: event.user_id,
            step: typeof data.step === 'string' ? data.step : null,
            what: String(data.what ?? ''),
            reason: event.reason ?? '',
          },
        ],
      };
    case 'recovery-file':
      return {
        ...run,
        recovery_file: { at: event.timestamp, written: data.written === true, reason: event.reason },
      };
    case 'host':
      return hostProgress(run, event);
    case 'host-excluded':
      return hostExcluded(run, event);
    case 'clock-jump':
      return {
        ...run,
        clock_jumps: [
          ...run.clock_jumps,
          { at: event.timestamp, milliseconds: Number(data.milliseconds ?? 0) },
        ],
      };
    default:
      return run;
  }
}

function hostProgress(run: RunRecord, event: LogEvent): RunRecord {
  const parsed = RunHostData.safeParse(event.data);
  if (!parsed.success) return run;
  const progress = { ...parsed.data, at: event.timestamp };
  const others = (run.hosts ?? []).filter(({ host }) => host !== progress.host);
  return { ...run, hosts: [...others, progress] };
}

/** Leaving a host out is a deviation too: the run did not do to all what it was meant to. */
function hostExcluded(run: RunRecord, event: LogEvent): RunRecord {
  const host = String(event.data?.host ?? '');
  const reason = event.reason ?? '';
  const by = { at: event.timestamp, by: event.user_id };
  return {
    ...run,
    excluded_hosts: [...(run.excluded_hosts ?? []), { host, reason, ...by }],
    deviations: [
      ...run.deviations,
      { ...by, step: null, what: `${host} was left out and stays behind.`, reason },
    ],
  };
}

function ended(run: RunRecord, event: LogEvent, state: RunState): RunRecord {
  return {
    ...run,
    state,
    ended_at: event.timestamp,
    waits_for: null,
    resume_after: null,
    current_step: null,
    current_step_id: null,
  };
}

function foldRotationEvent(run: RunRecord, event: LogEvent): RunRecord {
  const known = run.rotations.find(({ rotation_id }) => rotation_id === event.rotation_id) ?? null;
  if (!known && event.action !== 'planned') return run;
  const rotation = foldOrBlock(known, event);
  const rotations = known
    ? run.rotations.map((one) => (one === known ? rotation : one))
    : [...run.rotations, rotation];
  const next = { ...run, rotations };
  if (!openRunStates.includes(run.state)) return next;
  if (run.runbook === directRunbook) return derived(next);
  // A guided run stands where its steps say, unless a rotation is blocked: that needs a person first.
  return rotation.state === 'blocked' ? { ...next, state: 'blocked', waits_for: 'decision' } : next;
}

function foldOrBlock(known: RotationRecord | null, event: LogEvent): RotationRecord {
  try {
    return foldRotation(known, event);
  } catch (error) {
    if (!known || hasEnded(known) || !(error instanceof RekeyError)) {
      if (known) return known;
      throw error;
    }
    return {
      ...known,
      state: 'blocked',
      state_before_block: known.state_before_block ?? known.state,
      blocked_reason: `The log holds an event that the machine does not allow. ${error.message}`,
      indeterminate: null,
      indeterminate_step: null,
    };
  }
}

/** State and waiting of a run without a guide, from its rotations alone. */
function derived(run: RunRecord): RunRecord {
  const open = run.rotations.filter((rotation) => !hasEnded(rotation));
  const standing = (state: RunState, waitsFor: WaitsFor | null, resumeAfter: string | null): RunRecord => ({
    ...run,
    state,
    waits_for: waitsFor,
    resume_after: resumeAfter,
    current_step: currentStep(open),
  });
  if (open.some(({ state }) => state === 'blocked')) return standing('blocked', 'decision', null);
  const atWork = open.some(({ indeterminate_step }) => indeterminate_step !== null);
  if (!atWork && open.some(({ failed }) => failed !== null)) return standing('paused', 'operator', null);
  if (open.length === 0 || !open.every(waitsForTime)) return standing('running', null, null);
  const times = open.map((rotation) => waitingUntil(rotation) ?? '').sort();
  const soaking = open.some(({ state }) => state !== 'archived');
  return standing('soaking', soaking ? 'soak' : 'backup-date', times[0] ?? null);
}

/** Nothing is left to do for the rotation but wait for a time. */
export function waitsForTime(rotation: RotationRecord): boolean {
  if (rotation.indeterminate_step !== null || rotation.failed !== null) return false;
  if (rotation.state === 'archived') return true;
  const next = pendingStep(rotation)?.id;
  return rotation.retire_after !== null && (next === 'retire' || next === 'back-retire');
}

/** Until when, RFC 3339, UTC. */
export function waitingUntil(rotation: RotationRecord): string | null {
  return rotation.state === 'archived' ? rotation.archived_until : rotation.retire_after;
}

function currentStep(open: readonly RotationRecord[]): string | null {
  const first = open.find(({ state }) => state === 'blocked') ?? open[0];
  if (!first) return null;
  if (first.state === 'blocked') return 'Decide how to go on';
  const step = pendingStep(first);
  return step ? stepWords[step.id].doing : null;
}
