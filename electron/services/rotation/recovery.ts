import type { Environment } from '#electron/environments/environment.ts';
import { answeringHosts } from '#electron/environments/fleet/answering-hosts.ts';
import { newState } from '#electron/environments/state-file.ts';
import { keyState, withKeyState } from '#shared/logic/environment-state-change.ts';
import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { timestamp } from '#shared/model/clock.ts';
import type { EnvironmentState } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { KeyName } from '#shared/model/key.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { WithoutSecrets } from '../secrets/environment-redactor.ts';
import { fingerprintIn } from '../secrets/fingerprint.ts';
import {
  type RecoveryProtection,
  type RecoveryUnlock,
  type RecoveryValue,
  readRecoveryFile,
  writeRecoveryFile,
} from '../secrets/recovery-file.ts';
import { type Place, readPlaces, snapshotOf } from './places.ts';
import type { RotationDependencies } from './rotation-dependencies.ts';
import { RotationJournal } from './rotation-journal.ts';

/** A value that could be restored, from whichever store. */
interface Candidate {
  key: KeyName;
  rotationId: string;
  role: 'old' | 'new';
  value: Secret;
}

/** What became of the keys that were missing somewhere. */
export interface Recovered {
  restored: KeyName[];
  /** Other means must restore these. */
  missing: KeyName[];
  /** Hosts of a fleet that did not answer. */
  silent: string[];
}

/** What to do when the environment's file, or this machine, is gone. */
export class Recovery {
  readonly #dependencies: RotationDependencies;
  readonly #journal: RotationJournal;
  readonly #withoutSecrets: WithoutSecrets;

  constructor(dependencies: RotationDependencies, withoutSecrets: WithoutSecrets) {
    this.#dependencies = dependencies;
    this.#withoutSecrets = withoutSecrets;
    this.#journal = new RotationJournal(dependencies.log);
  }

  /**
   * Writes the old and new values of a run's open rotations into a sealed recovery file (age). Throws
   * `recovery-incomplete` when nothing is sealed, `file-exists`, `invalid-input`.
   */
  async writeFile(runId: string, path: string, protection: RecoveryProtection): Promise<void> {
    const run = this.#dependencies.runs.get(runId);
    const values: RecoveryValue[] = [];
    for (const rotation of run.rotations) values.push(...(await this.#sealedOf(rotation)));
    if (values.length === 0) {
      throw new RekeyError('recovery-incomplete', {
        message: 'No value of this run is sealed now, so there is nothing to put into a recovery file.',
        remedy: 'Prepare the rotation first: then both values are sealed.',
        details: { run_id: run.run_id },
      });
    }
    await writeRecoveryFile(
      path,
      {
        environment: run.environment,
        runId: run.run_id,
        createdAt: timestamp(this.#dependencies.clock),
        values,
      },
      protection,
    );
    this.#journal.run(
      run,
      'recovery-file',
      {
        written: true,
        values: values.map(({ key, role }) => `${key} (${role})`),
        protection: 'passphrase' in protection ? 'passphrase' : 'recipient',
      },
      'Written before an activation without overlap, or on request.',
    );
  }

  /** Records that nobody wanted a recovery file, and that there is none if this machine is lost. */
  async decline(runId: string, reason: string): Promise<void> {
    const run = this.#dependencies.runs.get(runId);
    const kept = await this.#withoutSecrets(run.environment.id, reason);
    this.#journal.run(run, 'recovery-file', { written: false }, kept);
  }

  /**
   * Puts the managed keys that are missing from the environment, or from a host of a fleet, back, where their current
   * value is sealed here or in a recovery file. Keys that have a value are left alone, on each host. A host that does
   * not answer holds nobody up.
   */
  async recover(
    environmentId: string,
    from: { path: string; unlock: RecoveryUnlock } | null,
  ): Promise<Recovered> {
    this.#dependencies.operator();
    const { environment, silent } = await answeringHosts(
      this.#dependencies.environments.open(environmentId),
      { whenMissing: 'empty' },
    );
    const lock = await environment.lock({
      runId: `recover-${this.#dependencies.newId()}`,
      operator: this.#dependencies.operator(),
    });
    try {
      return { ...(await this.#restore(environment, from)), silent };
    } finally {
      await lock.release();
    }
  }

  async #restore(
    environment: Environment,
    from: { path: string; unlock: RecoveryUnlock } | null,
  ): Promise<Omit<Recovered, 'silent'>> {
    const { config } = environment;
    const places = await readPlaces(environment, { whenMissing: 'empty' });
    const { state } = snapshotOf(places, config);
    const expected = this.#expectedKeys(environment, state);
    const absent = expected.filter((key) => places.some((place) => isAbsent(place, key)));
    const candidates = from
      ? await this.#fromFile(environment, from)
      : await this.#fromSealed(config.id, absent);
    const values = new Map<KeyName, Secret>();
    for (const key of absent) {
      const value = this.#current(config.id, key, state, candidates);
      if (value) values.set(key, value);
    }
    const restored = [...values.keys()];
    const missing = absent.filter((key) => !values.has(key));
    const concerned = places.filter((place) => restored.some((key) => isAbsent(place, key)));
    const hosts = concerned.flatMap(({ host }) => host ?? []);
    const where = hosts.length > 0 ? { hosts } : {};
    if (restored.length > 0) {
      this.#record(environment, 'recover-intended', { restore: restored, missing, ...where });
      const whole = state ?? newState(config.id);
      for (const place of concerned) await restoreAt(environment, place, values, whole);
    }
    const source = from ? 'recovery-file' : 'sealed';
    this.#record(environment, 'recovered', { restored, missing, ...where, from: source });
    return { restored, missing };
  }

  /** Keys that the environment should hold: those that it has a state for, that were rotated, or that it requires. */
  #expectedKeys(environment: Environment, state: EnvironmentState | null): KeyName[] {
    const { config } = environment;
    return keyRules(config.keys)
      .filter(
        ({ name, requiredInProduction }) =>
          state?.keys[name]?.fingerprint != null ||
          config.keys[name] !== undefined ||
          this.#dependencies.runs.latestRotation(config.id, name) !== null ||
          (requiredInProduction && config.stage === 'production'),
      )
      .map(({ name }) => name);
  }

  /** The candidate that is the key's current value: by fingerprint, or without a state by what the log says. */
  #current(
    environmentId: string,
    key: KeyName,
    state: EnvironmentState | null,
    candidates: readonly Candidate[],
  ): Secret | null {
    const own = candidates.filter((candidate) => candidate.key === key);
    const expected = state?.keys[key]?.fingerprint;
    if (state && expected != null) {
      return own.find(({ value }) => fingerprintIn(state, value) === expected)?.value ?? null;
    }
    const latest = this.#dependencies.runs.latestRotation(environmentId, key);
    const role = latest ? currentRole(latest) : 'new';
    const known = own.find(({ rotationId, role: of }) => rotationId === latest?.rotation_id && of === role);
    if (known) return known.value;
    // The newest rotation was not activated, or was given up: what the one before it left is current.
    if (latest && role === 'new') return null;
    if (latest) return newest(own.filter((one) => one.rotationId !== latest.rotation_id))?.value ?? null;
    // Another machine's recovery file and no state: only an unambiguous value is taken.
    const fresh = own.filter((candidate) => candidate.role === 'new');
    return fresh.length === 1 ? (fresh[0]?.value ?? null) : null;
  }

  async #fromSealed(environmentId: string, keys: readonly KeyName[]): Promise<Candidate[]> {
    const candidates: Candidate[] = [];
    for (const name of this.#dependencies.sealed.list(environmentId)) {
      if (!keys.includes(name.key)) continue;
      candidates.push({
        key: name.key,
        rotationId: name.rotationId,
        role: name.role,
        value: await this.#dependencies.sealed.open(name),
      });
    }
    return candidates;
  }

  async #fromFile(
    environment: Environment,
    from: { path: string; unlock: RecoveryUnlock },
  ): Promise<Candidate[]> {
    const content = await readRecoveryFile(from.path, from.unlock);
    if (content.environment.id !== environment.config.id) {
      throw new RekeyError('recovery-file-unreadable', {
        message: `The recovery file is of "${content.environment.name}", another environment.`,
        remedy: 'Give the environment for which it was made.',
      });
    }
    return content.values.map(({ key, rotationId, role, value }) => ({ key, rotationId, role, value }));
  }

  async #sealedOf(rotation: RotationRecord): Promise<RecoveryValue[]> {
    if (hasEnded(rotation) && rotation.state !== 'closed') return [];
    const values: RecoveryValue[] = [];
    for (const role of ['old', 'new'] as const) {
      const name = {
        environmentId: rotation.environment.id,
        key: rotation.key,
        rotationId: rotation.rotation_id,
        role,
      };
      if (!this.#dependencies.sealed.has(name)) continue;
      values.push({
        key: rotation.key,
        rotationId: rotation.rotation_id,
        role,
        fingerprint: role === 'old' ? rotation.old_fingerprint : rotation.new_fingerprint,
        value: await this.#dependencies.sealed.open(name),
      });
    }
    return values;
  }

  #record(environment: Environment, action: string, data: Record<string, unknown>): void {
    const { id, name, stage } = environment.config;
    this.#dependencies.log.append({
      event_type: 'recovery',
      action,
      environment: { id, name, stage },
      data,
    });
  }
}

function isAbsent({ snapshot }: Place, key: KeyName): boolean {
  return snapshot.values.get(key)?.isEmpty ?? true;
}

/** Gives one place those of the values that it lacks; a place whose state was lost too gets that of the others. */
async function restoreAt(
  environment: Environment,
  place: Place,
  values: ReadonlyMap<KeyName, Secret>,
  whole: EnvironmentState,
): Promise<void> {
  const { snapshot, host } = place;
  const own = new Map([...values].filter(([key]) => isAbsent(place, key)));
  const target = environment.fleet?.hosts.find(({ name }) => name === host)?.environment ?? environment;
  const after = recorded(snapshot.state ?? whole, own);
  await target.apply({ values: own, pending: {}, after }, snapshot.revision);
}

/** Ids are sortable by time. */
function newest(candidates: readonly Candidate[]): Candidate | null {
  const sorted = candidates
    .filter(({ role }) => role === 'new')
    .sort((a, b) => (a.rotationId < b.rotationId ? 1 : -1));
  return sorted[0] ?? null;
}

/** Which value of a rotation is the current one, as its events say. */
function currentRole(rotation: RotationRecord): 'old' | 'new' {
  if (rotation.rollback !== null) return rotation.steps_done.includes('roll-back') ? 'old' : 'new';
  return rotation.steps_done.includes('activate') ? 'new' : 'old';
}

/** A state that was lost with the file learns the fingerprints of what was restored; ages stay unrecorded. */
function recorded(state: EnvironmentState, values: ReadonlyMap<string, Secret>): EnvironmentState {
  let next = state;
  for (const [key, value] of values) {
    const before = keyState(next, key);
    next = withKeyState(next, key, {
      ...before,
      fingerprint: before.fingerprint ?? fingerprintIn(next, value),
      pending: null,
    });
  }
  return next;
}
