import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { EnvironmentReader, LockStatus, ReadableHosts, ReadOptions, Snapshot } from '../environment.ts';
import { atOnce } from './at-once.ts';
import { mergedSnapshot } from './fleet-snapshot.ts';
import { everyHost } from './hosts-failed.ts';

/** A fleet as one looks at it: its hosts, and all of them as one environment. */
export class FleetReader implements EnvironmentReader {
  readonly config: EnvironmentConfig;
  readonly hosts: ReadableHosts;

  constructor(config: EnvironmentConfig, hosts: ReadableHosts) {
    this.config = config;
    this.hosts = hosts;
  }

  async read(options: ReadOptions = {}): Promise<Snapshot> {
    const readings = await this.#onAll(async ({ name, reader }) => ({
      host: name,
      snapshot: await reader.read(options),
    }));
    return mergedSnapshot(everyHost(readings, 'read'), keyRules(this.config.keys));
  }

  /** The first lock that any host has. */
  async lockStatus(): Promise<LockStatus | null> {
    const statuses = everyHost(await this.#onAll(({ reader }) => reader.lockStatus()), 'read');
    return statuses.find((status) => status !== null) ?? null;
  }

  async close(): Promise<void> {
    await Promise.all(this.hosts.list.map(({ reader }) => reader.close()));
  }

  #onAll<R>(action: (host: ReadableHosts['list'][number]) => Promise<R>) {
    return atOnce(this.hosts.list, this.hosts.atOnce, action);
  }
}
