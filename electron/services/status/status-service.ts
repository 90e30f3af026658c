import type { EnvironmentReader, LockStatus, Snapshot } from '#electron/environments/environment.ts';
import { hostsThatDiffer } from '#electron/environments/fleet/fleet-snapshot.ts';
import { complianceScore, type KeyFacts, keyStatus } from '#shared/logic/key-status.ts';
import type { Clock } from '#shared/model/clock.ts';
import {
  type EnvironmentConfig,
  type EnvironmentState,
  emptyKeyState,
  type KeyState,
} from '#shared/model/environment.ts';
import { isRekeyError, type RekeyError } from '#shared/model/errors.ts';
import type { RiskException } from '#shared/model/exception.ts';
import type { Finding } from '#shared/model/finding.ts';
import type { Fingerprint, KeyRule } from '#shared/model/key.ts';
import { keyCatalog, keyRules } from '#shared/model/key-catalog.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { EnvironmentStatus, HostStatus, KeyStatusEntry, StatusReport } from '#shared/model/status.ts';
import { fingerprintsIn } from '../secrets/fingerprint.ts';
import { type HostLook, hostFindings, lookAtHosts, withDrift, worstOf } from './host-looks.ts';
import type { VerdictCache } from './verdict-cache.ts';

export interface StatusDependencies {
  clock: Clock;
  environments: { list(): readonly EnvironmentConfig[]; find(nameOrId: string): EnvironmentConfig };
  connect: (config: EnvironmentConfig) => EnvironmentReader | Promise<EnvironmentReader>;
  verdicts: VerdictCache;
  /** What logs say now. Asked once a report, after the environments were read. */
  recorded: () => Recorded;
}

/** What logs say of environments and their keys. */
export interface Recorded {
  /** The rotation of a key that is not finished, or null. */
  openRotation(environmentId: string, key: string): KeyFacts['rotation'];
  /** Whether a rotation is in this installation's log, or in one that was imported. */
  knowsRotation(rotationId: string): boolean;
  /** Risks of an environment that somebody accepts now. */
  acceptedRisks(environmentId: string): RiskException[];
}

/** For an installation without a log: whatever a state names counts as known. */
export const nothingRecorded: Recorded = {
  openRotation: () => null,
  knowsRotation: () => true,
  acceptedRisks: () => [],
};

/** How an environment stands, with what each key's status was drawn from. */
export interface EnvironmentReading {
  config: EnvironmentConfig;
  status: EnvironmentStatus;
  /** In the order of `status.keys`. */
  keys: { rule: KeyRule; state: KeyState; entry: KeyStatusEntry }[];
}

/** What was read of an environment. */
interface Look {
  config: EnvironmentConfig;
  snapshot: Snapshot;
  lock: LockStatus | null;
  /** Of a fleet: each host by itself; `snapshot` is all of them as one. */
  hosts?: readonly HostLook[];
}

interface Unreachable {
  config: EnvironmentConfig;
  error: RekeyError;
}

const catalogNames = new Set(keyCatalog.map(({ name }) => name));

/** Says how the keys of environments stand. Changes nothing but its own cache. */
export class StatusService {
  readonly #deps: StatusDependencies;

  constructor(dependencies: StatusDependencies) {
    this.#deps = dependencies;
  }

  /**
   * The environments with these ids or names, or all, in the order in which they were added. One that cannot be read
   * is reported as not reachable. Throws `environment-unknown`.
   */
  async report(
    namesOrIds: readonly string[] = [],
    options: { thorough?: boolean } = {},
  ): Promise<StatusReport> {
    const { environments } = this.#deps;
    const configs =
      namesOrIds.length === 0 ? environments.list() : namesOrIds.map((wanted) => environments.find(wanted));
    const readings = await this.#readings(configs, options.thorough ?? configs.length === 1);
    return { environments: readings.map(({ status }) => status) };
  }

  /** One environment. Throws `environment-unknown`. */
  async environment(nameOrId: string): Promise<EnvironmentStatus> {
    return (await this.reading(nameOrId)).status;
  }

  /**
   * One environment, with what is recorded of each key. `turn` is awaited before each key: judging a value for the
   * first time takes milliseconds, and others may have to answer meanwhile. Throws `environment-unknown`.
   */
  async reading(nameOrId: string, turn?: () => Promise<void>): Promise<EnvironmentReading> {
    const [reading] = await this.#readings([this.#deps.environments.find(nameOrId)], true, turn);
    return reading as EnvironmentReading;
  }

  async #readings(
    configs: readonly EnvironmentConfig[],
    thorough: boolean,
    turn?: () => Promise<void>,
  ): Promise<EnvironmentReading[]> {
    const looks = await Promise.all(configs.map((config) => this.#look(config, thorough)));
    // After reading: whatever a file shows of a rotation was in the log before.
    const recorded = looks.some((look) => 'snapshot' in look) ? this.#deps.recorded() : nothingRecorded;
    const readings = await Promise.all(
      looks.map((look) => ('snapshot' in look ? this.#read(look, recorded, turn) : unreachable(look))),
    );
    this.#deps.verdicts.save();
    return readings;
  }

  async #look(config: EnvironmentConfig, thorough: boolean): Promise<Look | Unreachable> {
    const environment = await this.#deps.connect(config);
    try {
      if (environment.hosts) return await lookAtHosts(config, environment.hosts, thorough);
      return { config, snapshot: await environment.read({ thorough }), lock: await environment.lockStatus() };
    } catch (error) {
      if (!isRekeyError(error)) throw error;
      return { config, error };
    } finally {
      await environment.close();
    }
  }

  async #read(look: Look, recorded: Recorded, turn?: () => Promise<void>): Promise<EnvironmentReading> {
    const { config, snapshot, lock } = look;
    const { id, name, stage } = config;
    const rules = keyRules(config.keys);
    const hosts: HostStatus[] | null = look.hosts ? [] : null;
    const answered = (look.hosts ?? []).flatMap((host) => ('snapshot' in host ? [host] : []));
    const differing = new Map(
      rules.map(({ name: key }) => [key, new Set(hostsThatDiffer(answered, key, snapshot.state))]),
    );
    for (const host of look.hosts ?? []) {
      const keys =
        'snapshot' in host ? await this.#keys(config, host.snapshot, snapshot.state, recorded, turn) : [];
      hosts?.push({
        host: host.host,
        reachable: 'snapshot' in host,
        keys: keys.map(({ rule, entry }) =>
          withDrift(entry, differing.get(rule.name)?.has(host.host) === true),
        ),
        problem: 'snapshot' in host ? null : host.error.message,
      });
    }
    const merged = await this.#keys(config, snapshot, snapshot.state, recorded, turn);
    const keys =
      hosts === null ? merged : merged.map((key) => ({ ...key, entry: worstOf(key.entry, hosts) }));
    const entries = keys.map(({ entry }) => entry);
    const risks = recorded.acceptedRisks(id);
    const status = {
      id,
      name,
      stage,
      reachable: true,
      compliance_score: complianceScore(entries),
      findings: [
        ...hostFindings(look.hosts ?? []),
        ...snapshot.findings,
        ...lockFindings(lock),
        ...vanishedKeys(rules, entries, snapshot),
      ],
      keys: entries,
      ...(hosts === null ? {} : { hosts }),
      ...(risks.length === 0 ? {} : { exceptions: risks }),
    };
    return { config, status, keys };
  }

  /** Each listed key as a snapshot has it, against what is recorded (of a fleet: by any of its hosts). */
  async #keys(
    config: EnvironmentConfig,
    { values }: Snapshot,
    records: EnvironmentState | null,
    recorded: Recorded,
    turn?: () => Promise<void>,
  ): Promise<EnvironmentReading['keys']> {
    const fingerprintOf = records ? fingerprintsIn(records) : () => null;
    const keys: EnvironmentReading['keys'] = [];
    for (const rule of keyRules(config.keys)) {
      const value = values.get(rule.name);
      if (!isListed(rule, config, value !== undefined)) continue;
      await turn?.();
      const state = records?.keys[rule.name] ?? emptyKeyState;
      const present = value ? await this.#present(rule, value, fingerprintOf(value)) : null;
      const facts: KeyFacts = {
        rule,
        state,
        present,
        rotation: recorded.openRotation(config.id, rule.name),
        rotationKnown: state.rotationId === null || recorded.knowsRotation(state.rotationId),
      };
      keys.push({ rule, state, entry: keyStatus(facts, this.#deps.clock.now()) });
    }
    return keys;
  }

  async #present(
    rule: KeyRule,
    value: Secret,
    fingerprint: Fingerprint | null,
  ): Promise<NonNullable<KeyFacts['present']>> {
    const check = value.isEmpty ? null : await this.#deps.verdicts.verdict(rule, value, fingerprint);
    return { fingerprint, empty: value.isEmpty, check };
  }
}

function unreachable({ config, error }: Unreachable): EnvironmentReading {
  const { id, name, stage } = config;
  const { code, message, remedy } = error;
  const finding: Finding = { code, severity: 'error', message, remedy };
  const status = { id, name, stage, reachable: false, compliance_score: 0, findings: [finding], keys: [] };
  return { config, status, keys: [] };
}

/** Catalog keys that are present, those that the stage requires, and custom keys. */
export function isListed(rule: KeyRule, config: EnvironmentConfig, present: boolean): boolean {
  return present || isRequired(rule, config) || !catalogNames.has(rule.name);
}

export function isRequired(rule: KeyRule, { stage }: EnvironmentConfig): boolean {
  return stage === 'production' && rule.requiredInProduction;
}

/** Keys that were here once and are neither present nor required any longer: perhaps on purpose. */
function vanishedKeys(
  rules: readonly KeyRule[],
  listed: readonly KeyStatusEntry[],
  { state }: Snapshot,
): Finding[] {
  const names = new Set(listed.map(({ key }) => key));
  return rules
    .filter(({ name }) => !names.has(name) && (state?.keys[name]?.fingerprint ?? null) !== null)
    .map(({ name }) => ({
      code: 'key-vanished',
      severity: 'warning',
      key: name,
      message: `${name} was recorded here and is no longer in the environment.`,
      remedy:
        'If it was lost, restore it with "rekey recover". If it is no longer used, nothing is to be done.',
    }));
}

function lockFindings(lock: LockStatus | null): Finding[] {
  if (lock === null) return [];
  const { operator, host, at, runId } = lock.lock;
  const left = lock.owner === 'dead';
  return [
    {
      code: left ? 'lock-left' : 'locked',
      severity: left ? 'warning' : 'info',
      message: left
        ? `A run of ${operator} was interrupted and left the environment locked since ${at}.`
        : `${operator} on ${host} has locked the environment since ${at}.`,
      remedy: left
        ? `Resume the run ("rekey run resume ${runId}"), or unlock the environment with a reason.`
        : 'Wait until that run has finished.',
    },
  ];
}
