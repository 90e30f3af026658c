import { exceptionAt, foldException, type RecordedException } from '#shared/logic/exception-fold.ts';
import { type Clock, timestamp } from '#shared/model/clock.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { ExceptionRequest, type RiskException } from '#shared/model/exception.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { EventLog } from '../events/event-log.ts';
import { Projection } from '../events/projection.ts';

/** Raised when the fold or the form of the state changes: a cache of an older one is then ignored. */
const exceptionsVersion = 1;
const dayMilliseconds = 86_400_000;
/** A risk that nobody wants to look at again for longer than this is not accepted for a time. */
const longestDays = 366;

export interface ExceptionServiceOptions {
  clock: Clock;
  log: EventLog;
  environments: { find(nameOrId: string): EnvironmentConfig };
  /** Who acts. Throws `operator-unknown`: a risk is accepted by somebody. */
  operator: () => string;
  /** `<data>/cache/exceptions.json`. */
  cacheFile: string;
}

/**
 * Risks that somebody accepts for a time: a fold of the log, no other file. They expire by themselves; ending one
 * before its time is an event.
 */
export class ExceptionService {
  readonly #options: ExceptionServiceOptions;
  readonly #projection: Projection<Record<string, RecordedException>>;

  constructor(options: ExceptionServiceOptions) {
    this.#options = options;
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
    const now = timestamp(this.#options.clock);
    return Object.values(this.#projection.state)
      .map((recorded) => exceptionAt(recorded, now))
      .filter(
        ({ environment, state }) =>
          (filter.environmentId === undefined || environment.id === filter.environmentId) &&
          (filter.state === undefined || state === filter.state),
      )
      .reverse();
  }

  /**
   * Accepts findings of an environment until a time. Throws `invalid-input`, `environment-unknown`, `key-unknown`,
   * `operator-unknown`, or that the log cannot be written.
   */
  add(request: ExceptionRequest): RiskException {
    const parsed = ExceptionRequest.safeParse(request);
    if (!parsed.success) throw refused(parsed.error.issues[0]?.message ?? 'It does not fit.');
    const { environment: nameOrId, key, codes, reason, until } = parsed.data;
    const config = this.#options.environments.find(nameOrId);
    if (key !== null && !keyRules(config.keys).some(({ name }) => name === key))
      throw unknownKey(config, key);
    const end = endOf(until);
    const now = this.#options.clock.now().getTime();
    if (end <= now) throw refused(`${until} is over already.`);
    if (end - now > longestDays * dayMilliseconds) throw refused(`${until} is more than a year away.`);
    const { id, name, stage } = config;
    const event = this.#options.log.append({
      event_type: 'exception',
      action: 'added',
      key_type: key,
      reason,
      environment: { id, name, stage },
      by: { user_id: this.#options.operator(), source: 'declared' },
      data: { codes: [...new Set(codes)].sort(), until: new Date(end).toISOString() },
    });
    return this.#require(event.id);
  }

  /** Ends one before its time. `id` may be an unambiguous beginning or end of it. Throws `invalid-input`, `illegal-move`. */
  end(id: string, reason: string): RiskException {
    const found = this.#find(id);
    if (reason.trim() === '') throw refused('A reason is needed.');
    if (found.state !== 'active') {
      throw new RekeyError('illegal-move', {
        message: `The exception ${found.id} is ${found.state} already.`,
        remedy: 'Nothing needs to be done.',
        details: { id: found.id, state: found.state },
      });
    }
    this.#options.log.append({
      event_type: 'exception',
      action: 'ended',
      key_type: found.key,
      reason: reason.trim(),
      environment: found.environment,
      by: { user_id: this.#options.operator(), source: 'declared' },
      data: { exception_id: found.id },
    });
    return this.#require(found.id);
  }

  /** Saves the cache. For the end of the process. */
  close(): void {
    this.#projection.close();
  }

  #require(id: string): RiskException {
    const recorded = this.#projection.state[id];
    if (recorded === undefined) throw new Error('An exception that was recorded is not in the log');
    return exceptionAt(recorded, timestamp(this.#options.clock));
  }

  #find(part: string): RiskException {
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

/** A day lasts until its end, UTC. */
function endOf(until: string): number {
  return /^\d{4}-\d{2}-\d{2}$/.test(until)
    ? Date.parse(`${until}T00:00:00.000Z`) + dayMilliseconds
    : Date.parse(until);
}

function refused(what: string): RekeyError {
  return new RekeyError('invalid-input', {
    message: `The risk cannot be accepted like this: ${what}`,
    remedy:
      'Give a reason, a day (YYYY-MM-DD) within a year until which it is accepted, and codes as reports show them.',
  });
}

function unknownKey(config: EnvironmentConfig, key: string): RekeyError {
  return new RekeyError('key-unknown', {
    message: `"${config.name}" has no key ${key}.`,
    remedy: `Known are: ${keyRules(config.keys)
      .map(({ name }) => name)
      .join(', ')}.`,
  });
}
