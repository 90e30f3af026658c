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
  /** Ids of environments about which something happened since they were seen. */
  readonly #stale = new Set<string>();

  constructor(options: StatusMemoryOptions) {
    this.#options = options;
    options.log.onAppend((event) => this.#notice(event));
  }

  /** When all environments were read; null: they were not, or must be again. */
  get readAt(): Date | null {
    return this.#seen?.readAt ?? null;
  }

  /** Reads every environment now. */
  async now(): Promise<readonly EnvironmentStatus[]> {
    const { clock, status } = this.#options;
    const [at, readAt] = [clock.monotonic(), clock.now()];
    this.#stale.clear();
    const { environments } = await status.report();
    this.#seen = { statuses: environments, at, readAt };
    return environments;
  }

  /** As last seen, if that was at most `maxAgeMs` milliseconds ago; those about which something happened since, now. */
  async recent(maxAgeMs: number): Promise<readonly EnvironmentStatus[]> {
    const { clock, log } = this.#options;
    // A look at the log tells of what other processes did.
    log.tip();
    const seen = this.#seen;
    if (seen === null || clock.monotonic() - seen.at > maxAgeMs) return this.now();
    const stale = seen.statuses.map(({ id }) => id).filter((id) => this.#stale.has(id));
    if (stale.length === 0) return seen.statuses;
    for (const id of stale) this.#stale.delete(id);
    const { environments } = await this.#options.status.report(stale, { thorough: false });
    const again = new Map(environments.map((one) => [one.id, one]));
    const statuses = seen.statuses.map((one) => again.get(one.id) ?? one);
    // What was forgotten meanwhile stays so.
    if (this.#seen === seen) this.#seen = { ...seen, statuses };
    return statuses;
  }

  #notice({ event_type, action, environment }: LogEvent): void {
    // Whoever begins to check, here or in another process, is about to see how things stand now.
    const isCheck = event_type === 'task' && action === 'started';
    if (isCheck || aboutEnvironments.has(event_type)) this.#seen = null;
    else if (aboutKeys.has(event_type)) {
      if (environment === null) this.#seen = null;
      else this.#stale.add(environment.id);
    }
  }
}
