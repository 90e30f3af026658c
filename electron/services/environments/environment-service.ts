import { resolve } from 'node:path';
import type { ConnectEnvironment } from '#electron/environments/connect.ts';
import { type Environment, singleChange } from '#electron/environments/environment.ts';
import { answeringHosts } from '#electron/environments/fleet/answering-hosts.ts';
import { newState } from '#electron/environments/state-file.ts';
import type { EnvironmentDetail, EnvironmentPreview } from '#shared/ipc/contract.ts';
import type { CheckValue } from '#shared/logic/validator/check-value.ts';
import { validateStartup } from '#shared/logic/validator/startup-validation.ts';
import type { Clock } from '#shared/model/clock.ts';
import type {
  EnvironmentConfig,
  EnvironmentPatch,
  Parser,
  SshConnector,
  SshCredential,
} from '#shared/model/environment.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { EventDraft } from '#shared/model/event.ts';
import type { HostKeyFinding } from '#shared/model/host-key.ts';
import type { KeyName } from '#shared/model/key.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { CredentialKind } from '#shared/model/keychain.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { EnvironmentStatus, ValidationReport } from '#shared/model/status.ts';
import type { EventLog } from '../events/event-log.ts';
import type { CredentialStore } from '../keychain/credential-store.ts';
import { environmentWithout } from '../rotation/places.ts';
import type { WithoutSecrets } from '../secrets/environment-redactor.ts';
import { patchedEnvironment } from '../settings/environment-patch.ts';
import type { EnvironmentStore } from '../settings/environment-store.ts';
import { type ConnectionCheck, testConnection } from './connection-test.ts';
import {
  draftConfig,
  type NewEnvironment,
  referenceTo,
  refusalBecauseOf,
  validConfig,
  withCredentials,
} from './environment-configuration.ts';
import { EnvironmentCredentials } from './environment-credentials.ts';
import { environmentDetail } from './environment-detail.ts';
import { placesOf, requireOneFleet, requireSameIdentity } from './environment-identity.ts';
import { previewEnvironment } from './environment-preview.ts';
import { bringHostUpToDate, commandOnHost, type HostDifference } from './host-catch-up.ts';
import type { HostKeyOptions } from './host-keys.ts';
import { KeyRecords } from './key-records.ts';

export interface EnvironmentServiceDependencies {
  clock: Clock;
  log: Pick<EventLog, 'append'>;
  store: EnvironmentStore;
  connect: ConnectEnvironment;
  /** Opened only when a credential is needed. */
  credentials: () => Promise<CredentialStore> | CredentialStore;
  check: CheckValue;
  /** The e-mail of who acts. Throws `operator-unknown`. */
  operator: () => string;
  openRotation: (environmentId: string, key: string) => object | null;
  /** Runs of the environment that are not finished. */
  openRuns: (environmentId: string) => readonly { run_id: string }[];
  status: (environmentId: string) => Promise<EnvironmentStatus>;
  /** Throws for a host whose key nobody has compared. */
  /** Whether the log knows a run, and its end. */
  isOver: (runId: string) => boolean;
  lookAtHosts: (addresses: readonly string[]) => Promise<HostKeyFinding[]>;
  requireKnownHosts: (
    connector: SshConnector,
    environmentId: string,
    given: Pick<HostKeyOptions, 'expected' | 'confirm'>,
  ) => Promise<void>;
  /** For reasons: they are kept in the log and in the state that all operators share. */
  withoutSecrets: WithoutSecrets;
}

/** The environments of this installation: adding, changing, asking and recording. Every change is an event, those of the configuration by the store. */
export class EnvironmentService {
  readonly #deps: EnvironmentServiceDependencies;
  readonly #records: KeyRecords;
  readonly #credentials: EnvironmentCredentials;

  constructor(dependencies: EnvironmentServiceDependencies) {
    this.#deps = dependencies;
    this.#records = new KeyRecords(dependencies);
    this.#credentials = new EnvironmentCredentials({
      ...dependencies,
      append: (config, action, kind) => this.#append(config, action, { kind }, 'access'),
    });
  }

  list(): readonly EnvironmentConfig[] {
    return this.#deps.store.list();
  }

  /** By id, or by name without regard to case. Throws `environment-unknown`. */
  find(nameOrId: string): EnvironmentConfig {
    return this.#deps.store.find(nameOrId);
  }

  /** The same, under the name that rotations use. */
  config(environmentId: string): EnvironmentConfig {
    return this.find(environmentId);
  }

  open(environmentId: string): Environment {
    return this.#deps.connect(this.find(environmentId));
  }

  /** What a file holds, before it is added. Throws what reading throws. */
  async preview(path: string, parser: Parser): Promise<EnvironmentPreview> {
    const config = draftConfig({ name: 'preview', stage: 'development', path, parser });
    return previewEnvironment(config, this.#deps.connect);
  }

  /**
   * Adds an environment. A file that has a state beside it keeps the identity that the state says (`adopted`);
   * otherwise the state is created, so that a second installation will find it. `secrets` are what ssh and sudo ask
   * for; they stay in the keychain if the environment is added, and not otherwise. Throws what reading throws,
   * `environment-exists` and `configuration-invalid`.
   */
  async add(
    given: NewEnvironment,
    hostKeys: Pick<HostKeyOptions, 'expected' | 'confirm'> = { expected: [], confirm: null },
    secrets: ReadonlyMap<SshCredential, Secret> = new Map(),
  ): Promise<{ config: EnvironmentConfig; adopted: boolean }> {
    const draft = withCredentials(draftConfig(given), [...secrets.keys()]);
    this.#requireFree(draft, false);
    // Under the id that it has until its state says another: the connection asks for them there.
    await this.#credentials.keep(draft, secrets);
    const stored = [draft];
    const environment = this.#deps.connect(draft);
    let kept: string | null = null;
    try {
      if (draft.connector.kind === 'ssh') {
        await this.#deps.requireKnownHosts(draft.connector, draft.id, hostKeys);
      }
      const snapshot = await environment.read({ thorough: false });
      await requireOneFleet(environment);
      const config = snapshot.state ? { ...draft, id: snapshot.state.environmentId } : draft;
      const adopted = snapshot.state !== null;
      this.#requireFree(config, false);
      if (config.id !== draft.id) {
        // Before it is added: an environment whose credentials cannot be stored would ask for them in vain.
        await this.#credentials.keep(config, secrets);
        stored.push(config);
      }
      this.#deps.store.add(config, { adopted });
      kept = config.id;
      if (!adopted || environment.fleet) await this.#createState(config);
      return { config, adopted };
    } finally {
      for (const one of stored) {
        if (one.id !== kept) await this.#credentials.forget(one, [...secrets.keys()]);
      }
      await environment.close();
    }
  }

  /** The keys of hosts that are to be added, for a person to compare. Changes nothing. */
  lookAtHosts(addresses: readonly string[]): Promise<HostKeyFinding[]> {
    return this.#deps.lookAtHosts(addresses);
  }

  /**
   * Throws `environment-unknown`, `environment-exists` and `configuration-invalid`; of other hosts also what keeps one
   * from being used, such as `host-key-unknown`.
   */
  async update(
    environmentId: string,
    patch: EnvironmentPatch,
    hostKeys: Pick<HostKeyOptions, 'expected' | 'confirm'> = { expected: [], confirm: null },
  ): Promise<EnvironmentConfig> {
    const before = this.find(environmentId);
    const resolved = patch.path === undefined ? patch : { ...patch, path: resolve(patch.path) };
    const after = validConfig(patchedEnvironment(before, resolved));
    const isMoved = placesOf(after.connector) !== placesOf(before.connector);
    if (isMoved) {
      if (after.connector.kind === 'ssh') {
        await this.#deps.requireKnownHosts(after.connector, after.id, hostKeys);
        await requireOneFleet(this.#deps.connect(after));
      }
      await requireSameIdentity(this.#deps.connect(after));
    }
    this.#requireFree(after, true);
    this.#deps.store.replace(before, after);
    // A host that is new to the fleet gets the records of the others.
    if (isMoved && after.connector.kind === 'ssh') await this.#createState(after);
    return after;
  }

  /** Forgets an environment. Its files stay as they are. Throws `run-open` while a run of it is not finished. */
  async remove(environmentId: string): Promise<void> {
    const config = this.find(environmentId);
    const [open] = this.#deps.openRuns(config.id);
    if (open) {
      throw new RekeyError('run-open', {
        message: `Run ${open.run_id} of "${config.name}" is not finished.`,
        remedy: 'Finish or abort that run first.',
        details: { run_id: open.run_id },
      });
    }
    this.#deps.store.remove(config.id, { keys: await this.#keysOf(config) });
  }

  /** Which keys are there, so that reports can name them when nobody reads the file any more; null: not readable. */
  async #keysOf({ id }: EnvironmentConfig): Promise<KeyName[] | null> {
    const { reachable, keys } = await this.#deps.status(id);
    return reachable ? keys.map(({ key }) => key) : null;
  }

  async baseline(environmentId: string, key: KeyName, date: string, reason: string): Promise<void> {
    const config = this.find(environmentId);
    await this.#records.baseline(config, key, date, await this.#deps.withoutSecrets(config.id, reason));
  }

  async markCompromised(environmentId: string, key: KeyName, reason: string): Promise<void> {
    const config = this.find(environmentId);
    await this.#records.markCompromised(config, key, await this.#deps.withoutSecrets(config.id, reason));
  }

  async clearCompromised(environmentId: string, key: KeyName, reason: string): Promise<void> {
    const config = this.find(environmentId);
    await this.#records.clearCompromised(config, key, await this.#deps.withoutSecrets(config.id, reason));
  }

  /** Stores a credential in the keychain; a health credential is used from then on. */
  async setCredential(environmentId: string, kind: CredentialKind, value: Secret): Promise<void> {
    await this.#credentials.set(this.find(environmentId), kind, value);
  }

  async removeCredential(environmentId: string, kind: CredentialKind): Promise<void> {
    await this.#credentials.remove(this.find(environmentId), kind);
  }

  /** Takes the environment's lock away from whoever holds it. Throws `environment-not-locked`. */
  async unlock(environmentId: string, why: string): Promise<void> {
    const config = this.find(environmentId);
    const reason = await this.#deps.withoutSecrets(config.id, why);
    const environment = this.#deps.connect(config);
    const status = await environment.lockStatus();
    if (!status) {
      throw new RekeyError('environment-not-locked', {
        message: `"${config.name}" is not locked.`,
        remedy: 'Nothing needs to be done.',
      });
    }
    const { runId, operator, host, at } = status.lock;
    const data = { run_id: runId, operator, host, at, owner: status.owner };
    this.#append(config, 'unlock-intended', data, 'environment', reason);
    await environment.breakLock();
    this.#append(config, 'unlocked', data, 'environment', reason);
  }

  /**
   * Brings a host of a fleet to what the others hold, then restarts and verifies its service where commands are
   * configured. Throws what `bringHostUpToDate` throws; `command-failed` once the file of the host was changed.
   */
  async catchUp(
    environmentId: string,
    host: string,
    why: string,
  ): Promise<HostDifference & { restarted: boolean }> {
    const config = this.find(environmentId);
    const [open] = this.#deps.openRuns(config.id);
    if (open) {
      throw new RekeyError('run-open', {
        message: `Run ${open.run_id} of "${config.name}" is not finished.`,
        remedy: 'Finish it first: what is right on all hosts is not settled yet.',
        details: { run_id: open.run_id },
      });
    }
    const reason = await this.#deps.withoutSecrets(config.id, why);
    const owner = { runId: singleChange, operator: this.#deps.operator(), isOver: this.#deps.isOver };
    this.#append(config, 'host-catch-up-intended', { host }, 'environment', reason);
    const environment = this.#deps.connect(config);
    const done = await bringHostUpToDate(environment, host, owner);
    const changed = done.set.length + done.remove.length > 0;
    for (const kind of ['restart', 'verify'] as const) {
      if (!changed || config.commands[kind] === undefined) continue;
      const { outcome, reason: problem } = await commandOnHost(environment, host, kind);
      if (outcome !== 'ok') {
        throw new RekeyError('command-failed', {
          message: `${host} holds the right values now, but its ${kind} command did not succeed: ${problem ?? outcome}`,
          unchanged: 'The file of the host was changed; its service may still use the old values.',
          remedy: 'Restart the service there, and look at its status.',
          details: { host },
        });
      }
    }
    const result = { ...done, restarted: changed && config.commands.restart !== undefined };
    this.#append(config, 'host-caught-up', { host, ...result }, 'environment', reason);
    return result;
  }

  /** Tests what a rotation needs of the environment, of a fleet without the named hosts; changes nothing. */
  async test(
    environmentId: string,
    signal?: AbortSignal,
    without: readonly string[] = [],
  ): Promise<ConnectionCheck[]> {
    const config = this.find(environmentId);
    const hasCredential = async (name: string) => (await (await this.#deps.credentials()).get(name)) !== null;
    const checks = await testConnection(
      environmentWithout(this.#deps.connect(config), without),
      this.#deps.clock,
      this.#deps.operator(),
      hasCredential,
      signal,
    );
    const outcomes = Object.fromEntries(checks.map(({ id, outcome }) => [id, outcome]));
    this.#append(config, 'connection-tested', outcomes, 'health_check');
    return checks;
  }

  /** Startup validation of what is in the environment now, as an event. Throws what reading throws. */
  async validate(environmentId: string): Promise<ValidationReport> {
    const config = this.find(environmentId);
    const { environment, silent } = await answeringHosts(this.#deps.connect(config));
    const { values } = await environment.read({ thorough: false });
    const found = await validateStartup(config.stage, keyRules(config.keys), values, this.#deps.check);
    const report = { ...found, warnings: [...found.warnings, ...silent.map(notValidated)] };
    const codes = (list: ValidationReport['errors']) => list.map(({ key, code }) => ({ key, code }));
    this.#append(
      config,
      'validated',
      { valid: report.valid, errors: codes(report.errors), warnings: codes(report.warnings) },
      'validation',
    );
    return report;
  }

  /** Everything that the environment's screen shows; what cannot be read is in `error`. */
  async detail(environmentId: string): Promise<EnvironmentDetail> {
    const config = this.find(environmentId);
    return environmentDetail(this.#deps.connect(config), () => this.#deps.status(config.id));
  }

  /** Says more than the store, which looks again under its lock. `config` may replace the one with its id. */
  #requireFree(config: EnvironmentConfig, replaces: boolean): void {
    for (const other of this.list()) {
      if (replaces && other.id === config.id) continue;
      const refusal = refusalBecauseOf(other, config);
      if (refusal) throw refusal;
    }
  }

  /** Where the state cannot be written now, the environment can still be watched; its first change writes it. */
  async #createState(config: EnvironmentConfig): Promise<void> {
    const environment = this.#deps.connect(config);
    try {
      const { revision, state } = await environment.read({ thorough: false });
      // A fleet may have hosts that are new to it: all get the same.
      if (state && !environment.fleet) return;
      const after = state ?? newState(config.id);
      await environment.apply({ values: new Map(), pending: {}, after }, revision);
    } catch (error) {
      if (!isRekeyError(error)) throw error;
    }
  }

  #append(
    config: EnvironmentConfig,
    action: string,
    data: Record<string, unknown>,
    type: EventDraft['event_type'] = 'environment',
    reason: string | null = null,
  ): void {
    this.#deps.log.append({
      event_type: type,
      action,
      reason,
      environment: referenceTo(config),
      by: { user_id: this.#deps.operator(), source: 'declared' },
      data,
    });
  }
}

/** A host that does not answer is never said to be valid. */
function notValidated(host: string): ValidationReport['warnings'][number] {
  return {
    key: host,
    code: 'host-unreachable',
    severity: 'warning',
    message: `${host} does not answer: its keys were not validated.`,
  };
}
