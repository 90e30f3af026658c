import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { afterCrash } from '#shared/logic/run-interruption.ts';
import { enterRun } from '#shared/logic/runbook-machine.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { openRunStates } from '#shared/model/run.ts';
import { RotationJournal } from '../rotation/rotation-journal.ts';
import type { GuidedDependencies } from './guided-dependencies.ts';
import { isUnactivated } from './run-context.ts';
import { runParts } from './run-parts.ts';
import type { RunWork } from './run-work.ts';
import type { StepRecorder } from './step-recorder.ts';

/** Brings a run to where it stands by itself: after a crash, and when nothing is left to do. */
export class RunSettlement {
  readonly #services: GuidedDependencies;
  readonly #journal: RotationJournal;
  readonly #recorder: StepRecorder;
  readonly #work: RunWork;

  constructor(services: GuidedDependencies, recorder: StepRecorder, work: RunWork) {
    this.#services = services;
    this.#journal = new RotationJournal(services.log);
    this.#recorder = recorder;
    this.#work = work;
  }

  /** Whatever a crash left between two events: a start without a first step, an action without a result, an end. */
  async settle(runId: string): Promise<void> {
    const run = this.#services.runs.get(runId);
    if (!openRunStates.includes(run.state) || run.state === 'paused' || run.runbook_sha256 === null) return;
    const { runbook, context } = runParts(this.#services, runId);
    if (run.steps.length === 0) {
      this.#recorder.record(run, enterRun(runbook, run, context));
      return;
    }
    const found = afterCrash(runbook, run);
    if (found) this.#recorder.record(run, found);
    await this.finishIfOver(runId);
  }

  /** True when another process is at work on the run. */
  async settleIfFree(runId: string): Promise<boolean> {
    const run = this.#services.runs.get(runId);
    const atWork = run.steps.some(({ state }) => ['active', 'verifying', 'rolling-back'].includes(state));
    const unsettled = run.steps.length === 0 || atWork || run.current_step_id === null;
    if (!unsettled || !openRunStates.includes(run.state) || run.runbook_sha256 === null) return false;
    if (this.#work.of(runId)) return false;
    try {
      await this.#work.exclusively(runId, () => this.settle(runId));
      return false;
    } catch (error) {
      if (error instanceof RekeyError && error.code === 'run-waits') return true;
      if (error instanceof RekeyError && error.code === 'runbook-invalid') return false;
      throw error;
    }
  }

  /** Ends a run that has no step left. What was never activated is given up with it. */
  async finishIfOver(runId: string): Promise<void> {
    const run = this.#services.runs.get(runId);
    if (!openRunStates.includes(run.state) || run.current_step_id !== null || run.steps.length === 0) return;
    if (run.rotations.some(isUnactivated)) {
      await this.#services.rotations.abandon(runId, 'The run ended before anything was activated.');
    }
    this.#journal.run(this.#services.runs.get(runId), 'completed');
  }

  /** A run all of whose rotations were given up before activation ends as rolled back: nothing is left of it. */
  async endWhenGivenUp(runId: string, reason: string): Promise<void> {
    const run = this.#services.runs.get(runId);
    if (!openRunStates.includes(run.state) || run.rotations.length === 0 || !run.rotations.every(hasEnded))
      return;
    this.#journal.run(run, 'rolled-back', null, reason);
  }
}
