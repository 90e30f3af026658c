import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { BuiltinCommands } from '#electron/environments/builtin-command.ts';
import { workerEntry } from '#electron/installation.ts';
import type { EventLog } from '#electron/services/events/event-log.ts';
import type { EnvironmentStore } from '#electron/services/settings/environment-store.ts';
import { makePrivateFolder, writeFileAtomic } from '#electron/storage/atomic-file.ts';
import { ownIdentity, processFate } from '#electron/storage/process-identity.ts';
import type { Clock } from '#shared/model/clock.ts';
import { type EnvironmentConfig, EnvironmentLock } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { ForgetEnvironment } from './forget-environment.ts';
import { practiceCommand, practiceCommandName } from './practice-command.ts';
import { healthUrl, portOf, practiceConfiguration, practiceState } from './practice-configuration.ts';
import { PracticeController } from './practice-controller.ts';
import { newPracticeValues, practiceEnvironmentText, practiceRecords } from './practice-values.ts';
import { type PracticeFiles, practiceFiles } from './service-file.ts';
import type { ServiceLauncher } from './service-launcher.ts';
import { withStartLock } from './start-lock.ts';

export interface PracticeEnvironmentOptions {
  /** `DataFolder.practice`. */
  folder: string;
  environments: Pick<EnvironmentStore, 'list' | 'add' | 'replace' | 'remove'>;
  log: Pick<EventLog, 'append'>;
  clock: Clock;
  launcher: ServiceLauncher;
  /** The service's program, when it is not where this installation has it. */
  entry?: string;
  /**
   * Whether an open rotation keeps the service stopped while its data is re-encrypted: then it is not started here
   * (`holdsServiceStopped` of shared/logic/rotation-machine.ts).
   */
  heldStopped: (environmentId: string) => boolean;
  /** Called before a reset changes anything; throwing stops the reset. */
  forget: ForgetEnvironment;
}

export interface PracticeStatus {
  environmentId: string;
  /** Whether the service's application answers. */
  running: boolean;
  /** Its health URL; null while it does not run. */
  url: string | null;
}

/**
 * The practice environment: a folder with a `.env`, its state file and a small real service that uses the keys.
 * Made when it is first started, registered like any other environment, and made anew by a reset.
 */
export class PracticeEnvironment {
  /** Give these to the connector of the practice environment; only of that one. */
  readonly commands: BuiltinCommands;
  readonly #options: PracticeEnvironmentOptions;
  readonly #files: PracticeFiles;
  readonly #controller: PracticeController;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: PracticeEnvironmentOptions) {
    this.#options = options;
    this.#files = practiceFiles(options.folder);
    this.#controller = new PracticeController({
      files: this.#files,
      entry: options.entry ?? workerEntry(import.meta.dirname, 'practice-service'),
      launcher: options.launcher,
      clock: options.clock,
      preferredPort: () => portOf(this.#registered()),
      onPort: (port) => this.#followPort(port),
    });
    this.commands = new Map([[practiceCommandName, practiceCommand(() => this.#controller)]]);
  }

  /** Null while there is no practice environment. Asks the service; changes nothing. */
  async status(): Promise<PracticeStatus | null> {
    const config = this.#registered();
    if (config === null) return null;
    const { running } = await this.#controller.status();
    return { environmentId: config.id, running, url: running ? (config.health?.url ?? null) : null };
  }

  /**
   * Creates the environment when there is none, and starts its service when it does not run. An application that its
   * `.env` does not let start is no error here: `running` is false, and repairing it can be practised. While a
   * rotation keeps the service stopped it stays so.
   */
  start(): Promise<PracticeStatus> {
    return this.#inTurn(() => this.#start());
  }

  async #start(): Promise<PracticeStatus> {
    if (this.#registered() === null) await this.#exclusively(() => this.#createIfMissing());
    const config = this.#registered();
    if (config !== null && this.#options.heldStopped(config.id)) await this.#controller.stand();
    else if (!(await this.#controller.status()).running) await this.#startService();
    return this.#requireStatus();
  }

  /** For the start of the window: starts the service of a practice environment that exists, creates none. */
  async startIfPresent(): Promise<PracticeStatus | null> {
    return this.#registered() === null ? null : this.start();
  }

  /**
   * Ends the service if this Rekey launched it (another one may be using it otherwise). Resolves to whether it did.
   */
  async stop(): Promise<boolean> {
    const config = this.#registered();
    const stopped = await this.#controller.quitIfLaunchedHere();
    if (stopped && config !== null) this.#record('stopped', config);
    return stopped;
  }

  /** Back to the beginning, with new values and a new identity: whatever was rotated, broken or deleted. */
  reset(): Promise<PracticeStatus> {
    return this.#inTurn(() => this.#reset());
  }

  /**
   * The window's own start and a person's choices come at any moment: two at once must not both find no service and
   * start one. (Another process is kept out by the start lock.)
   */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(task);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #reset(): Promise<PracticeStatus> {
    await this.#exclusively(async () => {
      const former = this.#registered();
      this.#requireNobodyAtWork();
      const forgotten =
        former === null ? null : await this.#options.forget(former, 'The practice environment was reset.');
      await this.#controller.quit();
      if (former !== null) this.#options.environments.remove(former.id);
      this.#removeFiles();
      this.#record('reset', await this.#create(), {
        former_environment_id: former?.id ?? null,
        aborted_runs: forgotten?.abortedRuns ?? [],
        destroyed_values: forgotten?.destroyedValues ?? 0,
      });
    });
    await this.#startService();
    return this.#requireStatus();
  }

  async #createIfMissing(): Promise<void> {
    if (this.#registered() !== null) return;
    // A service of a removed environment, or a folder that a crash left half made: nobody depends on it.
    await this.#controller.quit();
    this.#removeFiles();
    await this.#create();
  }

  /** Registering is what makes it exist: a crash before that leaves files that the next start replaces. */
  async #create(): Promise<EnvironmentConfig> {
    const { folder, environments, clock } = this.#options;
    const names = new Set(environments.list().map((config) => config.name.toLowerCase()));
    const id = randomUUID();
    const values = newPracticeValues();
    makePrivateFolder(folder);
    writeFileAtomic(this.#files.records, `${JSON.stringify(practiceRecords(values), null, 1)}\n`);
    const state = practiceState(id, values, randomBytes(32), clock.now());
    writeFileAtomic(this.#files.state, `${JSON.stringify(state, null, 2)}\n`);
    writeFileAtomic(this.#files.environment, practiceEnvironmentText(values));
    const config = practiceConfiguration(id, freeName(names), this.#files, await freePort());
    environments.add(config);
    return config;
  }

  /** A run that is changing the file at this moment must not lose it under its hands. */
  #requireNobodyAtWork(): void {
    const lock = readEnvironmentLock(this.#files.lock);
    if (lock === null || processFate(lock, ownIdentity()) !== 'alive') return;
    throw new RekeyError('environment-locked', {
      message: `${lock.operator} is changing the practice environment (run ${lock.runId}, since ${lock.at}).`,
      remedy: 'Let the step finish or stop it, then reset again.',
      details: { runId: lock.runId, at: lock.at },
    });
  }

  #removeFiles(): void {
    const { environment, state, lock, records, service, failure } = this.#files;
    for (const file of [environment, state, lock, records, service, failure]) rmSync(file, { force: true });
  }

  async #startService(): Promise<void> {
    const answer = await this.#controller.start();
    const config = this.#registered();
    if (config === null) return;
    const problem = answer.exit_code === 0 ? null : answer.stderr.join(' ');
    this.#record('started', config, { port: portOf(config), problem });
  }

  #followPort(port: number): void {
    const config = this.#registered();
    if (config === null) return;
    const health = config.health ?? { credential: false, timeout: '5s' };
    this.#options.environments.replace(config, { ...config, health: { ...health, url: healthUrl(port) } });
  }

  #registered(): EnvironmentConfig | null {
    return this.#options.environments.list().find((config) => config.practice) ?? null;
  }

  async #requireStatus(): Promise<PracticeStatus> {
    const status = await this.status();
    if (status === null) throw new Error('The practice environment was removed while it was being started.');
    return status;
  }

  #exclusively<T>(task: () => Promise<T>): Promise<T> {
    makePrivateFolder(this.#options.folder);
    return withStartLock(this.#files.start, this.#options.clock, task);
  }

  #record(action: 'started' | 'reset' | 'stopped', config: EnvironmentConfig, data: object = {}): void {
    this.#options.log.append({
      event_type: 'practice',
      action,
      environment: { id: config.id, name: config.name, stage: config.stage },
      data: { ...data },
    });
  }
}

function readEnvironmentLock(file: string): EnvironmentLock | null {
  try {
    return EnvironmentLock.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** "Practice", or with a number where someone has given that name to an environment of their own. */
function freeName(taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? 'Practice' : `Practice ${number}`;
    if (!taken.has(name.toLowerCase())) return name;
  }
}

/** A port that is free on 127.0.0.1 now. The service takes another one if it no longer is when it starts. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
