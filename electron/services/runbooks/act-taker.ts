import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { finishAction, take } from '#shared/logic/runbook-machine.ts';
import { attested, evidenceAdded } from '#shared/logic/step-drafts.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { StepAct } from '#shared/model/run-detail.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import { Secret } from '#shared/model/secret.ts';
import { attestableFact, factWords } from './attestable-fact.ts';
import type { GuidedDependencies } from './guided-dependencies.ts';
import type { RunEvidence } from './run-evidence.ts';
import { type RunParts, runParts } from './run-parts.ts';
import type { Work } from './run-work.ts';
import { nothingGiven, type StepCarrier } from './step-carrier.ts';
import type { StepRecorder } from './step-recorder.ts';

export interface ActTakerOptions {
  services: GuidedDependencies;
  recorder: StepRecorder;
  carrier: StepCarrier;
  evidence: RunEvidence;
  /** Shows the run as it stands, before something that may take long. */
  announce: (runId: string) => Promise<void>;
}

/** Takes a person's acts: the machine says what each means, and here it is recorded and carried out. */
export class ActTaker {
  readonly #services: GuidedDependencies;
  readonly #recorder: StepRecorder;
  readonly #carrier: StepCarrier;
  readonly #evidence: RunEvidence;
  readonly #announce: (runId: string) => Promise<void>;

  constructor({ services, recorder, carrier, evidence, announce }: ActTakerOptions) {
    this.#services = services;
    this.#recorder = recorder;
    this.#carrier = carrier;
    this.#evidence = evidence;
    this.#announce = announce;
  }

  /** Records the act and carries out what follows from it. Throws `illegal-move` and `invalid-input`. */
  async take(parts: RunParts, act: StepAct, work: Work): Promise<void> {
    const { run, runbook, context } = parts;
    const runId = run.run_id;
    const taken = take(runbook, run, context, act);
    if (act.act === 'add-evidence') {
      const evidence = await this.#evidence.keep(run, act);
      this.#recorder.record(run, evidenceAdded(run, taken.step, evidence));
      return;
    }
    if (taken.draft) this.#recorder.record(run, taken.draft);
    if (taken.followUp !== 'none') await this.#announce(runId);
    switch (taken.followUp) {
      case 'none':
        return;
      case 'action':
        if (taken.action) await this.#carrier.carry(runId, taken.action, work, carryOptions(act));
        return;
      case 'probe':
        await this.#carrier.probe(runId);
        return;
      case 'attest':
        if (act.act === 'attest') await this.#attest(parts, act, work);
        return;
      case 'decide':
        if (act.act === 'decide') await this.#decide(parts, act);
    }
  }

  async #attest(
    { run, step }: RunParts,
    act: Extract<StepAct, { act: 'attest' }>,
    work: Work,
  ): Promise<void> {
    if (!step) return;
    const concerned = run.rotations.some((rotation) => !hasEnded(rotation))
      ? run
      : this.#rolledBackElsewhere(run);
    const fact = attestableFact(concerned.rotations.filter((rotation) => !hasEnded(rotation)));
    if (!fact) {
      throw new RekeyError('illegal-move', {
        message: 'Nothing waits for your word any more.',
        remedy: 'Try the step again.',
      });
    }
    const text = [`I vouch that ${factWords[fact]}.`, act.reason, act.text ?? '']
      .filter((line) => line !== '')
      .join('\n\n');
    const evidence = await this.#evidence.keep(run, { label: `Attested: ${factWords[fact]}`, text });
    this.#recorder.record(run, attested(step, evidence, act.reason));
    try {
      await this.#services.rotations.attest(concerned.run_id, fact, {
        sha256: evidence.sha256,
        reason: act.reason,
      });
    } finally {
      // Whatever became of the word, the action says where the step stands now.
      const { context } = runParts(this.#services, run.run_id);
      const action = context.rollingBack ? 'rotation.rollback' : step.action;
      if (action) await this.#carrier.carry(run.run_id, action, work, nothingGiven);
    }
  }

  async #decide({ run }: RunParts, act: Extract<StepAct, { act: 'decide' }>): Promise<void> {
    const { rotationId, decision, reason } = act;
    const rotation = await this.#services.rotations.decide(run.run_id, rotationId, decision, reason);
    const { run: after, runbook, context, step } = runParts(this.#services, run.run_id);
    const lines = [
      `${rotation.key}: decided that the ${decision === 'new-is-primary' ? 'new' : 'old'} value is in place.`,
    ];
    const draft = finishAction(
      runbook,
      after,
      context,
      step?.action ?? 'rotation.probe',
      { outcome: 'not-done', lines },
      0,
    );
    this.#recorder.record(after, draft);
  }

  /** The run that a recovery is rolling back, which is another one than its own. */
  #rolledBackElsewhere(run: RunRecord): RunRecord {
    const open = this.#services.runs.openRuns(run.environment.id).reverse();
    return open.find(({ rotations }) => rotations.some(({ state }) => state === 'rolling-back')) ?? run;
  }
}

function carryOptions(act: StepAct) {
  const supplied = 'supplied' in act && act.supplied ? Object.entries(act.supplied) : [];
  return {
    supplied: new Map(supplied.map(([key, value]) => [key, new Secret(value)])),
    restoreCompromised: act.act === 'run-action' && act.restoreCompromised === true,
    earlyReason: act.act === 'end-wait-early' ? act.reason : null,
  };
}
