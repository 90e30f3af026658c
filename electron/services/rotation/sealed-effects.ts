import type { StepId } from '#shared/logic/rotation-path.ts';
import { profile } from '#shared/logic/rotation-path.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import { fingerprintIn } from '../secrets/fingerprint.ts';
import type { SealedName } from '../secrets/sealed-store.ts';
import type { EffectResult } from './effect-result.ts';
import { look, stateOf } from './environment-writes.ts';
import { snapshotOf } from './places.ts';
import type { RotationDependencies } from './rotation-dependencies.ts';
import type { RotationSession } from './rotation-session.ts';
import { sealedName } from './rotation-values.ts';

/** What cannot be looked for: said in every record of a destruction. */
const notChecked = ['backups', 'file system snapshots', 'disk blocks', 'memory of running processes'];

/** Effects on what is sealed here: the two values of a rotation, before it begins and when they are not needed. */
export class SealedEffects {
  readonly #dependencies: Pick<RotationDependencies, 'sealed' | 'runs'>;

  constructor(dependencies: Pick<RotationDependencies, 'sealed' | 'runs'>) {
    this.#dependencies = dependencies;
  }

  async seal(session: RotationSession, rotation: RotationRecord): Promise<EffectResult> {
    const { environment, values } = session;
    // A value is sealed only if its fingerprint is the planned one, whenever it was read.
    const snapshot = snapshotOf(await session.places(), environment.config);
    const old = profile(rotation.plan).hasOld ? (snapshot.values.get(rotation.key) ?? null) : null;
    if (old && look(snapshot, rotation).primary !== 'old') {
      throw new RekeyError('conflict', {
        message: `The value of ${rotation.key} was changed since the rotation was planned.`,
        remedy: `Put the value back that was there, and try again; or abort this run ("rekey run abort ${rotation.run_id}"), and plan anew.`,
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

  async destroy(rotation: RotationRecord, step: StepId): Promise<EffectResult> {
    const names = this.toDestroy(rotation, step);
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
  toDestroy(rotation: RotationRecord, step: StepId): SealedName[] {
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
}
