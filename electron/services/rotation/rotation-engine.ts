import type { Environment } from '#electron/environments/environment.ts';
import { newState } from '#electron/environments/state-file.ts';
import { hasEnded, illegalMove, stateBeforeActivation } from '#shared/logic/rotation-moves.ts';
import { profile } from '#shared/logic/rotation-path.ts';
import { aboutKey } from '#shared/logic/rotation-words.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type {
  AttestedFact,
  BlockDecision,
  RotationPlan,
  RotationRecord,
  RotationState,
} from '#shared/model/rotation.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import { type AttestationConcern, concerns } from './attestation.ts';
import { clearTheWay } from './emergency-precedence.ts';
import { environmentOfRun, type Place, readPlaces, snapshotOf } from './places.ts';
import { planRollback, refuseRollback } from './rollback.ts';
import type { RotationDependencies } from './rotation-dependencies.ts';
import { RotationDriver } from './rotation-driver.ts';
import { RotationJournal } from './rotation-journal.ts';
import { configuredCommands, RotationPlanner } from './rotation-planner.ts';
import { newIsInPlace, type Probe, probeEnvironment, probeStep } from './rotation-probe.ts';
import type {
  AdvanceOptions,
  RotationProgress,
  RotationRequest,
  RotationService,
} from './rotation-service.ts';

const activeStates: readonly RotationState[] = [
  'activated',
  'adopted',
  're-encrypted',
  'soaking',
  'archived',
];
const unactivatedStates: readonly RotationState[] = ['planned', 'preflighted', 'pending', 'staged'];

/** The rotation service: the machine of shared/logic, driven over real environments and recorded in the log. */
export class RotationEngine implements RotationService {
  readonly planner: RotationPlanner;
  readonly #dependencies: RotationDependencies;
  readonly #journal: RotationJournal;
  readonly #driver: RotationDriver;

  constructor(dependencies: RotationDependencies) {
    this.#dependencies = dependencies;
    this.planner = new RotationPlanner(dependencies);
    this.#journal = new RotationJournal(dependencies.log);
    this.#driver = new RotationDriver(dependencies);
  }

  plan(request: RotationRequest): Promise<RotationPlan[]> {
    return this.planner.plan(request);
  }

  /** @param seen - what the environment's places hold, where they were read a moment ago */
  async begin(runId: string, request: RotationRequest, seen?: Place[]): Promise<RotationRecord[]> {
    const run = this.#run(runId);
    const begun = new Set(run.rotations.filter((one) => one.state !== 'abandoned').map(({ key }) => key));
    const keys = request.keys.filter((key) => !begun.has(key));
    if (keys.length === 0) return run.rotations;
    let places = await this.#initialised(this.#environment(run), seen);
    if (request.mode === 'emergency') {
      const cleared = await clearTheWay(this.#dependencies, this.#journal, this, { ...request, keys }, runId);
      if (cleared) places = await readPlaces(this.#environment(run));
    }
    const exclude = (run.excluded_hosts ?? []).map(({ host }) => host);
    const plans = await this.planner.plan({ ...request, keys, exclude }, places);
    for (const plan of plans) this.#journal.planned(run, plan);
    return this.#run(runId).rotations;
  }

  advance(runId: string, options: AdvanceOptions): Promise<RotationProgress> {
    return this.#driver.drive(runId, options);
  }

  async probe(runId: string): Promise<RotationProgress> {
    const run = this.#run(runId);
    const environment = this.#environment(run);
    const lines: string[] = [];
    let blocked = false;
    for (const rotation of run.rotations.filter((one) => !hasEnded(one))) {
      const probe =
        rotation.indeterminate_step === null
          ? await probeEnvironment(environment, rotation)
          : await probeStep(environment, rotation);
      lines.push(aboutKey(rotation.key, probe.found));
      blocked ||= rotation.state === 'blocked' || !probe.clear;
    }
    return { rotations: run.rotations, waitsFor: blocked ? 'decision' : null, lines };
  }

  async attest(
    runId: string,
    what: AttestedFact,
    evidence: { sha256: string; reason: string },
  ): Promise<RotationRecord[]> {
    const run = this.#run(runId);
    const concern: AttestationConcern = concerns[what];
    const concerned = run.rotations.filter((rotation) => concern.applies(rotation));
    if (concerned.length === 0) {
      throw new RekeyError('illegal-move', {
        message: `No rotation of this run waits for a person's word that ${concern.words}.`,
        remedy: 'Look at what the run waits for with "rekey run show".',
        details: { run_id: runId, what },
      });
    }
    for (const rotation of concerned) {
      this.#journal.record(
        run,
        rotation,
        'attested',
        { what, sha256: evidence.sha256 },
        { reason: evidence.reason },
      );
    }
    return this.#run(runId).rotations;
  }

  rollbackPlan(runId: string): { possible: boolean; lines: string[]; restoresCompromised: boolean } {
    return planRollback(this.#run(runId));
  }

  async rollBack(
    runId: string,
    options: {
      reason: string;
      restoreCompromised: boolean;
      onProgress?: (line: string) => void;
      signal?: AbortSignal;
    },
  ): Promise<RotationProgress> {
    refuseRollback(this.#run(runId), options.restoreCompromised);
    await this.#settle(runId, options);
    await this.#takeForActivated(runId, options.restoreCompromised);
    const run = this.#run(runId);
    const environment = this.#environment(run);
    for (const rotation of run.rotations) {
      if (activeStates.includes(rotation.state)) {
        const { state } = await environment.read({ thorough: false });
        const marked = state?.keys[rotation.key];
        this.#journal.record(
          run,
          rotation,
          'rollback-requested',
          {
            restore_compromised: options.restoreCompromised,
            new_compromised: marked?.fingerprint === rotation.new_fingerprint && marked?.compromised != null,
          },
          { reason: options.reason },
        );
      } else if (unactivatedStates.includes(rotation.state) && rotation.abandon_reason === null) {
        this.#journal.record(run, rotation, 'abandon-requested', {}, { reason: options.reason });
      }
    }
    return this.#wayBack(runId, options);
  }

  async abandon(runId: string, reason: string): Promise<RotationRecord[]> {
    await this.#settle(runId, { reason, restoreCompromised: false });
    const run = this.#run(runId);
    const active = run.rotations.find((one) => !hasEnded(one) && !unactivatedStates.includes(one.state));
    if (active) throw illegalMove(active, 'abandon', `it is ${active.state}: roll it back, or finish it`);
    for (const rotation of await this.#inPlace(run)) {
      throw illegalMove(rotation, 'abandon', 'its new value is in place already: roll it back, or finish it');
    }
    for (const rotation of run.rotations) {
      if (hasEnded(rotation) || rotation.abandon_reason !== null) continue;
      this.#journal.record(run, rotation, 'abandon-requested', {}, { reason });
    }
    await this.#wayBack(runId, {});
    return this.#run(runId).rotations;
  }

  async decide(
    runId: string,
    rotationId: string,
    decision: BlockDecision,
    reason: string,
  ): Promise<RotationRecord> {
    const run = this.#run(runId);
    const rotation = run.rotations.find(({ rotation_id }) => rotation_id === rotationId);
    if (rotation?.state !== 'blocked') {
      throw new RekeyError('illegal-move', {
        message: 'There is nothing to decide: no such rotation of this run is blocked.',
        remedy: 'Look at the run with "rekey run show".',
      });
    }
    const environment = this.#environment(run);
    this.#decided(run, rotation, decision, reason, await probeEnvironment(environment, rotation));
    return this.#rotation(runId, rotationId);
  }

  /**
   * A fresh probe of every blocked rotation; where it is clear, going on with what was found is the decision of the
   * person who asked for it. Returns what stays blocked.
   */
  async unblockWhereClear(runId: string, reason: string): Promise<RotationRecord[]> {
    const run = this.#run(runId);
    const environment = this.#environment(run);
    for (const rotation of run.rotations.filter(({ state }) => state === 'blocked')) {
      const probe = await probeEnvironment(environment, rotation);
      if (!probe.clear) continue;
      const decision = probe.sighting?.primary === 'new' ? 'new-is-primary' : 'old-is-primary';
      this.#decided(run, rotation, decision, reason, probe);
    }
    return this.#run(runId).rotations.filter(({ state }) => state === 'blocked');
  }

  excludeHost(runId: string, host: string, reason: string): void {
    const run = this.#run(runId);
    const hosts = this.#environment(run).fleet?.hosts.map(({ name }) => name) ?? [];
    if (!hosts.includes(host) || hosts.length === 1) {
      throw new RekeyError('invalid-input', {
        message: hosts.includes(host)
          ? `${host} is the last host of this run: without it nothing is left to do.`
          : `This run works on no host "${host}".`,
        remedy: hosts.includes(host)
          ? 'Give the run up, or roll it back.'
          : hosts.length === 0
            ? 'Only a run on several hosts can leave one out.'
            : `It works on: ${hosts.join(', ')}.`,
        details: { run_id: runId, host },
      });
    }
    this.#journal.run(run, 'host-excluded', { host }, reason);
  }

  async previewChange(runId: string): Promise<{ set: string[]; remove: string[]; restart: boolean }> {
    const run = this.#run(runId);
    const { config } = this.#environment(run);
    const plans = run.rotations
      .filter((rotation) => unactivatedStates.includes(rotation.state))
      .map(({ plan }) => plan);
    return { ...changeOf(plans), restart: configuredCommands(config).has('restart') };
  }

  async recordBackupExpiry(runId: string, date: string): Promise<RotationRecord[]> {
    const run = this.#run(runId);
    const parsed = new Date(date);
    if (Number.isNaN(parsed.getTime())) {
      throw new RekeyError('invalid-input', {
        message: `"${date}" is not a date.`,
        remedy: 'Write it as YYYY-MM-DD.',
      });
    }
    for (const rotation of run.rotations) {
      if (rotation.plan.protects !== 'data' || hasEnded(rotation)) continue;
      this.#journal.record(run, rotation, 'backup-expiry', { date: parsed.toISOString() });
    }
    return this.#run(runId).rotations;
  }

  #decided(
    run: RunRecord,
    rotation: RotationRecord,
    decision: BlockDecision,
    reason: string,
    probe: Probe,
  ): void {
    const primary = probe.sighting?.primary;
    const contradicted =
      (decision === 'new-is-primary' && primary !== 'new') ||
      (decision === 'old-is-primary' && primary === 'new');
    if (contradicted) {
      throw illegalMove(rotation, decision, `the environment says otherwise: ${probe.found}`);
    }
    const before = rotation.state_before_block ?? 'planned';
    const last = stateBeforeActivation(rotation.plan);
    let to: RotationState = before;
    if (decision === 'new-is-primary' && before === last) to = 'activated';
    if (decision === 'old-is-primary' && activeStates.includes(before) && before !== 'archived') to = last;
    this.#journal.record(
      run,
      rotation,
      'unblocked',
      { decision, to, found: probe.found, unclear: !probe.clear },
      { reason },
    );
  }

  /** Brings rotations to where a way back can be asked for: results known, nothing blocked that a probe can tell. */
  async #settle(runId: string, options: { reason: string; restoreCompromised: boolean }): Promise<void> {
    await this.#driver.drive(runId, { until: 'planned', unattended: true });
    const blocked = await this.unblockWhereClear(runId, options.reason);
    for (const rotation of blocked) {
      const before = rotation.state_before_block;
      // What a person gives up before anything was activated needs no more certainty; its sealed values are kept.
      if (before !== null && unactivatedStates.includes(before)) {
        await this.decide(runId, rotation.rotation_id, 'old-is-primary', options.reason);
        continue;
      }
      throw new RekeyError('run-blocked', {
        message: `The rotation of ${rotation.key} is blocked: ${rotation.blocked_reason ?? 'the result is ambiguous'}`,
        unchanged: 'Nothing was changed, and nothing is destroyed.',
        remedy: `Put the right value back into the environment, then run "rekey run resume ${runId}".`,
        details: { key: rotation.key, run_id: runId },
      });
    }
  }

  /** Rotations whose new value is in place without a record of it: a crash came between the two. */
  async #inPlace(run: RunRecord): Promise<RotationRecord[]> {
    const environment = this.#environment(run);
    const found: RotationRecord[] = [];
    for (const rotation of run.rotations) {
      if (!hasEnded(rotation) && (await newIsInPlace(environment, rotation))) found.push(rotation);
    }
    return found;
  }

  /** Records an activation that was found done, so that it can be taken back. */
  async #takeForActivated(runId: string, restoreCompromised: boolean): Promise<void> {
    const run = this.#run(runId);
    const found = await this.#inPlace(run);
    refuseRollback(run, restoreCompromised, new Set(found.map(({ rotation_id }) => rotation_id)));
    for (const rotation of found) {
      const data = {
        step: 'activate',
        activated_at: rotation.activated_at ?? this.#dependencies.clock.now().toISOString(),
        found: 'The new value was found in place; it is taken for activated so that it can be rolled back.',
      };
      this.#journal.record(run, rotation, 'activate-intended', data);
      this.#journal.record(run, this.#rotation(runId, rotation.rotation_id), 'activate-done', data);
    }
  }

  #wayBack(
    runId: string,
    options: { onProgress?: (line: string) => void; signal?: AbortSignal },
  ): Promise<RotationProgress> {
    return this.#driver.drive(runId, { ...options, until: 'planned', unattended: true });
  }

  /**
   * What the environment's places hold. One that nobody has initialised gets its state first, without which values
   * cannot be compared.
   */
  async #initialised(environment: Environment, seen?: Place[]): Promise<Place[]> {
    const places = seen ?? (await readPlaces(environment));
    if (places.every(({ snapshot }) => snapshot.state !== null)) return places;
    const { state, revision } = snapshotOf(places, environment.config);
    const after = state ?? newState(environment.config.id);
    await environment.apply({ values: new Map(), pending: {}, after }, revision);
    return readPlaces(environment);
  }

  #environment(run: RunRecord): Environment {
    return environmentOfRun(this.#dependencies.environments, run);
  }

  #run(runId: string): RunRecord {
    return this.#dependencies.runs.get(runId);
  }

  #rotation(runId: string, rotationId: string): RotationRecord {
    const found = this.#run(runId).rotations.find(({ rotation_id }) => rotation_id === rotationId);
    if (!found) throw new RangeError('The run has no such rotation');
    return found;
  }
}

/** Names of the variables that the activation of these plans sets and removes. */
export function changeOf(plans: readonly RotationPlan[]): { set: string[]; remove: string[] } {
  const set: string[] = [];
  const remove: string[] = [];
  for (const plan of plans) {
    const kind = profile(plan);
    set.push(plan.key);
    if (kind.overlap) set.push(plan.variables.previous);
    else if (plan.slots !== 'one') remove.push(plan.variables.previous);
    if (plan.slots === 'next+previous') remove.push(plan.variables.next);
  }
  return { set, remove };
}
