import type { Clock } from '#shared/model/clock.ts';
import type { EventType, LogEvent } from '#shared/model/event.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';
import type { EventLog } from '../events/event-log.ts';
import type { StatusService } from './status-service.ts';

export interface StatusMemoryOptions {
  clock: Clock;
  log: Pick<EventLog, 'onAppend' | 'tip'>;
  status: Pick<StatusService, 'report'>;
}

/** Events after which the keys of their environment may stand otherwise than they were seen. */
const aboutKeys: ReadonlySet<EventType> = new Set(['key_rotation', 'run', 'key', 'exception', 'recovery']);
/** Events after which there may be other environments, or the same ones elsewhere. */
const aboutEnvironments: ReadonlySet<EventType> = new Set(['environment', 'practice']);

/** How all environments were seen last, for those who look again and again, and need not know it to the second. */
export class StatusMemory {
  readonly #options: StatusMemoryOptions;
  #seen: { statuses: readonly EnvironmentStatus[]; at: number; readAt: Date } | null = null;
  /** Ids of environments about which something happened since they were seen; null: it may be all of them, or others. */
  #stale: Set<string> | null = null;

  constructor(options: StatusMemoryOptions) {
    this.#options = options;
    options.log.onAppend((event) => this.#notice(event));
  }

  /** When all environments were read last; null: never. */
  get readAt(): Date | null {
    return this.#seen?.readAt ?? null;
  }

  /** Reads every environment now. */
  async now(): Promise<readonly EnvironmentStatus[]> {
    const { clock } = this.#options;
    const [at, readAt] = [clock.monotonic(), clock.now()];
    const statuses = await this.#read([]);
    this.#seen = { statuses, at, readAt };
    return statuses;
  }

  /** As last seen, if that was at most `maxAgeMs` milliseconds ago; those about which something happened since, now. */
  async recent(maxAgeMs: number): Promise<readonly EnvironmentStatus[]> {
    const { clock, log } = this.#options;
    // A look at the log tells of what other processes did.
    log.tip();
    const [seen, stale] = [this.#seen, this.#stale];
    if (seen === null || stale === null || clock.monotonic() - seen.at > maxAgeMs) return this.now();
    const ids = seen.statuses.map(({ id }) => id).filter((id) => stale.has(id));
    if (ids.length === 0) return seen.statuses;
    const again = new Map((await this.#read(ids)).map((one) => [one.id, one]));
    const statuses = seen.statuses.map((one) => again.get(one.id) ?? one);
    // Somebody may have read all of them meanwhile.
    if (this.#seen === seen) this.#seen = { ...seen, statuses };
    return statuses;
  }

  /** Those with these ids, or all. What happens while they are read is not taken for seen, nor what cannot be read. */
  async #read(ids: readonly string[]): Promise<readonly EnvironmentStatus[]> {
    if (ids.length === 0) this.#stale = new Set();
    else for (const id of ids) this.#stale?.delete(id);
    try {
      return (await this.#options.status.report(ids, { thorough: false })).environments;
    } catch (error) {
      this.#stale = null;
      throw error;
    }
  }

  #notice({ event_type, action, environment }: LogEvent): void {
    // Whoever begins to check, here or in another process, is about to see how things stand now.
    const isCheck = event_type === 'task' && action === 'started';
    if (isCheck || aboutEnvironments.has(event_type)) this.#stale = null;
    else if (!aboutKeys.has(event_type)) return;
    else if (environment === null) this.#stale = null;
    else this.#stale?.add(environment.id);
  }
}
