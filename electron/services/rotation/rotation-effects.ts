import type { CommandResult } from '#electron/environments/environment.ts';
import { canRestart } from '#shared/logic/rotation-machine.ts';
import type { PathStep, StepId } from '#shared/logic/rotation-path.ts';
import { profile } from '#shared/logic/rotation-path.ts';
import type { CommandKind } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { ReencryptionCounts, type RotationRecord } from '#shared/model/rotation.ts';
import { fingerprintIn } from '../secrets/fingerprint.ts';
import type { SealedName } from '../secrets/sealed-store.ts';
import { commandProblem, findAdoption } from './adoption.ts';
import { AmbiguousEnvironment, isWriteStep, look, stateOf, writeGroup } from './environment-writes.ts';
import type { RotationDependencies } from './rotation-dependencies.ts';
import { configuredCommands, ruleOf } from './rotation-planner.ts';
import type { RotationSession } from './rotation-session.ts';
import { sealedName } from './rotation-values.ts';

/** One rotation with the step that it takes now. */
export interface Taking {
  rotation: RotationRecord;
  step: PathStep;
  /** What the intent says; for the effect to act on, so that doing it again does the same. */
  data: Record<string, unknown>;
}

export type EffectResult =
  | { outcome: 'done'; data: Record<string, unknown>; line?: string }
  | { outcome: 'failed'; code: string; message: string }
  | { outcome: 'blocked'; why: string };

/** What cannot be looked for: said in every record of a destruction. */
const notChecked = ['backups', 'file system snapshots', 'disk blocks', 'memory of running processes'];

const defaultHealthPatienceMs = 10_000;

/** What each effect of the machine does to the world. Everything here may be done again after a crash. */
export class RotationEffects {
  readonly #dependencies: RotationDependencies;

  constructor(dependencies: RotationDependencies) {
    this.#dependencies = dependencies;
  }

  /** What the intent of a step says, before anything is done. */
  intent(rotation: RotationRecord, step: PathStep): Record<string, unknown> {
    const now = this.#dependencies.clock.now();
    switch (step.id) {
      case 'seal':
        return { sealed: profile(rotation.plan).hasOld ? ['new', 'old'] : ['new'] };
      case 'activate':
        // Kept when a crash hid whether it was done: the same activation has one time.
        return { activated_at: rotation.activated_at ?? now.toISOString() };
      case 'soak':
      case 'back-soak':
        return {
          retire_after:
            rotation.retire_after ?? new Date(now.getTime() + rotation.plan.soak_ms).toISOString(),
        };
      case 'archive':
        return { until: rotation.archived_until };
      case 'destroy':
      case 'back-destroy':
      case 'abandon-destroy':
        return {
          sealed: this.#toDestroy(rotation, step.id).map(({ rotationId, role }) => ({ rotationId, role })),
        };
      default:
        return {};
    }
  }

  /** Performs one step for a group of rotations; a result for each. Throws what the environment or storage throws. */
  async perform(session: RotationSession, group: readonly Taking[]): Promise<Map<string, EffectResult>> {
    const [first] = group;
    if (!first) return new Map();
    const { id } = first.step;
    if (isWriteStep(id)) return this.#write(session, group);
    switch (first.step.effect) {
      case 'preflight':
        return this.#preflight(session, group);
      case 'seal':
        return eachOf(group, ({ rotation }) => this.#seal(session, rotation));
      case 'restart':
      case 'start':
        return this.#restart(session, group);
      case 'stop':
        return shared(group, commandResult(await this.#command(session, 'stop')));
      case 'accept':
        return this.#accept(session, group);
      case 'verify':
        return id.endsWith('verify-reencrypted')
          ? shared(group, commandResult(await this.#command(session, 'verify')))
          : this.#verify(session, group);
      case 'reencrypt':
        return eachOf(group, ({ rotation }) => this.#reencrypt(session, rotation));
      case 'verify-old-refused':
        return eachOf(group, ({ rotation }) => this.#verifyOldRefused(session, rotation));
      case 'archive':
        return shared(group, { outcome: 'done', data: {} });
      case 'destroy':
        return eachOf(group, ({ rotation, step }) => this.#destroy(rotation, step.id));
      default:
        throw new RangeError(`No such effect: ${first.step.effect}`);
    }
  }

  async #write(session: RotationSession, group: readonly Taking[]): Promise<Map<string, EffectResult>> {
    try {
      await writeGroup(
        session.environment,
        group.map(({ rotation, step, data }) => ({ rotation, step: step.id as never, data })),
        session.values,
      );
      return new Map(group.map(({ rotation, data }) => [rotation.rotation_id, { outcome: 'done', data }]));
    } catch (error) {
      if (!(error instanceof AmbiguousEnvironment)) throw error;
      // One ambiguous key stops the whole write; the others were not touched and may go on.
      return new Map(
        group.map(({ rotation }) => [
          rotation.rotation_id,
          rotation.rotation_id === error.rotationId
            ? { outcome: 'blocked', why: error.message }
            : {
                outcome: 'failed',
                code: 'run-blocked',
                message: `Not written, because another key of the group is not as expected: ${error.message}`,
              },
        ]),
      );
    }
  }

  async #preflight(session: RotationSession, group: readonly Taking[]): Promise<Map<string, EffectResult>> {
    const { environment } = session;
    const snapshot = await environment.read({ thorough: false });
    const health = environment.config.health ? await environment.health(session.options.signal) : null;
    const commands = configuredCommands(environment.config);
    return eachOf(group, async ({ rotation }) => {
      const seen = look(snapshot, rotation);
      if (seen.primary !== (profile(rotation.plan).hasOld ? 'old' : 'absent')) {
        throw new RekeyError('conflict', {
          message: `The value of ${rotation.key} was changed since the rotation was planned.`,
          remedy: `Give this run up ("rekey run abort ${rotation.run_id}") and plan again.`,
          details: { key: rotation.key },
        });
      }
      const value = snapshot.values.get(rotation.key);
      const verdict = value
        ? await this.#dependencies.check(ruleOf(environment.config, rotation.key), value)
        : null;
      return {
        outcome: 'done',
        data: {
          // Recorded, not a reason to stop: a weak value is a reason to rotate, and an emergency is never locked out.
          old_valid: verdict?.valid ?? null,
          old_findings: verdict?.findings.map(({ code }) => code) ?? [],
          healthy: health?.healthy ?? null,
          health_problem: health?.problem ?? null,
          adoption_means: [
            ...(health?.fingerprints[rotation.key] === undefined ? [] : ['health']),
            ...(commands.has('verify') ? ['verify'] : []),
          ],
        },
      };
    });
  }

  async #seal(session: RotationSession, rotation: RotationRecord): Promise<EffectResult> {
    const { environment, values } = session;
    const snapshot = await environment.read({ thorough: false });
    const old = profile(rotation.plan).hasOld ? (snapshot.values.get(rotation.key) ?? null) : null;
    if (old && look(snapshot, rotation).primary !== 'old') {
      throw new RekeyError('conflict', {
        message: `The value of ${rotation.key} was changed since the rotation was planned.`,
        remedy: `Give this run up ("rekey run abort ${rotation.run_id}") and plan again.`,
        details: { key: rotation.key },
      });
    }
    const next = await values.decideNew(environment.config, rotation, old, session.options.suppliedValues);
    await values.seal(rotation, 'new', next);
    if (old) await values.seal(rotation, 'old', old);
    return {
      outcome: 'done',
      data: {
        old_fingerprint: rotation.old_fingerprint,
        new_fingerprint: fingerprintIn(stateOf(snapshot), next),
      },
    };
  }

  async #restart(session: RotationSession, group: readonly Taking[]): Promise<Map<string, EffectResult>> {
    const configured = configuredCommands(session.environment.config);
    const starts = group.some(({ step }) => step.effect === 'start');
    if (starts && configured.has('start'))
      return shared(group, commandResult(await this.#command(session, 'start')));
    if (configured.has('restart'))
      return shared(group, commandResult(await this.#command(session, 'restart')));
    if (!canRestart({ configured })) throw new RangeError('Nothing can restart the service');
    const stopped = await this.#command(session, 'stop');
    if (stopped.outcome !== 'ok') return shared(group, commandResult(stopped));
    return shared(group, commandResult(await this.#command(session, 'start')));
  }

  async #accept(session: RotationSession, group: readonly Taking[]): Promise<Map<string, EffectResult>> {
    const { environment } = session;
    const result = environment.config.commands['accepts-next']
      ? await this.#command(session, 'accepts-next')
      : null;
    const health =
      !result && environment.config.health ? await environment.health(session.options.signal) : null;
    return eachOf(group, async ({ rotation }) => {
      const failed =
        result && result.outcome !== 'ok'
          ? commandProblem(result)
          : health && !health.healthy && rotation.healthy_before === true
            ? 'The service was healthy before it was given the next value, and is not now.'
            : null;
      // Nothing ever hard-locks an emergency: what was not accepted is recorded, and the rotation goes on.
      if (failed !== null && rotation.plan.mode !== 'emergency') {
        return { outcome: 'failed', code: 'command-failed', message: failed };
      }
      return {
        outcome: 'done',
        data: { checked_by: result ? 'accepts-next' : 'health', accepted: failed === null, problem: failed },
      };
    });
  }

  async #verify(session: RotationSession, group: readonly Taking[]): Promise<Map<string, EffectResult>> {
    const { environment } = session;
    const snapshot = await environment.read({ thorough: false });
    const validation = await this.#dependencies.validate(environment.config, snapshot.values);
    const report = await findAdoption(
      environment,
      group.map(({ rotation }) => ({
        rotation,
        expected: rotation.rollback === null ? rotation.new_fingerprint : rotation.old_fingerprint,
      })),
      {
        clock: this.#dependencies.clock,
        patienceMs: this.#dependencies.healthPatienceMs ?? defaultHealthPatienceMs,
        onProgress: (line) => session.options.onProgress?.(line),
        signal: session.options.signal,
      },
    );
    return eachOf(group, async ({ rotation }) => {
      const expected = rotation.rollback === null ? 'new' : 'old';
      const seen = look(snapshot, rotation);
      if (seen.primary !== expected) {
        return { outcome: 'blocked', why: `${rotation.key} does not hold the ${expected} value any longer.` };
      }
      const finding = report.findings.get(rotation.rotation_id);
      if (!finding || finding.level === null) {
        return {
          outcome: 'failed',
          code: 'command-failed',
          message: finding?.refuted ?? 'Nothing was found.',
        };
      }
      return {
        outcome: 'done',
        data: {
          adoption:
            rotation.adoption === 'attested' && finding.level === 'unproven' ? 'attested' : finding.level,
          proven_by: finding.by,
          health: report.health?.healthy ?? null,
          startup_valid: validation.valid,
          startup_errors: validation.errors.map(({ key, code }) => `${key}: ${code}`),
        },
        line: `${rotation.key}: adoption ${finding.level}${finding.by ? ` (${finding.by})` : ''}`,
      };
    });
  }

  async #reencrypt(session: RotationSession, rotation: RotationRecord): Promise<EffectResult> {
    const [from, to] = rotation.rollback === null ? (['old', 'new'] as const) : (['new', 'old'] as const);
    const result = await this.#command(session, 'reencrypt', {
      key: rotation.key,
      old: await session.values.open(rotation, from),
      new: await session.values.open(rotation, to),
    });
    if (result.outcome === 'timed-out' || result.outcome === 'stopped' || result.signal !== null) {
      // How far it came is not known, and is not assumed.
      return { outcome: 'blocked', why: `${commandProblem(result)} How far it came is not known.` };
    }
    if (result.outcome !== 'ok')
      return { outcome: 'failed', code: 'command-failed', message: commandProblem(result) };
    const counts = ReencryptionCounts.safeParse(result.report);
    if (!counts.success) {
      return {
        outcome: 'failed',
        code: 'command-failed',
        message:
          'The reencrypt command did not end with the line {"total": n, "changed": n, "remaining_old": n}, so nothing is known about its result.',
      };
    }
    if (counts.data.remaining_old > 0) {
      return {
        outcome: 'failed',
        code: 'command-failed',
        message: `${counts.data.remaining_old} of ${counts.data.total} are still under the ${from} value.`,
      };
    }
    return {
      outcome: 'done',
      data: { counts: counts.data },
      line: `${rotation.key}: ${counts.data.changed} of ${counts.data.total} re-encrypted, none left under the ${from} value`,
    };
  }

  async #verifyOldRefused(session: RotationSession, rotation: RotationRecord): Promise<EffectResult> {
    const result = await this.#command(session, 'verify-old-refused', {
      key: rotation.key,
      old: await session.values.open(rotation, 'old'),
      new: await session.values.open(rotation, 'new'),
    });
    return commandResult(result);
  }

  async #destroy(rotation: RotationRecord, step: StepId): Promise<EffectResult> {
    const names = this.#toDestroy(rotation, step);
    for (const name of names) await this.#dependencies.sealed.destroy(name);
    return {
      outcome: 'done',
      data: {
        destroyed: names.map(({ rotationId, role }) => ({ rotationId, role })),
        not_checked: notChecked,
      },
    };
  }

  /**
   * What is sealed and not needed any longer. Going forward: the old value, and whatever earlier rotations of the key
   * left; the new value stays sealed while it is current. Going back: the new value, unless nothing proves that the
   * service has left it. Giving up: both, unless what is in the environment is not certain.
   */
  #toDestroy(rotation: RotationRecord, step: StepId): SealedName[] {
    const { sealed, runs } = this.#dependencies;
    if (step === 'back-destroy') return rotation.adoption === 'unproven' ? [] : [sealedName(rotation, 'new')];
    if (step === 'abandon-destroy') {
      return rotation.keep_sealed ? [] : [sealedName(rotation, 'new'), sealedName(rotation, 'old')];
    }
    if (rotation.keep_sealed) return [];
    const isNewest =
      runs.latestRotation(rotation.environment.id, rotation.key)?.rotation_id === rotation.rotation_id;
    // Closed late, out of an archive: a later rotation's value is the current one, not this one's.
    if (!isNewest) return [sealedName(rotation, 'old'), sealedName(rotation, 'new')];
    const earlier = sealed
      .list(rotation.environment.id)
      .filter(
        ({ key, rotationId }) =>
          key === rotation.key && rotationId !== rotation.rotation_id && !runs.needsSealed(rotationId),
      );
    return [sealedName(rotation, 'old'), ...earlier];
  }

  async #command(
    session: RotationSession,
    kind: CommandKind,
    input?: NonNullable<Parameters<RotationSession['environment']['command']>[1]>['input'],
  ): Promise<CommandResult> {
    return session.environment.command(kind, {
      onOutput: (line) => session.options.onProgress?.(line),
      ...(input ? { input } : {}),
      ...(session.options.signal ? { signal: session.options.signal } : {}),
    });
  }
}

function commandResult(result: CommandResult): EffectResult {
  if (result.outcome === 'ok') {
    return { outcome: 'done', data: { exit_code: result.exitCode, duration_ms: result.durationMs } };
  }
  return {
    outcome: 'failed',
    code: result.outcome === 'timed-out' ? 'command-timeout' : 'command-failed',
    message: commandProblem(result),
  };
}

function shared(group: readonly Taking[], result: EffectResult): Map<string, EffectResult> {
  return new Map(group.map(({ rotation }) => [rotation.rotation_id, result]));
}

async function eachOf(
  group: readonly Taking[],
  perform: (taking: Taking) => Promise<EffectResult>,
): Promise<Map<string, EffectResult>> {
  const results = new Map<string, EffectResult>();
  for (const taking of group) results.set(taking.rotation.rotation_id, await perform(taking));
  return results;
}
