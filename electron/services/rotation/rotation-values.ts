import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { KeyName } from '#shared/model/key.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { SealedName } from '../secrets/sealed-store.ts';
import type { RotationDependencies } from './rotation-dependencies.ts';
import { ruleOf } from './rotation-planner.ts';

/** How often a generated value is made anew when the validator does not like it. */
const generatorAttempts = 8;

export function sealedName(rotation: RotationRecord, role: 'old' | 'new'): SealedName {
  return {
    environmentId: rotation.environment.id,
    key: rotation.key,
    rotationId: rotation.rotation_id,
    role,
  };
}

/** The sealed values of the rotations of one run, opened at most once while it is driven on. */
export class RotationValues {
  readonly #dependencies: Pick<RotationDependencies, 'sealed' | 'generate' | 'check'>;
  readonly #opened = new Map<string, Secret>();

  constructor(dependencies: Pick<RotationDependencies, 'sealed' | 'generate' | 'check'>) {
    this.#dependencies = dependencies;
  }

  /** The sealed value. Throws `sealed-missing`, `sealed-damaged` or a keychain error. */
  async open(rotation: RotationRecord, role: 'old' | 'new'): Promise<Secret> {
    const place = `${rotation.rotation_id}/${role}`;
    const known = this.#opened.get(place);
    if (known) return known;
    const value = await this.#dependencies.sealed.open(sealedName(rotation, role));
    this.#opened.set(place, value);
    return value;
  }

  /**
   * The new value of a rotation: the one that is sealed already (a crash changes nothing about it), the supplied one,
   * or a generated one; the latter two validated. Throws `not-valid` for a supplied value that will not do.
   */
  async decideNew(
    config: EnvironmentConfig,
    rotation: RotationRecord,
    old: Secret | null,
    supplied: ReadonlyMap<KeyName, Secret> | undefined,
  ): Promise<Secret> {
    const sealed = await this.#sealedEarlier(rotation);
    if (sealed) return sealed;
    const rule = ruleOf(config, rotation.key);
    const given = supplied?.get(rotation.key);
    if (!given && rotation.plan.issuer === 'supplied') {
      throw new RekeyError('run-waits', {
        message: `${rotation.key} is issued by someone else: its new value must be supplied.`,
        remedy: 'Give the value when the run is resumed.',
      });
    }
    for (let attempt = 1; ; attempt += 1) {
      const value = given ?? this.#dependencies.generate(rule);
      const verdict = await this.#dependencies.check(rule, value);
      const same = old?.equals(value) ?? false;
      if (verdict.valid && !same) return value;
      if (!given && attempt < generatorAttempts) continue;
      const reasons = verdict.findings
        .filter(({ severity }) => severity === 'error')
        .map(({ message }) => message);
      if (same) reasons.unshift('It is the value that is in use now.');
      throw new RekeyError('not-valid', {
        message: `The new value for ${rotation.key} was refused. ${reasons.join(' ')}`,
        remedy: given
          ? 'Get another value from its issuer, then resume the run with it.'
          : 'Check the configured length and format of the key.',
        details: { key: rotation.key },
      });
    }
  }

  async seal(rotation: RotationRecord, role: 'old' | 'new', value: Secret): Promise<void> {
    await this.#dependencies.sealed.seal(sealedName(rotation, role), value);
    this.#opened.set(`${rotation.rotation_id}/${role}`, value);
  }

  isSealed(rotation: RotationRecord, role: 'old' | 'new'): boolean {
    return this.#dependencies.sealed.has(sealedName(rotation, role));
  }

  async #sealedEarlier(rotation: RotationRecord): Promise<Secret | null> {
    if (!this.isSealed(rotation, 'new')) return null;
    try {
      return await this.open(rotation, 'new');
    } catch (error) {
      // Nothing was activated with it: a damaged one is simply replaced.
      if (isRekeyError(error, 'sealed-damaged') || isRekeyError(error, 'sealed-missing')) return null;
      throw error;
    }
  }
}
