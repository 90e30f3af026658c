import { ClockWatch } from '#electron/services/events/clock-watch.ts';
import type { EventLog } from '#electron/services/events/event-log.ts';
import { RotationJournal } from '#electron/services/rotation/rotation-journal.ts';
import type { Clock } from '#shared/model/clock.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { StepEventDraft } from '#shared/model/step-event.ts';

/**
 * Writes what happens to steps, each durable before the caller goes on. Durations count on the monotonic clock; a
 * step that was entered by another process is measured by the wall clock, and jumps of that are recorded.
 */
export class StepRecorder {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #journal: RotationJournal;
  readonly #watch: ClockWatch;
  /** When this process saw a run come to its current step. */
  readonly #entered = new Map<string, { step: string; at: number }>();

  constructor(log: EventLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
    this.#journal = new RotationJournal(log);
    this.#watch = new ClockWatch(clock);
  }

  record(run: RunRecord, draft: StepEventDraft): void {
    this.noticeJump(run);
    const { step, state, current } = draft.data;
    const leaves = current?.id !== step && ['done', 'skipped', 'failed'].includes(state);
    const duration = leaves && draft.data.duration_ms === undefined ? this.#since(run, step) : undefined;
    this.#log.append({
      event_type: 'step',
      action: draft.action,
      reason: draft.reason,
      environment: run.environment,
      run_id: run.run_id,
      drill: run.drill,
      data: duration === undefined ? { ...draft.data } : { ...draft.data, duration_ms: duration },
    });
    if (!current) this.#entered.delete(run.run_id);
    else if (this.#entered.get(run.run_id)?.step !== current.id) {
      this.#entered.set(run.run_id, { step: current.id, at: this.#clock.monotonic() });
    }
  }

  /** Records that the wall clock jumped since this process last recorded something of a run. */
  noticeJump(run: RunRecord): void {
    const jump = this.#watch.jump(null);
    if (jump) this.#journal.run(run, 'clock-jump', { milliseconds: jump.milliseconds });
  }

  #since(run: RunRecord, step: string): number {
    const entered = this.#entered.get(run.run_id);
    if (entered?.step === step) return Math.round(this.#clock.monotonic() - entered.at);
    const started = run.steps.find(({ id }) => id === step)?.started_at;
    return started ? Math.max(0, this.#clock.now().getTime() - Date.parse(started)) : 0;
  }
}
