import { type WaveSizes, wavesOf } from '#shared/logic/waves.ts';
import type { CommandKind, EnvironmentConfig, EnvironmentLock } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type {
  CommandOptions,
  CommandResult,
  Environment,
  EnvironmentChange,
  HealthReport,
  HeldLock,
  LockOwner,
  LockStatus,
  ReadableHosts,
  ReadOptions,
  Revision,
  Snapshot,
} from '../environment.ts';
import { atOnce } from './at-once.ts';
import type { Fleet, FleetHost } from './fleet.ts';
import { mergedCommand } from './fleet-command.ts';
import { mergedHealth } from './fleet-health.ts';
import { type HostReading, mergedSnapshot } from './fleet-snapshot.ts';
import { everyHost, hostsFailed } from './hosts-failed.ts';

export interface FleetOptions {
  waves: WaveSizes;
  /** How many hosts are worked on at the same time. */
  atOnce: number;
  /** Commands run on each host; else once, from here. */
  commandsOnHosts: boolean;
  /** The health of each host is asked; else one URL, from here. */
  healthOfHosts: boolean;
}

/** What is done once, whatever the number of hosts: they share the data that is re-encrypted. */
const onceForAll: readonly CommandKind[] = ['reencrypt'];

/**
 * Many hosts that should hold the same keys, as one environment. Whoever only looks, or records something about a
 * key, need not know that they are many. What is rolled out host by host (the values of a rotation) goes through
 * `fleet`, because each host is then changed, restarted and looked at before the next wave is.
 */
export class FleetEnvironment implements Environment {
  readonly config: EnvironmentConfig;
  readonly fleet: Fleet;
  readonly hosts: ReadableHosts;
  readonly #options: FleetOptions;

  constructor(config: EnvironmentConfig, hosts: readonly FleetHost[], options: FleetOptions) {
    this.config = config;
    this.#options = options;
    this.hosts = {
      list: hosts.map(({ name, environment }) => ({ name, reader: environment })),
      atOnce: options.atOnce,
    };
    this.fleet = {
      hosts,
      waves: wavesOf(hosts, options.waves),
      atOnce: options.atOnce,
      commandsOnHosts: options.commandsOnHosts,
      healthOfHosts: options.healthOfHosts,
      without: (names) =>
        new FleetEnvironment(
          config,
          hosts.filter(({ name }) => !names.includes(name)),
          options,
        ),
    };
  }

  /** Throws what the hosts throw, as one error that names each host that could not be read. */
  async read(options: ReadOptions = {}): Promise<Snapshot> {
    const readings = await this.#readings(this.fleet.hosts, options);
    return mergedSnapshot(readings, keyRules(this.config.keys));
  }

  /**
   * The same change on every host. It is compared with the revision as a whole before any host is changed; each host
   * then compares with its own.
   */
  async apply(change: EnvironmentChange, revision: Revision): Promise<Revision> {
    const readings = await this.#readings(this.fleet.hosts, { thorough: false, whenMissing: 'empty' });
    const rules = keyRules(this.config.keys);
    if (mergedSnapshot(readings, rules).revision !== revision) {
      throw new RekeyError('conflict', {
        message: 'A host was changed by someone else since the environment was read.',
        remedy: 'Look at what changed, then repeat the step: it reads the hosts again.',
      });
    }
    const revisions = new Map(readings.map(({ host, snapshot }) => [host, snapshot.revision]));
    everyHost(
      await this.#onAll(({ name, environment }) => environment.apply(change, revisions.get(name) ?? '')),
      'changed',
    );
    return (await this.read({ thorough: false })).revision;
  }

  /** Every host is locked, or none: what was taken is given back when a host cannot be locked. */
  async lock(owner: LockOwner): Promise<HeldLock> {
    const results = await this.#onAll(({ environment }) => environment.lock(owner));
    const held = results.flatMap((result) => ('value' in result ? [result.value] : []));
    const release = async () => {
      await Promise.all(held.map((lock) => lock.release()));
    };
    const failures = results.filter((result) => 'error' in result);
    const [first] = held;
    if (failures.length > 0 || !first) {
      await release();
      throw hostsFailed(failures, results.length, 'locked');
    }
    return {
      lock: first.lock,
      assertHeld: async () => {
        const checks = await atOnce(held, this.fleet.atOnce, (lock) => lock.assertHeld());
        for (const check of checks) if ('error' in check) throw check.error;
      },
      release,
    };
  }

  /** The first lock that any host has. */
  async lockStatus(): Promise<LockStatus | null> {
    const statuses = everyHost(await this.#onAll(({ environment }) => environment.lockStatus()), 'read');
    return statuses.find((status) => status !== null) ?? null;
  }

  async breakLock(): Promise<EnvironmentLock | null> {
    const broken = everyHost(await this.#onAll(({ environment }) => environment.breakLock()), 'unlocked');
    return broken.find((lock) => lock !== null) ?? null;
  }

  /** On every host, wave by wave; a wave with a failure is the last. Once where the command runs from here. */
  async command(kind: CommandKind, options: CommandOptions = {}): Promise<CommandResult> {
    const [first] = this.fleet.hosts;
    if (!first) throw noHostLeft(this.config);
    if (!this.fleet.commandsOnHosts || onceForAll.includes(kind)) {
      return first.environment.command(kind, options);
    }
    const results: { host: string; result: CommandResult }[] = [];
    for (const wave of this.fleet.waves) {
      const run = await atOnce(wave, this.fleet.atOnce, async ({ name, environment }) => ({
        host: name,
        result: await environment.command(kind, {
          ...options,
          ...(options.onOutput ? { onOutput: (line: string) => options.onOutput?.(`${name}: ${line}`) } : {}),
        }),
      }));
      results.push(...everyHost(run, 'changed'));
      if (results.some(({ result }) => result.outcome !== 'ok')) break;
    }
    return mergedCommand(kind, results);
  }

  async health(signal?: AbortSignal): Promise<HealthReport> {
    const [first] = this.fleet.hosts;
    if (!first) throw noHostLeft(this.config);
    if (!this.fleet.healthOfHosts) return first.environment.health(signal);
    const reports = await this.#onAll(async ({ name, environment }) => ({
      host: name,
      report: await environment.health(signal),
    }));
    return mergedHealth(everyHost(reports, 'read'));
  }

  async close(): Promise<void> {
    await Promise.all(this.fleet.hosts.map(({ environment }) => environment.close()));
  }

  async #readings(hosts: readonly FleetHost[], options: ReadOptions): Promise<HostReading[]> {
    if (hosts.length === 0) throw noHostLeft(this.config);
    const results = await atOnce(hosts, this.#options.atOnce, async ({ name, environment }) => ({
      host: name,
      snapshot: await environment.read(options),
    }));
    return everyHost(results, 'read');
  }

  #onAll<R>(action: (host: FleetHost) => Promise<R>) {
    return atOnce(this.fleet.hosts, this.#options.atOnce, action);
  }
}

function noHostLeft(config: EnvironmentConfig): RekeyError {
  return new RekeyError('environment-unreachable', {
    message: `Every host of "${config.name}" was left out: nothing is left to work on.`,
    remedy: 'Give this run up, and begin anew when a host can be reached.',
  });
}
