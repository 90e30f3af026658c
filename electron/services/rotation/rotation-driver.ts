import { holdsServiceStopped, nextStep, type RotationFacts } from '#shared/logic/rotation-machine.ts';
import { hasEnded } from '#shared/logic/rotation-moves.ts';
import {
  currentPath,
  type PathStep,
  pendingStep,
  profile,
  stepRank,
  within,
} from '#shared/logic/rotation-path.ts';
import { aboutKey, stepWords } from '#shared/logic/rotation-words.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import type { WaitsFor } from '#shared/model/run.ts';
import type { EffectResult, Taking } from './effect-result.ts';
import { closeRotation } from './rotation-closing.ts';
import type { RotationDependencies } from './rotation-dependencies.ts';
import { RotationEffects } from './rotation-effects.ts';
import { RotationJournal } from './rotation-journal.ts';
import { configuredCommands } from './rotation-planner.ts';
import { probeStep } from './rotation-probe.ts';
import type { AdvanceOptions, RotationProgress } from './rotation-service.ts';
import { RotationSession } from './rotation-session.ts';

/** Effects that are done once for all rotations that have come to them; the others one rotation after the other. */
const groupedEffects = [
  'preflight',
  'stage',
  'restart',
  'start',
  'stop',
  'accept',
  'activate',
  'verify',
  'soak',
  'retire',
  'roll-back',
  'unstage',
];

/** Which waiting is told when rotations of one run wait for different things, most urgent first. */
const urgency: readonly WaitsFor[] = [
  'decision',
  'probe',
  'operator',
  'unlock',
  'attestation',
  'supplied-value',
  'backup-date',
  'soak',
];

interface Choice {
  kind: 'effect' | 'skip' | 'record' | 'probe';
  group: { rotation: RotationRecord; step: PathStep | null; why: string }[];
}

interface Waiting {
  waitsFor: WaitsFor;
  why: string;
  key: string;
}

/**
 * Drives all rotations of a run on, in step: signing keys before encryption keys, one write and one restart for all
 * where that is possible. Each effect is announced in the log, done, and recorded; what fails or is ambiguous parks
 * its rotation for this drive and lets the others go on.
 */
export class RotationDriver {
  readonly #dependencies: RotationDependencies;
  readonly #journal: RotationJournal;
  readonly #effects: RotationEffects;

  constructor(dependencies: RotationDependencies) {
    this.#dependencies = dependencies;
    this.#journal = new RotationJournal(dependencies.log);
    this.#effects = new RotationEffects(dependencies);
  }

  /** Throws what the environment, the sealed store or the log throws; whatever was done until then is recorded. */
  async drive(runId: string, options: AdvanceOptions): Promise<RotationProgress> {
    const session = new RotationSession(this.#dependencies, this.#dependencies.runs.get(runId), options);
    const parked = new Map<string, Waiting>();
    let waits: Waiting[] = [];
    try {
      for (;;) {
        const chosen = this.#choose(session, parked);
        waits = chosen.waits;
        if (!chosen.choice) break;
        if (options.signal?.aborted || options.pause?.aborted) {
          // What nobody asked for goes on by itself the next time.
          waits = session.options.automatic
            ? []
            : [{ waitsFor: 'operator', why: 'Stopped by the operator.', key: '' }];
          break;
        }
        await this.#take(session, chosen.choice, parked);
      }
    } finally {
      await session.release();
    }
    for (const { key, why, waitsFor } of waits) {
      if (waitsFor !== 'soak') session.say(aboutKey(key, why));
    }
    const first = urgency.find((waitsFor) => waits.some((wait) => wait.waitsFor === waitsFor)) ?? null;
    return { rotations: session.run.rotations, waitsFor: first, lines: session.lines };
  }

  /** The lowest step that any rotation of the run may take now, with all rotations that take it together. */
  #choose(
    session: RotationSession,
    parked: Map<string, Waiting>,
  ): { choice: Choice | null; waits: Waiting[] } {
    const { onlyRotation } = session.options;
    const open = session.run.rotations.filter((rotation) => !hasEnded(rotation));
    const waits: Waiting[] = [...parked.values()];
    const candidates: {
      rank: number;
      kind: Choice['kind'];
      rotation: RotationRecord;
      step: PathStep | null;
      why: string;
    }[] = [];
    for (const rotation of open) {
      if (parked.has(rotation.rotation_id)) continue;
      if (onlyRotation !== undefined && rotation.rotation_id !== onlyRotation) continue;
      const decision = nextStep(rotation, this.#facts(session, rotation));
      switch (decision.kind) {
        case 'ended':
          break;
        case 'wait':
          if (decision.waitsFor === 'attestation' && this.#mayProveAnew(session, rotation)) {
            const step = verification(rotation);
            if (step)
              candidates.push({
                rank: stepRank(step.id, rotation.plan.protects),
                kind: 'effect',
                rotation,
                step,
                why: '',
              });
          } else if (waitsWithin(rotation, session.options)) {
            waits.push({ waitsFor: decision.waitsFor, why: decision.why, key: rotation.key });
          }
          break;
        case 'probe':
          candidates.push({ rank: -1, kind: 'probe', rotation, step: null, why: '' });
          break;
        default: {
          if (!within(decision.step.toward, session.options.until)) break;
          const rank = stepRank(decision.step.id, rotation.plan.protects);
          const why = decision.kind === 'skip' ? decision.why : '';
          candidates.push({ rank, kind: decision.kind, rotation, step: decision.step, why });
        }
      }
    }
    candidates.sort((a, b) => a.rank - b.rank);
    const [first] = candidates;
    if (!first) return { choice: null, waits };
    // A fleet is restarted host by host with its writes, so encryption keys are written with the signing keys.
    const sameWrite = ({ rank, step }: (typeof candidates)[number]) =>
      session.environment.fleet !== null &&
      step?.effect === first.step?.effect &&
      Math.floor(rank) === Math.floor(first.rank);
    const alike = candidates.filter(
      (one) =>
        (one.rank === first.rank || sameWrite(one)) &&
        one.kind === first.kind &&
        one.step?.toward === first.step?.toward,
    );
    const single = first.kind !== 'effect' || !groupedEffects.includes(first.step?.effect ?? '');
    const group = single ? [first] : alike;
    const holder = serviceHolder(open, group);
    if (holder) {
      const why = `The service stands still for ${holder.key}, so it is not started before that key's data is done.`;
      for (const { rotation } of group) {
        parked.set(rotation.rotation_id, {
          waitsFor: 'operator',
          why,
          key: rotation.key,
        });
      }
      return this.#choose(session, parked);
    }
    return { choice: { kind: first.kind, group }, waits };
  }

  /** Time has passed since the last look: what was unproven may be provable now, before a person is asked. */
  #mayProveAnew(session: RotationSession, rotation: RotationRecord): boolean {
    const { config } = session.environment;
    return (
      rotation.adoption === 'unproven' &&
      (config.health !== null || config.commands.verify !== undefined) &&
      within('retired', session.options.until) &&
      !session.verified.has(rotation.rotation_id)
    );
  }

  #facts(session: RotationSession, rotation: RotationRecord): RotationFacts {
    const { config } = session.environment;
    return {
      now: this.#dependencies.clock.now().toISOString(),
      configured: configuredCommands(config),
      healthConfigured: config.health !== null,
      valueAtHand:
        session.options.suppliedValues?.has(rotation.key) === true ||
        session.values.isSealed(rotation, 'new'),
      earlyRetirementReason: session.options.earlyRetirementReason ?? null,
      automatic: session.options.automatic === true,
    };
  }

  async #take(session: RotationSession, choice: Choice, parked: Map<string, Waiting>): Promise<void> {
    const { run } = session;
    const [first] = choice.group;
    if (!first) return;
    if (touchesEnvironment(choice)) {
      const looks = onlyLooks(choice);
      await session.hold(!looks);
      if (!looks) session.forgetPlaces();
    }
    switch (choice.kind) {
      case 'probe':
        await this.#probe(session, first.rotation);
        return;
      case 'skip':
        this.#journal.record(run, first.rotation, `${first.step?.effect}-skipped`, {
          step: first.step?.id,
          why: first.why,
        });
        return;
      case 'record':
        closeRotation(this.#journal, run, first.rotation, this.#dependencies.clock);
        session.say(
          `${first.rotation.key}: ${first.step ? stepWords[first.step.id].done.toLowerCase() : ''}`,
        );
        return;
      case 'effect':
        await this.#perform(session, choice, parked);
    }
  }

  async #perform(session: RotationSession, choice: Choice, parked: Map<string, Waiting>): Promise<void> {
    const group: Taking[] = choice.group.flatMap(({ rotation, step }) =>
      step ? [{ rotation, step, data: this.#effects.intent(rotation, step) }] : [],
    );
    const [first] = group;
    if (!first) return;
    const { run } = session;
    if (first.step.effect === 'verify') {
      for (const { rotation } of group) session.verified.add(rotation.rotation_id);
    }
    this.#noteRecovery(session, group);
    const keys = group.map(({ rotation }) => rotation.key).join(', ');
    session.options.onProgress?.(`${stepWords[first.step.id].doing}: ${keys}`);
    const early = session.options.earlyRetirementReason;
    for (const { rotation, step, data } of group) {
      this.#journal.record(run, rotation, `${step.effect}-intended`, {
        step: step.id,
        ...data,
        ...(step.effect === 'retire' && early ? { early } : {}),
      });
    }
    const taken = group.map((taking) => ({
      ...taking,
      rotation: session.rotation(taking.rotation.rotation_id),
    }));
    const results = await this.#resultsOf(session, taken);
    for (const { rotation, step } of taken) {
      const result = results.get(rotation.rotation_id);
      if (result) this.#record(session, rotation, step, result, parked);
    }
  }

  /**
   * Performs the group; what is thrown is recorded as a failure of each and thrown on. After a lost connection nothing
   * is recorded: the effect may have happened or not, and the next drive probes it.
   */
  async #resultsOf(session: RotationSession, taken: readonly Taking[]): Promise<Map<string, EffectResult>> {
    try {
      return await this.#effects.perform(session, taken);
    } catch (error) {
      if (isRekeyError(error) && error.code !== 'connection-lost') {
        for (const { rotation, step } of taken) {
          this.#journal.record(session.run, rotation, `${step.effect}-failed`, {
            step: step.id,
            code: error.code,
            message: error.message,
          });
        }
      }
      throw error;
    }
  }

  #record(
    session: RotationSession,
    rotation: RotationRecord,
    step: PathStep,
    result: EffectResult,
    parked: Map<string, Waiting>,
  ): void {
    const { run } = session;
    switch (result.outcome) {
      case 'done':
        this.#journal.record(run, rotation, `${step.effect}-done`, { step: step.id, ...result.data });
        session.say(result.line ?? `${rotation.key}: ${stepWords[step.id].done.toLowerCase()}`);
        return;
      case 'failed':
        this.#journal.record(run, rotation, `${step.effect}-failed`, {
          step: step.id,
          code: result.code,
          message: result.message,
        });
        parked.set(rotation.rotation_id, { waitsFor: 'operator', why: result.message, key: rotation.key });
        return;
      case 'blocked':
        this.#journal.record(run, rotation, 'blocked', { why: result.why });
        parked.set(rotation.rotation_id, { waitsFor: 'decision', why: result.why, key: rotation.key });
    }
  }

  /** An effect was announced and its result is not known: find out what is there, then let the machine go on. */
  async #probe(session: RotationSession, rotation: RotationRecord): Promise<void> {
    const probe = await probeStep(session.environment, rotation);
    if (probe.clear) {
      this.#journal.record(session.run, rotation, `${rotation.indeterminate}-probed`, {
        step: rotation.indeterminate_step,
        found: probe.found,
      });
    } else {
      this.#journal.record(session.run, rotation, 'blocked', { why: probe.found });
    }
    session.say(aboutKey(rotation.key, probe.found));
  }

  /** Before an activation without overlap a recovery file was offered; that none was written is recorded once. */
  #noteRecovery(session: RotationSession, group: readonly Taking[]): void {
    const bare = group.some(
      ({ rotation, step }) => step.id === 'activate' && !profile(rotation.plan).overlap,
    );
    if (!bare || session.run.recovery_file !== null) return;
    this.#journal.run(
      session.run,
      'recovery-file',
      { written: false },
      'no recovery if this machine is lost',
    );
    session.say('No recovery file was written: there is no recovery if this machine is lost.');
  }
}

/** Records and the destruction of sealed files concern this machine only: no lock, and no environment, is needed. */
function touchesEnvironment({ kind, group }: Choice): boolean {
  const effect = group[0]?.step?.effect;
  return kind === 'probe' || (kind === 'effect' && effect !== 'destroy' && effect !== 'archive');
}

/** What reads the environment, and changes nothing there: `seal` writes to this machine. */
function onlyLooks({ kind, group }: Choice): boolean {
  const effect = group[0]?.step?.effect;
  return kind === 'effect' && (effect === 'preflight' || effect === 'seal');
}

/** A rotation whose data is being re-encrypted while the service stands still, and that is not started by the group. */
function serviceHolder(open: readonly RotationRecord[], group: Choice['group']): RotationRecord | null {
  if (!group.some(({ step }) => step?.effect === 'restart' || step?.effect === 'start')) return null;
  const starting = new Set(
    group.filter(({ step }) => step?.effect === 'start').map(({ rotation }) => rotation.rotation_id),
  );
  return open.find((one) => holdsServiceStopped(one) && !starting.has(one.rotation_id)) ?? null;
}

/** The step that finds out about adoption, when it was taken already and may be taken again. */
function verification(rotation: RotationRecord): PathStep | null {
  return (
    currentPath(rotation).find(
      ({ id }) => (id === 'verify' || id === 'back-verify') && rotation.steps_done.includes(id),
    ) ?? null
  );
}

/** Waiting for something beyond what was asked for is no waiting. */
function waitsWithin(rotation: RotationRecord, options: AdvanceOptions): boolean {
  if (rotation.state === 'blocked') return true;
  const next = pendingStep(rotation);
  return next === null || within(next.toward, options.until);
}
