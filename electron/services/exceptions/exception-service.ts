import { exceptionAt, foldException, type RecordedException } from '#shared/logic/exception-fold.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { RiskException } from '#shared/model/exception.ts';
import type { EventLog } from '../events/event-log.ts';
import { Projection } from '../events/projection.ts';

/** Raised when the fold or the form of the state changes: a cache of an older one is then ignored. */
const exceptionsVersion = 1;

export interface ExceptionServiceOptions {
  clock: Clock;
  log: EventLog;
  /** `<data>/cache/exceptions.json`. */
  cacheFile: string;
}

/** Risks that somebody accepts for a time: a fold of the log, no other file. They expire by themselves. */
export class ExceptionService {
  readonly #clock: Clock;
  readonly #projection: Projection<Record<string, RecordedException>>;

  constructor(options: ExceptionServiceOptions) {
    this.#clock = options.clock;
    this.#projection = new Projection<Record<string, RecordedException>>({
      log: options.log,
      cacheFile: options.cacheFile,
      version: exceptionsVersion,
      initial: () => ({}),
      apply: (state, event) => {
        foldException(state, event);
        return state;
      },
      parse: (json) => json as Record<string, RecordedException>,
    });
  }

  /** Newest first; of one environment, or in one state, or all. */
  list(filter: { environmentId?: string; state?: RiskException['state'] } = {}): RiskException[] {
    const now = timestamp(this.#clock);
    return Object.values(this.#projection.state)
      .map((recorded) => exceptionAt(recorded, now))
      .filter(
        ({ environment, state }) =>
          (filter.environmentId === undefined || environment.id === filter.environmentId) &&
          (filter.state === undefined || state === filter.state),
      )
      .reverse();
  }

  /** Saves the cache. For the end of the process. */
  close(): void {
    this.#projection.close();
  }

  /** One that was recorded. */
  get(id: string): RiskException {
    const recorded = this.#projection.state[id];
    if (recorded === undefined) throw new Error('An exception that was recorded is not in the log');
    return exceptionAt(recorded, timestamp(this.#clock));
  }

  /** By its id, or an unambiguous beginning or end of it. Throws `invalid-input`. */
  find(part: string): RiskException {
    const all = this.list();
    const exact = all.find(({ id }) => id === part);
    if (exact) return exact;
    const matching = part === '' ? [] : all.filter(({ id }) => id.startsWith(part) || id.endsWith(part));
    const [only] = matching;
    if (only !== undefined && matching.length === 1) return only;
    throw new RekeyError('invalid-input', {
      message:
        matching.length > 1
          ? `${matching.length} exceptions begin or end with "${part}".`
          : `There is no exception "${part}".`,
      remedy: '"rekey exception list" shows their ids.',
    });
  }
}
