import type { Clock } from '#shared/model/clock.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { ExceptionRequest, type RiskException } from '#shared/model/exception.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { EventLog } from '../events/event-log.ts';
import type { WithoutSecrets } from '../secrets/environment-redactor.ts';
import type { ExceptionService } from './exception-service.ts';

const dayMilliseconds = 86_400_000;
/** A risk that nobody wants to look at again for longer than this is not accepted for a time. */
const longestDays = 366;

export interface RiskAcceptanceOptions {
  clock: Clock;
  log: EventLog;
  exceptions: ExceptionService;
  environments: { find(nameOrId: string): EnvironmentConfig };
  /** Who acts. Throws `operator-unknown`: a risk is accepted by somebody. */
  operator: () => string;
  /** For reasons: they stand in the log and in reports. */
  withoutSecrets: WithoutSecrets;
}

/** Accepting risks, and ending that before its time: each is an event. */
export class RiskAcceptance {
  readonly #options: RiskAcceptanceOptions;

  constructor(options: RiskAcceptanceOptions) {
    this.#options = options;
  }

  /**
   * Accepts findings of an environment until a time. Throws `invalid-input`, `environment-unknown`, `key-unknown`,
   * `operator-unknown`, or that the log cannot be written.
   */
  async add(request: ExceptionRequest): Promise<RiskException> {
    const { clock, environments, exceptions, log, operator, withoutSecrets } = this.#options;
    const parsed = ExceptionRequest.safeParse(request);
    if (!parsed.success) throw refused(parsed.error.issues[0]?.message ?? 'It does not fit.');
    const { environment: nameOrId, key, codes, reason, until } = parsed.data;
    const config = environments.find(nameOrId);
    if (key !== null && !keyRules(config.keys).some(({ name }) => name === key))
      throw unknownKey(config, key);
    const end = endOf(until);
    const now = clock.now().getTime();
    if (end <= now) throw refused(`${until} is over already.`);
    if (end - now > longestDays * dayMilliseconds) throw refused(`${until} is more than a year away.`);
    const { id, name, stage } = config;
    const event = log.append({
      event_type: 'exception',
      action: 'added',
      key_type: key,
      reason: await withoutSecrets(id, reason),
      environment: { id, name, stage },
      by: { user_id: operator(), source: 'declared' },
      data: { codes: [...new Set(codes)].sort(), until: new Date(end).toISOString() },
    });
    return exceptions.get(event.id);
  }

  /** Ends one before its time. `id` as `ExceptionService.find` takes it. Throws `invalid-input`, `illegal-move`. */
  async end(id: string, reason: string): Promise<RiskException> {
    const { exceptions, log, operator, withoutSecrets } = this.#options;
    const found = exceptions.find(id);
    if (reason.trim() === '') throw refused('A reason is needed.');
    if (found.state !== 'active') {
      throw new RekeyError('illegal-move', {
        message: `The exception ${found.id} is ${found.state} already.`,
        remedy: 'Nothing needs to be done.',
        details: { id: found.id, state: found.state },
      });
    }
    log.append({
      event_type: 'exception',
      action: 'ended',
      key_type: found.key,
      reason: await withoutSecrets(found.environment.id, reason.trim()),
      environment: found.environment,
      by: { user_id: operator(), source: 'declared' },
      data: { exception_id: found.id },
    });
    return exceptions.get(found.id);
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
