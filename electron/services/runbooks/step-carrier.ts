import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { pendingStep, within } from '#shared/logic/rotation-path.ts';
import { type ActionOutcome, actionMeanings } from '#shared/logic/runbook-actions.ts';
import { finishAction } from '#shared/logic/runbook-machine.ts';
import { endedEarly, stepRolledBack } from '#shared/logic/step-drafts.ts';
import { durationMilliseconds } from '#shared/model/duration.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { KeyName } from '#shared/model/key.ts';
import type { ActionName } from '#shared/model/runbook.ts';
import type { Secret } from '#shared/model/secret.ts';
import { RotationJournal } from '../rotation/rotation-journal.ts';
import type { RotationTarget } from '../rotation/rotation-service.ts';
import { failedWith } from './actions/action.ts';
import { actions, withoutEnvironment } from './actions/all-actions.ts';
import { isCaughtUp } from './actions/host-actions.ts';
import type { GuidedDependencies } from './guided-dependencies.ts';
import { type RunParts, runParts } from './run-parts.ts';
import type { Work } from './run-work.ts';
import type { StepRecorder } from './step-recorder.ts';

export interface CarryOptions {
  readonly supplied: ReadonlyMap<KeyName, Secret>;
  readonly restoreCompromised: boolean;
  /** Why the wait was ended early, when this act did it. */
  readonly earlyReason: string | null;
  /** In place of the step's `with`. */
  readonly arguments?: Readonly<Record<string, string | number | boolean>>;
}

export const nothingGiven: CarryOptions = {
  supplied: new Map(),
  restoreCompromised: false,
  earlyReason: null,
};

/** Carries out what a step says once its event is durable, and records how it ended. */
export class StepCarrier {
  readonly #services: GuidedDependencies;
  readonly #recorder: StepRecorder;
  readonly #progress: (runId: string, line: string) => void;

  constructor(
    services: GuidedDependencies,
    recorder: StepRecorder,
    progress: (runId: string, line: string) => void,
  ) {
    this.#services = services;
    this.#recorder = recorder;
    this.#progress = progress;
  }

  /** The action itself. What it throws becomes the failure of its step. */
  async carry(runId: string, action: ActionName, work: Work, options: CarryOptions): Promise<void> {
    const started = this.#services.clock.monotonic();
    const outcome = await this.#perform(runParts(this.#services, runId), action, work, options);
    this.#finish(runId, action, outcome, this.#services.clock.monotonic() - started);
  }

  /** After a crash: whether the interrupted action reached its end, before anything is done again. */
  async probe(runId: string): Promise<void> {
    const parts = runParts(this.#services, runId);
    const started = this.#services.clock.monotonic();
    let outcome: ActionOutcome;
    try {
      outcome = await this.#lookAgain(parts);
    } catch (error) {
      outcome = { ...failedWith(error), outcome: 'not-done' };
    }
    const action = parts.step?.action ?? 'rotation.probe';
    this.#finish(runId, action, outcome, this.#services.clock.monotonic() - started);
  }

  async #perform(
    parts: RunParts,
    action: ActionName,
    work: Work,
    options: CarryOptions,
  ): Promise<ActionOutcome> {
    const { run, config, step, words } = parts;
    const said: string[] = [];
    const timeout = step?.timeout === undefined ? null : durationMilliseconds(step.timeout);
    const timer = timeout === null ? null : setTimeout(() => work.stop.abort(), timeout);
    try {
      const call = {
        run,
        arguments: options.arguments ?? (step ? words.fillArguments(step) : {}),
        supplied: options.supplied,
        earlyReason: options.earlyReason ?? endedEarlyReason(parts),
        restoreCompromised: options.restoreCompromised,
        signal: work.stop.signal,
        pause: work.pause.signal,
        onProgress: (line: string) => {
          said.push(line);
          this.#progress(run.run_id, line);
        },
      };
      const code = withoutEnvironment(action);
      if (code) return await code(this.#services, call);
      if (!config) {
        throw new RekeyError('environment-unknown', {
          message: `${run.environment.name} is no environment of this installation any more.`,
          remedy: 'Add it again: its state beside the file gives it the same identity.',
        });
      }
      return await actions[action](this.#services, { ...call, config });
    } catch (error) {
      return failedWith(error, said.slice(-20));
    } finally {
      if (timer) clearTimeout(timer);
    }
  }

  #finish(runId: string, action: ActionName, outcome: ActionOutcome, durationMs: number): void {
    const { run, runbook, context, step } = runParts(this.#services, runId);
    const wayBack = run.rotations.some(({ state }) => state === 'rolled-back');
    if (wayBack && run.rotations.every(hasEnded)) {
      if (step) this.#recorder.record(run, stepRolledBack(step, outcome.lines));
      new RotationJournal(this.#services.log).run(run, 'rolled-back', null, rollbackReason(run));
      return;
    }
    if (!step) return;
    const draft = finishAction(runbook, run, context, action, outcome, Math.round(durationMs));
    this.#recorder.record(run, draft);
  }

  async #lookAgain({ run, step }: RunParts): Promise<ActionOutcome> {
    const action = step?.action;
    if (action === 'signer.replace') {
      return (await this.#services.signer.replacedBy(run.run_id))
        ? { outcome: 'done', lines: ['The new keys are in use.'] }
        : { outcome: 'not-done', lines: ['The keys were not replaced. It is safe to do it again.'] };
    }
    if (action === 'host.catch-up') {
      return (await isCaughtUp(this.#services, run))
        ? { outcome: 'done', lines: ['The host holds what the others hold.'] }
        : { outcome: 'not-done', lines: ['The host is not up to date yet. It is safe to do it again.'] };
    }
    if (action === 'key.mark-compromised') {
      const status = await this.#services.status(run.environment.id);
      const marked = run.keys.every(
        (key) => status.keys.find((entry) => entry.key === key)?.status === 'compromised',
      );
      return marked
        ? { outcome: 'done', lines: ['Every key is marked.'] }
        : { outcome: 'not-done', lines: ['Not every key is marked yet. It is safe to do it again.'] };
    }
    if (run.rotations.length === 0 || !action?.startsWith('rotation.')) {
      return { outcome: 'not-done', lines: ['It is safe to do it again.'] };
    }
    const progress = await this.#services.rotations.probe(run.run_id);
    if (progress.waitsFor !== null) return { outcome: 'waits', lines: progress.lines, waitsFor: 'decision' };
    const until = actionMeanings[action].until as RotationTarget | undefined;
    const reached =
      until !== undefined &&
      until !== 'adopted' &&
      run.rotations.every((rotation) => {
        const next = pendingStep(rotation);
        return rotation.indeterminate_step === null && (next === null || !within(next.toward, until));
      });
    return reached
      ? { outcome: 'done', lines: [...progress.lines, 'The step had reached its end.'] }
      : { outcome: 'not-done', lines: [...progress.lines, 'It goes on from there.'] };
  }
}

/** The reason that a person gave for ending a wait of this run early. */
function endedEarlyReason({ run, runbook }: RunParts): string | null {
  const names = new Set(runbook.steps.map(endedEarly));
  return run.deviations.find(({ what }) => names.has(what))?.reason ?? null;
}

function rollbackReason(run: RunParts['run']): string | null {
  return run.rotations.find(({ rollback }) => rollback !== null)?.rollback?.reason ?? null;
}
