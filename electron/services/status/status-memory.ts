import type { Clock } from '#shared/model/clock.ts';
import type { EventType } from '#shared/model/event.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';
import type { EventLog } from '../events/event-log.ts';
import type { StatusService } from './status-service.ts';

export interface StatusMemoryOptions {
  clock: Clock;
  log: Pick<EventLog, 'onAppend' | 'tip'>;
  status: Pick<StatusService, 'report'>;
}

/** Events after which keys may stand otherwise than they were seen. */
const aboutKeys: ReadonlySet<EventType> = new Set([
  'key_rotation',
  'run',
  'key',
  'environment',
  'practice',
  'exception',
  'recovery',
]);

/** How all environments were seen last, for those who look again and again, and need not know it to the second. */
export class StatusMemory {
  readonly #options: StatusMemoryOptions;
  #seen: { statuses: readonly EnvironmentStatus[]; at: number } | null = null;

  constructor(options: StatusMemoryOptions) {
    this.#options = options;
    options.log.onAppend(({ event_type, action }) => {
      // Whoever begins to check, here or in another process, is about to see how things stand now.
      const isCheck = event_type === 'task' && action === 'started';
      if (isCheck || aboutKeys.has(event_type)) this.#seen = null;
    });
  }

  /** Reads every environment now. */
  async now(): Promise<readonly EnvironmentStatus[]> {
    const { clock, status } = this.#options;
    const at = clock.monotonic();
    const { environments } = await status.report();
    this.#seen = { statuses: environments, at };
    return environments;
  }

  /** How long ago environments were read, milliseconds; 0 before that. */
  ageMs(): number {
    return this.#seen === null ? 0 : this.#options.clock.monotonic() - this.#seen.at;
  }

  /** As last seen, if that was at most `maxAgeMs` milliseconds ago and nothing happened to a key since; else now. */
  async recent(maxAgeMs: number): Promise<readonly EnvironmentStatus[]> {
    const { clock, log } = this.#options;
    // A look at the log tells of what other processes did.
    log.tip();
    const seen = this.#seen;
    return seen !== null && clock.monotonic() - seen.at <= maxAgeMs ? seen.statuses : this.now();
  }
}
