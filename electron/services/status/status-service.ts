import type { ConnectEnvironment } from '#electron/environments/connect.ts';
import type { LockStatus, Snapshot } from '#electron/environments/environment.ts';
import { complianceScore, type KeyFacts, keyStatus } from '#shared/logic/key-status.ts';
import type { Clock } from '#shared/model/clock.ts';
import { type EnvironmentConfig, emptyKeyState, type KeyState } from '#shared/model/environment.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { RiskException } from '#shared/model/exception.ts';
import type { Finding } from '#shared/model/finding.ts';
import type { KeyRule } from '#shared/model/key.ts';
import { keyCatalog, keyRules } from '#shared/model/key-catalog.ts';
import type { EnvironmentStatus, KeyStatusEntry, StatusReport } from '#shared/model/status.ts';
import { fingerprintIn } from '../secrets/fingerprint.ts';
import type { VerdictCache } from './verdict-cache.ts';

export interface StatusDependencies {
  clock: Clock;
  environments: { list(): readonly EnvironmentConfig[]; find(nameOrId: string): EnvironmentConfig };
  connect: ConnectEnvironment;
  verdicts: VerdictCache;
  /** The rotation of a key that is not finished, or null. */
  openRotation: (environmentId: string, key: string) => KeyFacts['rotation'];
  /** Risks of an environment that somebody accepts now. Default: none. */
  acceptedRisks?: (environmentId: string) => RiskException[];
  /** Whether a rotation is in this installation's log. Default: every one is. */
  knowsRotation?: (rotationId: string) => boolean;
}

/** How an environment stands, with what each key's status was drawn from. */
export interface EnvironmentReading {
  config: EnvironmentConfig;
  status: EnvironmentStatus;
  /** In the order of `status.keys`. */
  keys: { rule: KeyRule; state: KeyState; entry: KeyStatusEntry }[];
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
    const { environments, verdicts } = this.#deps;
    const configs =
      namesOrIds.length === 0 ? environments.list() : namesOrIds.map((wanted) => environments.find(wanted));
    const thorough = options.thorough ?? configs.length === 1;
    const readings = await Promise.all(configs.map((config) => this.#read(config, thorough)));
    verdicts.save();
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
    const reading = await this.#read(this.#deps.environments.find(nameOrId), true, turn);
    this.#deps.verdicts.save();
    return reading;
  }

  async #read(
    config: EnvironmentConfig,
    thorough: boolean,
    turn?: () => Promise<void>,
  ): Promise<EnvironmentReading> {
    const { id, name, stage } = config;
    const environment = this.#deps.connect(config);
    const risks = this.#deps.acceptedRisks?.(id) ?? [];
    const accepted = risks.length === 0 ? {} : { exceptions: risks };
    let snapshot: Snapshot;
    let lock: LockStatus | null;
    try {
      snapshot = await environment.read({ thorough });
      lock = await environment.lockStatus();
    } catch (error) {
      if (!isRekeyError(error)) throw error;
      const { code, message, remedy } = error;
      const finding: Finding = { code, severity: 'error', message, remedy };
      const unread = {
        id,
        name,
        stage,
        reachable: false,
        compliance_score: 0,
        findings: [finding],
        keys: [],
      };
      return { config, status: unread, keys: [] };
    }
    const rules = keyRules(config.keys);
    const keys: EnvironmentReading['keys'] = [];
    for (const rule of rules) {
      if (!isListed(rule, config, snapshot.values.has(rule.name))) continue;
      await turn?.();
      const state = snapshot.state?.keys[rule.name] ?? emptyKeyState;
      keys.push({ rule, state, entry: await this.#keyStatus(config, rule, snapshot) });
    }
    const entries = keys.map(({ entry }) => entry);
    const status = {
      id,
      name,
      stage,
      reachable: true,
      compliance_score: complianceScore(entries),
      findings: [...snapshot.findings, ...lockFindings(lock), ...vanishedKeys(rules, entries, snapshot)],
      keys: entries,
      ...accepted,
    };
    return { config, status, keys };
  }

  async #keyStatus(
    config: EnvironmentConfig,
    rule: KeyRule,
    { values, state }: Snapshot,
  ): Promise<KeyStatusEntry> {
    const { clock, verdicts, openRotation, knowsRotation } = this.#deps;
    const known = state?.keys[rule.name] ?? emptyKeyState;
    const value = values.get(rule.name);
    const fingerprint = value && state ? fingerprintIn(state, value) : null;
    return keyStatus(
      {
        rule,
        state: known,
        present: value
          ? {
              fingerprint,
              empty: value.isEmpty,
              check: value.isEmpty ? null : await verdicts.verdict(rule, value, fingerprint),
            }
          : null,
        rotation: openRotation(config.id, rule.name),
        rotationKnown: known.rotationId === null || (knowsRotation?.(known.rotationId) ?? true),
      },
      clock.now(),
    );
  }
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
