import type { Snapshot } from '#electron/environments/environment.ts';
import { newState } from '#electron/environments/state-file.ts';
import { consequencesOf, type FleetSize } from '#shared/logic/rotation-consequences.ts';
import { durationMilliseconds } from '#shared/model/duration.ts';
import type { CommandKind, EnvironmentConfig } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { isDue, type KeyName, type KeyRule } from '#shared/model/key.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { RotationPlan, RotationRecord } from '#shared/model/rotation.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';
import { fingerprintIn } from '../secrets/fingerprint.ts';
import { environmentWithout, type Place, readPlaces, snapshotOf } from './places.ts';
import type { RotationDependencies } from './rotation-dependencies.ts';
import type { RotationRequest } from './rotation-service.ts';

/** The commands that an environment has configured. */
export function configuredCommands(config: EnvironmentConfig): ReadonlySet<CommandKind> {
  return new Set(
    (Object.keys(config.commands) as CommandKind[]).filter((kind) => config.commands[kind] !== undefined),
  );
}

/** The rule of a key in an environment. Throws `key-unknown`. */
export function ruleOf(config: EnvironmentConfig, key: KeyName): KeyRule {
  const rule = keyRules(config.keys).find(({ name }) => name === key);
  if (rule) return rule;
  throw new RekeyError('key-unknown', {
    message: `${key} is neither in the catalog nor configured for "${config.name}".`,
    remedy: `Check the name, or configure it: rekey env set "${config.name}".`,
    details: { key },
  });
}

/** From a request to plans: what would be done with each key, and what that means. Changes nothing. */
export class RotationPlanner {
  readonly #dependencies: RotationDependencies;

  constructor(dependencies: RotationDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * One plan a key, signing keys first. Throws `key-unknown`, `drill-refused`, `not-due`, `previous-occupied`,
   * `run-open`, and whatever reading the environment throws. An emergency takes any key in any condition.
   * @param seen - what the environment's places hold, where they were read a moment ago
   */
  async plan(request: RotationRequest, seen?: readonly Place[]): Promise<RotationPlan[]> {
    const config = this.#dependencies.environments.config(request.environmentId);
    refuseDrill(config, request);
    if (request.keys.length === 0) {
      throw new RekeyError('usage', { message: 'No key was named.', remedy: 'Name the keys to rotate.' });
    }
    const rules = [...new Set(request.keys)].map((key) => ruleOf(config, key));
    const environment = environmentWithout(
      this.#dependencies.environments.open(request.environmentId),
      request.exclude ?? [],
    );
    const snapshot = snapshotOf(seen ?? (await readPlaces(environment)), config);
    if (!request.force && request.mode === 'planned') {
      refuseNotDue(await this.#dependencies.status(request.environmentId), request.keys);
    }
    for (const rule of rules) this.#refuseOccupied(config, rule, snapshot, request);
    const fleet = environment.fleet
      ? { hosts: environment.fleet.hosts.length, waves: environment.fleet.waves.length }
      : null;
    return rules.sort(signingFirst).map((rule) => this.#planOne(config, rule, snapshot, request, fleet));
  }

  /** The keys that an unforced rotation takes, in the status's order. */
  async dueKeys(environmentId: string): Promise<KeyName[]> {
    const status = await this.#dependencies.status(environmentId);
    return status.keys.filter((entry) => isDue(entry.status)).map(({ key }) => key);
  }

  /** Every key that the environment lists. */
  async allKeys(environmentId: string): Promise<KeyName[]> {
    return (await this.#dependencies.status(environmentId)).keys.map(({ key }) => key);
  }

  #planOne(
    config: EnvironmentConfig,
    rule: KeyRule,
    snapshot: Snapshot,
    request: RotationRequest,
    fleet: FleetSize | null,
  ): RotationPlan {
    // Without a state nobody knows this environment yet: a passing one serves to look at what would be done.
    const state = snapshot.state ?? newState(config.id);
    const value = snapshot.values.get(rule.name);
    const keyState = state.keys[rule.name] ?? null;
    const plan: Omit<RotationPlan, 'consequences'> = {
      rotation_id: this.#dependencies.newId(),
      key: rule.name,
      environment: { id: config.id, name: config.name, stage: config.stage },
      protects: rule.protects,
      slots: rule.slots,
      mode: request.mode,
      reason: request.reason,
      requester: this.#dependencies.operator(),
      issuer: rule.issuer,
      variables: rule.variables,
      soak_ms: soakOf(config, rule, request),
      revision: snapshot.revision,
      // An empty value is no value: there is nothing that anything could be signed or encrypted with.
      old_fingerprint: value && !value.isEmpty ? fingerprintIn(state, value) : null,
      old_compromised: request.mode === 'emergency' || (keyState?.compromised ?? null) !== null,
      old_state: keyState,
      cryptoperiod_days: rule.cryptoperiodDays,
    };
    return { ...plan, consequences: consequencesOf(plan, configuredCommands(config), fleet) };
  }

  #refuseOccupied(
    config: EnvironmentConfig,
    rule: KeyRule,
    snapshot: Snapshot,
    request: RotationRequest,
  ): void {
    const open = this.#dependencies.runs.openRotation(config.id, rule.name);
    if (open) throw occupiedBy(open);
    const previous = snapshot.values.get(rule.variables.previous);
    if (rule.slots === 'one' || !previous || previous.isEmpty) return;
    if (request.mode === 'emergency' && rule.protects === 'messages') return;
    throw new RekeyError('previous-occupied', {
      message: `${rule.variables.previous} holds a value, and no rotation of this installation put it there.`,
      remedy:
        rule.protects === 'data'
          ? `Finish its re-encryption where it was begun, remove ${rule.variables.previous} from the file, then plan again.`
          : `Find out who still needs it. When nobody does, remove ${rule.variables.previous} from the file, then plan again.`,
      details: { key: rule.name },
    });
  }
}

function refuseDrill(config: EnvironmentConfig, request: RotationRequest): void {
  if (!request.drill || config.practice) return;
  throw new RekeyError('drill-refused', {
    message: `A drill does real effects, and "${config.name}" is not a practice environment.`,
    remedy: 'Start the practice environment and drill there.',
  });
}

function refuseNotDue(status: EnvironmentStatus, keys: readonly KeyName[]): void {
  const statusOf = (key: KeyName) => status.keys.find((entry) => entry.key === key)?.status;
  const absent = keys.filter((key) => statusOf(key) === undefined);
  if (absent.length > 0) {
    throw new RekeyError('key-absent', {
      message: `${absent.join(', ')} ${absent.length === 1 ? 'has' : 'have'} no value in "${status.name}", and nothing there requires one.`,
      remedy: 'Check the name. To give the environment a first value all the same, use --force.',
      details: { keys: absent.join(',') },
    });
  }
  const notDue = keys.filter((key) => {
    const found = statusOf(key);
    return found !== undefined && !isDue(found);
  });
  if (notDue.length === 0) return;
  throw new RekeyError('not-due', {
    message: `${notDue.join(', ')} ${notDue.length === 1 ? 'is' : 'are'} not due.`,
    remedy: 'Rotate all the same with --force, or wait until the key is due.',
    details: { keys: notDue.join(',') },
  });
}

/** The refusal that an open rotation of the same key is. */
export function occupiedBy(open: RotationRecord): RekeyError {
  const overlap = open.steps_done.includes('activate') && open.plan.slots !== 'one';
  return new RekeyError(overlap ? 'previous-occupied' : 'run-open', {
    message: overlap
      ? `${open.plan.variables.previous} is occupied: the rotation of ${open.key} in run ${open.run_id} is ${open.state}.`
      : `A rotation of ${open.key} is under way: run ${open.run_id}, ${open.state}.`,
    remedy: overlap
      ? `Finish that run first ("rekey run advance ${open.run_id}"), or roll it back.`
      : `Go on with "rekey run resume ${open.run_id}", or give it up with "rekey run abort ${open.run_id}".`,
    details: { key: open.key, run_id: open.run_id, state: open.state },
  });
}

/**
 * A soak is about what the old value signed. Data needs none (its overlap lasts until re-encryption is proven),
 * unless the operator configured one; and what is urgent waits for nothing.
 */
function soakOf(config: EnvironmentConfig, rule: KeyRule, request: RotationRequest): number {
  const configured = config.keys[rule.name]?.soak !== undefined;
  if (rule.slots === 'one') return 0;
  if (request.mode === 'emergency') return 0;
  if (rule.protects === 'data' && !configured) return 0;
  return durationMilliseconds(rule.soak);
}

function signingFirst(a: KeyRule, b: KeyRule): number {
  return (a.protects === 'data' ? 1 : 0) - (b.protects === 'data' ? 1 : 0);
}
