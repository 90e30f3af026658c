import type { PathStep } from '#shared/logic/rotation-path.ts';
import { profile } from '#shared/logic/rotation-path.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import { findAdoption } from './adoption.ts';
import { commandResult, type EffectResult, eachOf, shared, type Taking } from './effect-result.ts';
import { AmbiguousEnvironment, isWriteStep, look, writeGroup, writesValues } from './environment-writes.ts';
import type { Place } from './places.ts';
import { RollOut } from './roll-out.ts';
import type { RotationDependencies } from './rotation-dependencies.ts';
import { configuredCommands, ruleOf } from './rotation-planner.ts';
import type { RotationSession } from './rotation-session.ts';
import { SealedEffects } from './sealed-effects.ts';
import {
  checkAcceptance,
  reencrypt,
  restartService,
  runCommand,
  verifyOldRefused,
} from './service-effects.ts';

const defaultHealthPatienceMs = 10_000;

/** What each effect of the machine does to the world. Everything here may be done again after a crash. */
export class RotationEffects {
  readonly #dependencies: RotationDependencies;
  readonly #sealed: SealedEffects;

  constructor(dependencies: RotationDependencies) {
    this.#dependencies = dependencies;
    this.#sealed = new SealedEffects(dependencies);
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
          sealed: this.#sealed
            .toDestroy(rotation, step.id)
            .map(({ rotationId, role }) => ({ rotationId, role })),
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
    if (isWriteStep(id)) {
      const { fleet } = session.environment;
      return fleet && writesValues(id)
        ? new RollOut(this.#dependencies, session, fleet, id, group).perform()
        : this.#write(session, group);
    }
    switch (first.step.effect) {
      case 'preflight':
        return this.#preflight(session, group);
      case 'seal':
        return eachOf(group, ({ rotation }) => this.#sealed.seal(session, rotation));
      case 'restart':
      case 'start':
        return restartService(session, group);
      case 'stop':
        return shared(group, commandResult(await runCommand(session, 'stop')));
      case 'accept':
        return checkAcceptance(session, group);
      case 'verify':
        return id.endsWith('verify-reencrypted')
          ? shared(group, commandResult(await runCommand(session, 'verify')))
          : this.#verify(session, group);
      case 'reencrypt':
        return eachOf(group, ({ rotation }) => reencrypt(session, rotation));
      case 'verify-old-refused':
        return eachOf(group, ({ rotation }) => verifyOldRefused(session, rotation));
      case 'archive':
        return shared(group, { outcome: 'done', data: {} });
      case 'destroy':
        return eachOf(group, ({ rotation, step }) => this.#sealed.destroy(rotation, step.id));
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
    const places = await session.places();
    const health = environment.config.health ? await environment.health(session.options.signal) : null;
    const commands = configuredCommands(environment.config);
    return eachOf(group, async ({ rotation }) => {
      const expected = profile(rotation.plan).hasOld ? 'old' : 'absent';
      const changed = places.filter(({ snapshot }) => look(snapshot, rotation).primary !== expected);
      if (changed.length > 0) {
        throw new RekeyError('conflict', {
          message: `The value of ${rotation.key} was changed since the rotation was planned${onHosts(changed)}.`,
          remedy: `Put the value back that was there, and try again; or abort this run ("rekey run abort ${rotation.run_id}"), and plan anew.`,
          details: { key: rotation.key },
        });
      }
      const value = places[0]?.snapshot.values.get(rotation.key);
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

  async #verify(session: RotationSession, group: readonly Taking[]): Promise<Map<string, EffectResult>> {
    const { environment } = session;
    const places = await session.places();
    const validation = await this.#dependencies.validate(
      environment.config,
      places[0]?.snapshot.values ?? new Map(),
    );
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
      const changed = places.filter(({ snapshot }) => look(snapshot, rotation).primary !== expected);
      if (changed.length > 0) {
        return {
          outcome: 'blocked',
          why: `${rotation.key} does not hold the ${expected} value any longer${onHosts(changed)}.`,
        };
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
}

function onHosts(places: readonly Place[]): string {
  const hosts = places.flatMap(({ host }) => host ?? []);
  return hosts.length === 0 ? '' : ` on ${hosts.join(', ')}`;
}
