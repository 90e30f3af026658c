import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { directRunbook } from '#shared/logic/run-fold.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { KeyName } from '#shared/model/key.ts';
import type { RotationPlan } from '#shared/model/rotation.ts';
import type { WaitsFor } from '#shared/model/run.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { WithoutSecrets } from '../secrets/environment-redactor.ts';
import { attestedFactOf } from './attestation.ts';
import { environmentWithout, type Place, readPlaces } from './places.ts';
import type { RotationDependencies } from './rotation-dependencies.ts';
import { changeOf, type RotationEngine } from './rotation-engine.ts';
import { RotationJournal } from './rotation-journal.ts';
import type { AdvanceOptions, RotationRequest } from './rotation-service.ts';

/** `rekey rotate`: named keys, or all that are due (with `force` or in an emergency: all). */
export type DirectRequest = Omit<RotationRequest, 'keys'> & { keys: readonly KeyName[] | 'all' };

export interface DirectOptions {
  suppliedValues?: ReadonlyMap<KeyName, Secret>;
  onProgress?: (line: string) => void;
  signal?: AbortSignal;
  /** Stops after the effect that is being done; nothing is interrupted. */
  pause?: AbortSignal;
  /** Nobody asked for it: what a person must decide is left to one, and what is blocked stays so. */
  automatic?: boolean;
}

/** What becomes of what a person says: neither a reason nor evidence may keep a secret that they pasted. */
export interface PersonsWords {
  /** Redacts evidence and keeps it in the run's folder; returns its SHA-256. */
  keepEvidence(run: RunRecord, evidence: { label: string; text: string }): Promise<{ sha256: string }>;
  withoutSecrets: WithoutSecrets;
}

/**
 * Rotations without a guide: everything that the machine may do without a person, through the same machine. Also what
 * the terminal does to any run as a whole: attest, roll back, abort. Whatever a run waits for is in the run that is
 * returned; what the environment or Rekey's own storage refuses is thrown, with `details.run_id` once there is a run.
 */
export class DirectRotation {
  readonly #dependencies: RotationDependencies;
  readonly #engine: RotationEngine;
  readonly #journal: RotationJournal;
  readonly #words: PersonsWords;

  constructor(dependencies: RotationDependencies, engine: RotationEngine, words: PersonsWords) {
    this.#dependencies = dependencies;
    this.#engine = engine;
    this.#journal = new RotationJournal(dependencies.log);
    this.#words = words;
  }

  /** What `rotate` would do: plans with their consequences, names of the variables that change. No effect. */
  async dryRun(request: DirectRequest): Promise<{ plans: RotationPlan[]; set: string[]; remove: string[] }> {
    const plans = await this.#engine.plan({ ...request, keys: await this.#keysOf(request) });
    return { plans, ...changeOf(plans) };
  }

  /** The whole rotation, as far as it may go without a person. */
  async rotate(request: DirectRequest, options: DirectOptions = {}): Promise<RunRecord> {
    const operator = this.#dependencies.operator();
    const keys = await this.#keysOf(request);
    const places = await this.#refuseEarly({ ...request, keys });
    const config = this.#dependencies.environments.config(request.environmentId);
    const environment = { id: config.id, name: config.name, stage: config.stage };
    const reason = await this.#words.withoutSecrets(config.id, request.reason);
    const runId = this.#dependencies.newId();
    const what = request.mode === 'emergency' ? 'Emergency rotation' : 'Rotation';
    this.#journal.started(
      { run_id: runId, environment, drill: request.drill, reason },
      {
        runbook: directRunbook,
        title: `${what} of ${keys.join(', ')}`,
        mode: request.mode,
        dry_run: false,
        keys: [...keys],
        ...(options.automatic ? { automatic: true } : {}),
        runbook_sha256: null,
        runbook_version: null,
      },
    );
    options.onProgress?.(`Run ${runId}, by ${operator}`);
    return this.#goOn(runId, options, async () => {
      for (const host of request.exclude ?? []) this.#engine.excludeHost(runId, host, reason);
      await this.#engine.begin(runId, { ...request, keys, reason }, places);
    });
  }

  /**
   * Finishes what a crash, a failure or an attestation left: finds out what became of the last effect, then goes on.
   * That someone resumes a blocked run is the decision to go on with what a fresh probe finds.
   */
  async resume(
    runId: string,
    options: DirectOptions & { earlyRetirementReason?: string } = {},
  ): Promise<RunRecord> {
    const run = this.#directRun(runId);
    if (run.ended_at !== null) return run;
    this.#dependencies.operator();
    this.#journal.run(run, 'resumed');
    return this.#goOn(run.run_id, options, async () => {
      const begun = new Set(run.rotations.map(({ key }) => key));
      const missing = run.keys.filter((key) => !begun.has(key));
      if (
        missing.length > 0 &&
        run.rotations.every(({ rollback, abandon_reason }) => !rollback && abandon_reason === null)
      ) {
        await this.#engine.begin(run.run_id, {
          environmentId: run.environment.id,
          keys: missing,
          mode: run.mode,
          reason: run.reason ?? '',
          // Another Rekey may have rotated it in between; only a person wants that it is rotated all the same.
          force: options.automatic !== true,
          drill: run.drill,
        });
      }
      if (!options.automatic)
        await this.#engine.unblockWhereClear(run.run_id, 'Resumed after a fresh probe.');
    });
  }

  /** Carries a soaking run on when its time has come. Throws `too-early`; early retirement needs a reason. */
  async advance(
    runId: string,
    options: DirectOptions & { earlyRetirementReason?: string } = {},
  ): Promise<RunRecord> {
    const run = this.#directRun(runId);
    const now = this.#dependencies.clock.now().toISOString();
    const given = options.earlyRetirementReason;
    const early =
      given === undefined ? undefined : await this.#words.withoutSecrets(run.environment.id, given);
    if (run.state === 'soaking' && run.resume_after !== null && run.resume_after > now) {
      if (early === undefined) {
        throw new RekeyError('too-early', {
          message: `The soak is not over: the old value stays accepted until ${run.resume_after}.`,
          remedy: `Come back then. If nothing needs the old value any longer: rekey run advance ${run.run_id} --early REASON --yes`,
          details: { run_id: run.run_id, resume_after: run.resume_after },
        });
      }
      this.#journal.run(run, 'deviation', { what: 'Retired before the soak was over.', step: null }, early);
    }
    return this.resume(runId, early === undefined ? options : { ...options, earlyRetirementReason: early });
  }

  /** A person's word, with evidence. Changes nothing else: `advance` or `resume` then goes on. */
  async attest(runId: string, step: string, given: { text: string; reason: string }): Promise<RunRecord> {
    const run = this.#dependencies.runs.get(runId);
    this.#dependencies.operator();
    const what = attestedFactOf(step);
    const reason = await this.#words.withoutSecrets(run.environment.id, given.reason);
    const { sha256 } = await this.#words.keepEvidence(run, { label: what, text: given.text });
    await this.#engine.attest(run.run_id, what, { sha256, reason });
    return this.#dependencies.runs.get(run.run_id);
  }

  rollbackPlan(runId: string): ReturnType<RotationEngine['rollbackPlan']> {
    return this.#engine.rollbackPlan(this.#dependencies.runs.get(runId).run_id);
  }

  /** The run's rotations in reverse. Throws `point-of-no-return`, `compromised-restore`, `run-blocked`. */
  async rollBack(
    runId: string,
    options: DirectOptions & { reason: string; restoreCompromised: boolean },
  ): Promise<RunRecord> {
    const run = this.#dependencies.runs.get(runId);
    this.#dependencies.operator();
    this.#refuseEnded(run, 'roll back');
    const reason = await this.#words.withoutSecrets(run.environment.id, options.reason);
    try {
      const progress = await this.#engine.rollBack(run.run_id, { ...options, reason });
      return this.#finish(run.run_id, progress.waitsFor, 'rolled-back', reason);
    } catch (error) {
      throw this.#stopped(run.run_id, error);
    }
  }

  /** Gives up a run that has not activated anything. Throws `illegal-move` once something was. */
  async abort(runId: string, why: string): Promise<RunRecord> {
    const run = this.#dependencies.runs.get(runId);
    this.#dependencies.operator();
    this.#refuseEnded(run, 'abort');
    const reason = await this.#words.withoutSecrets(run.environment.id, why);
    await this.#engine.abandon(run.run_id, reason);
    this.#journal.run(run, 'aborted', null, reason);
    return this.#dependencies.runs.get(run.run_id);
  }

  /** Leaves a host of a fleet out of the rest of an open run. Changes nothing else: `resume` then goes on. */
  async excludeHost(runId: string, host: string, why: string): Promise<RunRecord> {
    const run = this.#dependencies.runs.get(runId);
    this.#dependencies.operator();
    this.#refuseEnded(run, 'leave out');
    const reason = await this.#words.withoutSecrets(run.environment.id, why);
    this.#engine.excludeHost(run.run_id, host, reason);
    return this.#dependencies.runs.get(run.run_id);
  }

  async #goOn(
    runId: string,
    options: DirectOptions & { earlyRetirementReason?: string },
    prepare: () => Promise<void>,
  ): Promise<RunRecord> {
    try {
      await prepare();
      const advance: AdvanceOptions = { ...options, until: 'closed', unattended: true };
      const { waitsFor } = await this.#engine.advance(runId, advance);
      return this.#finish(runId, waitsFor, 'completed', null);
    } catch (error) {
      if (isRekeyError(error) && this.#untouched(runId)) {
        await this.#engine.abandon(runId, error.message);
        this.#journal.run(this.#dependencies.runs.get(runId), 'aborted', { code: error.code }, error.message);
        throw withRun(error, runId);
      }
      const stopped = this.#stopped(runId, error);
      // Half-way, a host that does not answer is something that the run waits for.
      if (!isRekeyError(error) || !isAboutHosts(error)) throw stopped;
      options.onProgress?.(error.message);
      return this.#dependencies.runs.get(runId);
    }
  }

  /** Writes what became of the run, and returns it. */
  #finish(
    runId: string,
    waitsFor: WaitsFor | null,
    wanted: 'completed' | 'rolled-back',
    reason: string | null,
  ): RunRecord {
    const run = this.#dependencies.runs.get(runId);
    if (run.ended_at !== null) return run;
    if (run.rotations.length > 0 && run.rotations.every(hasEnded)) {
      const states = new Set(run.rotations.map(({ state }) => state));
      const outcome = states.has('rolled-back')
        ? 'rolled-back'
        : states.has('closed')
          ? 'completed'
          : 'aborted';
      // A guided run that went well is completed by the person who walks it.
      if (run.runbook === directRunbook || wanted === 'rolled-back')
        this.#journal.run(run, outcome, null, reason);
    } else if (
      run.runbook === directRunbook &&
      waitsFor !== null &&
      !['soak', 'backup-date', 'decision'].includes(waitsFor)
    ) {
      this.#pause(run, waitsFor, reason);
    }
    return this.#dependencies.runs.get(runId);
  }

  #pause(run: RunRecord, waitsFor: WaitsFor, why: string | null): void {
    if (run.state === 'paused' && run.waits_for === waitsFor) return;
    this.#journal.run(run, 'paused', { waits_for: waitsFor, why });
  }

  /** Records that a direct run stopped, as well as the log allows, and says which run it was. */
  #stopped(runId: string, error: unknown): unknown {
    if (!isRekeyError(error)) return error;
    const run = this.#dependencies.runs.get(runId);
    if (
      run.runbook === directRunbook &&
      run.ended_at === null &&
      run.state !== 'blocked' &&
      error.exitCode !== 5
    ) {
      this.#pause(run, error.code === 'environment-locked' ? 'unlock' : 'operator', error.message);
    }
    return withRun(error, runId);
  }

  /** Nothing was sealed or changed yet, so that there is nothing to come back to. */
  #untouched(runId: string): boolean {
    const run = this.#dependencies.runs.get(runId);
    return (
      run.runbook === directRunbook &&
      run.ended_at === null &&
      run.rotations.every(
        (rotation) =>
          ['planned', 'preflighted'].includes(rotation.state) &&
          rotation.failed?.step !== 'seal' &&
          rotation.indeterminate_step === null,
      )
    );
  }

  async #keysOf(request: DirectRequest): Promise<readonly KeyName[]> {
    if (request.keys !== 'all') return request.keys;
    if (request.force || request.mode === 'emergency')
      return this.#engine.planner.allKeys(request.environmentId);
    const due = await this.#engine.planner.dueKeys(request.environmentId);
    if (due.length > 0) return due;
    throw new RekeyError('not-due', {
      message: 'No key of this environment is due.',
      remedy: 'Rotate all the same with --force, or come back when one is due.',
    });
  }

  /**
   * Whatever is wrong with the request is said before there is a run. What an emergency overcomes is not. Returns what
   * the environment's places hold.
   */
  async #refuseEarly(request: RotationRequest): Promise<Place[]> {
    const { environments } = this.#dependencies;
    const environment = environmentWithout(environments.open(request.environmentId), request.exclude ?? []);
    const places = await readPlaces(environment);
    try {
      await this.#engine.planner.plan(request, places);
    } catch (error) {
      const overcome =
        request.mode === 'emergency' &&
        (isRekeyError(error, 'run-open') || isRekeyError(error, 'previous-occupied'));
      if (!overcome) throw error;
    }
    return places;
  }

  #directRun(runId: string): RunRecord {
    const run = this.#dependencies.runs.get(runId);
    if (run.runbook === directRunbook) return run;
    throw new RekeyError('run-waits', {
      message: `Run ${run.run_id} is guided: a person walks it step by step.`,
      remedy: `Go on with "rekey run resume ${run.run_id}".`,
      details: { run_id: run.run_id },
    });
  }

  #refuseEnded(run: RunRecord, what: string): void {
    if (run.ended_at === null) return;
    // What is retired is the reason that people need to hear first.
    const late = run.state === 'completed' || run.state === 'completed-with-deviations';
    throw new RekeyError(late ? 'point-of-no-return' : 'illegal-move', {
      message: `Run ${run.run_id} is ${run.state}: there is nothing left to ${what}.`,
      remedy: late
        ? 'Rotate again: a new value replaces the one that is in use now.'
        : 'Nothing needs to be done.',
      details: { run_id: run.run_id },
    });
  }
}

/** Hosts did not answer, or the connection to one was lost. */
function isAboutHosts({ code, details }: RekeyError): boolean {
  return code === 'host-unreachable' || code === 'connection-lost' || details?.hosts !== undefined;
}

/** The same error, saying which run it belongs to. */
function withRun(error: RekeyError, runId: string): RekeyError {
  return new RekeyError(error.code, {
    message: error.message,
    unchanged: error.unchanged,
    remedy: error.remedy,
    details: { ...error.details, run_id: error.details?.run_id ?? runId },
    cause: error,
  });
}
