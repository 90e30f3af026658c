import type { LogEvent } from '../../model/event.ts';
import type { ReportDeviation, ReportDrill, ReportEvidence } from '../../model/report.ts';
import type { RotationRecord } from '../../model/rotation.ts';
import { openRunStates } from '../../model/run.ts';
import type { RunRecord } from '../../model/run-event.ts';
import { StepEventData } from '../../model/step-event.ts';
import { foldRun } from '../run-fold.ts';
import type { InPeriod } from './in-period.ts';

/** One rotation as it stood at the end of the period, with the events that tell it. */
export interface RotationTrace {
  log: string;
  record: RotationRecord;
  /** Sequence numbers, oldest first. */
  events: number[];
  /** Leaf index of the newest of `events`. */
  leafIndex: number;
  retiredAt: string | null;
  nextDueAt: string | null;
  evidence: ReportEvidence[];
}

export interface TracedRun {
  log: string;
  run: RunRecord;
  firstSeq: number;
  lastSeq: number;
  rotations: Map<string, RotationTrace>;
}

/**
 * Runs and their rotations, folded from the events as the engine folds them. Only open runs are kept whole; of what
 * ended, only what the period needs is kept.
 */
export class RunHistory {
  readonly #inPeriod: InPeriod;
  readonly #from: number;
  readonly #to: number;
  readonly #open = new Map<string, TracedRun>();
  readonly #runIds = new Set<string>();
  /** Rotations that were under way in the period, of runs that ended. */
  readonly #ended: RotationTrace[] = [];
  readonly #rotationIds = new Set<string>();
  readonly deviations: ReportDeviation[] = [];
  readonly #drills: ReportDrill[] = [];

  constructor(period: { from: string; to: string }, inPeriod: InPeriod) {
    this.#inPeriod = inPeriod;
    this.#from = Date.parse(period.from);
    this.#to = Date.parse(period.to);
  }

  /** Throws what the folds throw for an event that is not what it says to be; then nothing has changed. */
  add(event: LogEvent, log: string, leafIndex: number): void {
    const id = event.run_id;
    if (id === null) return;
    const known = this.#open.get(id);
    const starts = event.event_type === 'run' && event.action === 'started';
    // A run that was told already is not told again: an imported log may hold what this one has.
    if (known === undefined ? !starts || this.#runIds.has(id) : known.log !== log) return;
    const before = known?.run ?? null;
    const run = foldRun(before, event);
    if (run === null) return;
    const traced = known ?? { log, run, firstSeq: event.seq, lastSeq: event.seq, rotations: new Map() };
    traced.run = run;
    traced.lastSeq = event.seq;
    if (known === undefined) this.#open.set(id, traced);
    this.#runIds.add(id);
    if (event.rotation_id !== null) this.#rotationIds.add(event.rotation_id);
    const counts = !run.drill && !run.dry_run && Date.parse(event.timestamp) < this.#to;
    if (counts) {
      this.#deviationsOf(run, before, event, log);
      if (event.event_type === 'key_rotation') this.#traceRotation(traced, event, leafIndex);
      else if (event.event_type === 'step') noteEvidence(traced, event);
    }
    if (!openRunStates.includes(run.state)) this.#end(id, traced);
  }

  /** Whether the rotation is in any of the logs. */
  knows(rotationId: string): boolean {
    return this.#rotationIds.has(rotationId);
  }

  /** Runs that are open at the end of the logs, oldest first. */
  openRuns(): TracedRun[] {
    return [...this.#open.values()];
  }

  /** Every rotation that was under way in the period, oldest first. */
  rotations(): RotationTrace[] {
    const open = [...this.#open.values()].flatMap(({ rotations }) => [...rotations.values()]);
    return [...this.#ended, ...open.filter((rotation) => this.#touchesPeriod(rotation.record.ended_at))];
  }

  drills(): ReportDrill[] {
    const open = [...this.#open.values()].filter(({ run }) => run.drill).map(drillOf);
    return [...this.#drills, ...open.filter((drill) => this.#drillCounts(drill))].sort((a, b) =>
      a.started_at < b.started_at ? -1 : 1,
    );
  }

  #traceRotation(traced: TracedRun, event: LogEvent, leafIndex: number): void {
    const record = traced.run.rotations.find(({ rotation_id }) => rotation_id === event.rotation_id);
    if (record === undefined) return;
    let trace = traced.rotations.get(record.rotation_id);
    if (trace === undefined) {
      const { log } = traced;
      trace = { log, record, events: [], leafIndex, retiredAt: null, nextDueAt: null, evidence: [] };
      traced.rotations.set(record.rotation_id, trace);
    }
    // What is written after a rotation has ended says nothing about it: its last event stays its closing one.
    if (trace.record.ended_at !== null) return;
    trace.record = record;
    trace.events.push(event.seq);
    trace.leafIndex = leafIndex;
    if (event.action === 'retire-done') trace.retiredAt = event.timestamp;
    if (event.action === 'rotated') trace.nextDueAt = event.next_rotation_due;
    const sha256 = event.data?.sha256;
    if (event.action === 'attested' && typeof sha256 === 'string') {
      addEvidence(trace, {
        kind: 'attestation',
        label: `${event.user_id}: ${event.reason ?? ''}`.trimEnd(),
        sha256,
        step: null,
        at: event.timestamp,
      });
    }
  }

  #deviationsOf(run: RunRecord, before: RunRecord | null, event: LogEvent, log: string): void {
    if (!this.#inPeriod(event.timestamp)) return;
    for (const { at, by, step, what, reason } of run.deviations.slice(before?.deviations.length ?? 0)) {
      const { run_id, environment } = run;
      this.deviations.push({ run_id, environment, at, by, step, what, reason, log, events: [event.seq] });
    }
  }

  #end(id: string, traced: TracedRun): void {
    this.#open.delete(id);
    if (traced.run.drill) {
      const drill = drillOf(traced);
      if (this.#drillCounts(drill)) this.#drills.push(drill);
    }
    for (const trace of traced.rotations.values()) {
      if (this.#touchesPeriod(trace.record.ended_at ?? traced.run.ended_at)) this.#ended.push(trace);
    }
  }

  #touchesPeriod(endedAt: string | null): boolean {
    return endedAt === null || Date.parse(endedAt) >= this.#from;
  }

  #drillCounts(drill: ReportDrill): boolean {
    return Date.parse(drill.started_at) < this.#to && this.#touchesPeriod(drill.ended_at);
  }
}

/** Whether the new value was put in place; the time alone is known from the intent on. */
export function hasActivated(record: RotationRecord): boolean {
  return record.activated_at !== null && record.steps_done.includes('activate');
}

/** Evidence that a run gathered while a value was new in place is what shows that it came into use. */
function noteEvidence(traced: TracedRun, event: LogEvent): void {
  const data = StepEventData.safeParse(event.data);
  if (!data.success) return;
  for (const piece of data.data.evidence ?? []) {
    for (const trace of traced.rotations.values()) {
      if (!hasActivated(trace.record) || trace.record.ended_at !== null) continue;
      const { kind, label, sha256, at } = piece;
      addEvidence(trace, { kind, label, sha256, step: data.data.step, at });
    }
  }
}

function addEvidence(trace: RotationTrace, evidence: ReportEvidence): void {
  if (!/^[0-9a-f]{64}$/.test(evidence.sha256)) return;
  if (trace.evidence.some(({ sha256 }) => sha256 === evidence.sha256)) return;
  trace.evidence.push(evidence);
}

function drillOf({ run, log, firstSeq, lastSeq }: TracedRun): ReportDrill {
  const ended = run.ended_at;
  return {
    run_id: run.run_id,
    runbook: run.runbook,
    title: run.title,
    by: run.operator,
    started_at: run.started_at,
    ended_at: ended,
    duration_ms: ended === null ? null : Math.max(0, Date.parse(ended) - Date.parse(run.started_at)),
    state: run.state,
    log,
    events: firstSeq === lastSeq ? [firstSeq] : [firstSeq, lastSeq],
  };
}
