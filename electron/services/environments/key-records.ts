import type { ConnectEnvironment } from '#electron/environments/connect.ts';
import type { Environment, Snapshot } from '#electron/environments/environment.ts';
import { answeringHosts } from '#electron/environments/fleet/answering-hosts.ts';
import { newState } from '#electron/environments/state-file.ts';
import { dueAt } from '#shared/logic/key-status.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import {
  type EnvironmentConfig,
  type EnvironmentState,
  emptyKeyState,
  type KeyState,
} from '#shared/model/environment.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { EventDraft } from '#shared/model/event.ts';
import type { KeyName, KeyRule } from '#shared/model/key.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { EventLog } from '../events/event-log.ts';
import { fingerprintIn } from '../secrets/fingerprint.ts';

export interface KeyRecordDependencies {
  clock: Clock;
  log: Pick<EventLog, 'append'>;
  connect: ConnectEnvironment;
  operator: () => string;
  openRotation: (environmentId: string, key: string) => object | null;
}

/** How often a record is written again when the environment changed meanwhile. */
const attempts = 5;

/**
 * What people know about a key and Rekey cannot see, written into the state that all operators share. Each is
 * announced in the log before it is written and confirmed after.
 */
export class KeyRecords {
  readonly #deps: KeyRecordDependencies;

  constructor(dependencies: KeyRecordDependencies) {
    this.#deps = dependencies;
  }

  /**
   * Records when the present value was put in place (`date`: YYYY-MM-DD). It becomes the recorded value, so that a
   * change outside Rekey is noticed from now on. Throws `key-absent`, `invalid-input` for a date to come, `run-open`
   * while a rotation of the key is under way.
   */
  async baseline(config: EnvironmentConfig, key: KeyName, date: string, reason: string): Promise<void> {
    const rule = ruleOf(config, key);
    if (Date.parse(`${date}T00:00:00.000Z`) > this.#deps.clock.now().getTime()) {
      throw new RekeyError('invalid-input', {
        message: `${date} is in the future.`,
        remedy: 'Give the day on which the key was last rotated.',
      });
    }
    if (this.#deps.openRotation(config.id, key)) {
      throw new RekeyError('run-open', {
        message: `A rotation of ${key} is under way.`,
        remedy: 'Finish or abort that run first.',
      });
    }
    const by = this.#deps.operator();
    const next = (before: KeyState, snapshot: Snapshot, state: EnvironmentState): KeyState => {
      const value = snapshot.values.get(key);
      if (!value || value.isEmpty) throw absent(key);
      return {
        ...before,
        fingerprint: fingerprintIn(state, value),
        activatedAt: null,
        rotationId: null,
        baseline: { date, reason, by },
      };
    };
    await this.#record(config, rule, next, {
      intended: 'baseline-intended',
      done: 'baseline-recorded',
      reason,
      data: { date },
    });
  }

  /**
   * Someone else may know the value. Marking it again replaces the reason and keeps the time. Of a fleet, the hosts that
   * answer are told: a host that does not is no reason to wait, and does not outvote them when it is back.
   */
  async markCompromised(config: EnvironmentConfig, key: KeyName, reason: string): Promise<void> {
    const at = timestamp(this.#deps.clock);
    const next = (before: KeyState): KeyState => ({
      ...before,
      compromised: { at: before.compromised?.at ?? at, reason },
    });
    await this.#record(config, ruleOf(config, key), next, {
      intended: 'mark-compromised-intended',
      done: 'marked-compromised',
      reason,
      data: null,
      whoAnswers: true,
    });
  }

  /** It turned out that nobody else knows it. Throws `illegal-move` when it is not marked. */
  async clearCompromised(config: EnvironmentConfig, key: KeyName, reason: string): Promise<void> {
    const next = (before: KeyState): KeyState => {
      if (before.compromised) return { ...before, compromised: null };
      throw new RekeyError('illegal-move', {
        message: `${key} is not marked as compromised.`,
        remedy: 'Nothing needs to be done.',
      });
    };
    await this.#record(config, ruleOf(config, key), next, {
      intended: 'clear-compromised-intended',
      done: 'cleared-compromised',
      reason,
      data: null,
    });
  }

  async #record(
    config: EnvironmentConfig,
    rule: KeyRule,
    next: (before: KeyState, snapshot: Snapshot, state: EnvironmentState) => KeyState,
    event: {
      intended: string;
      done: string;
      reason: string;
      data: Record<string, unknown> | null;
      /** Whether hosts that do not answer are left out. */
      whoAnswers?: boolean;
    },
  ): Promise<void> {
    const whole = this.#deps.connect(config);
    const { environment, silent } = event.whoAnswers
      ? await answeringHosts(whole)
      : { environment: whole, silent: [] };
    // Everything that can be refused is refused before the log is told.
    const first = await environment.read({ thorough: false });
    const fresh = newState(config.id);
    const stateOf = (snapshot: Snapshot) => snapshot.state ?? fresh;
    next(first.state?.keys[rule.name] ?? emptyKeyState, first, stateOf(first));

    const { id, name, stage } = config;
    const draft: Omit<EventDraft, 'action'> = {
      event_type: 'key',
      key_type: rule.name,
      reason: event.reason,
      environment: { id, name, stage },
      by: { user_id: this.#deps.operator(), source: 'declared' },
      data: silent.length === 0 ? event.data : { ...event.data, hosts_not_told: silent },
    };
    this.#deps.log.append({ ...draft, action: event.intended });
    const after = await this.#write(environment, rule.name, next, stateOf);
    this.#deps.log.append({
      ...draft,
      action: event.done,
      ...(after.compromised ? { compliance_status: 'non_compliant' } : {}),
      next_rotation_due: dueAt(after, rule)?.toISOString() ?? null,
    });
  }

  async #write(
    environment: Environment,
    key: KeyName,
    next: (before: KeyState, snapshot: Snapshot, state: EnvironmentState) => KeyState,
    stateOf: (snapshot: Snapshot) => EnvironmentState,
  ): Promise<KeyState> {
    for (let attempt = 1; ; attempt++) {
      const snapshot = await environment.read({ thorough: false });
      const state = stateOf(snapshot);
      const after = next(state.keys[key] ?? emptyKeyState, snapshot, state);
      try {
        const keys = { ...state.keys, [key]: after };
        await environment.apply(
          { values: new Map(), pending: {}, after: { ...state, keys } },
          snapshot.revision,
        );
        return after;
      } catch (error) {
        if (!isRekeyError(error, 'conflict') || attempt >= attempts) throw error;
      }
    }
  }
}

/** Throws `key-unknown` for a name that is neither in the catalog nor configured for this environment. */
export function ruleOf(config: EnvironmentConfig, key: KeyName): KeyRule {
  const rules = keyRules(config.keys);
  const rule = rules.find(({ name }) => name === key);
  if (rule) return rule;
  throw new RekeyError('key-unknown', {
    message: `"${config.name}" has no key ${key}.`,
    remedy: `Known are: ${rules.map(({ name }) => name).join(', ')}. Add a key of your own with "rekey env set".`,
  });
}

function absent(key: KeyName): RekeyError {
  return new RekeyError('key-absent', {
    message: `${key} is not set in the environment, so there is nothing to record a baseline for.`,
    remedy: 'Rotate the key: that sets it.',
  });
}
