import type { Alert } from '#shared/model/alert.ts';
import type { Clock } from '#shared/model/clock.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { EventLog } from '../events/event-log.ts';
import type { WithoutSecrets } from '../secrets/environment-redactor.ts';
import type { AlertRegistry } from './alert-registry.ts';

export interface AlertActionsOptions {
  clock: Clock;
  log: Pick<EventLog, 'append'>;
  registry: AlertRegistry;
  /** Throws `operator-unknown`. */
  operator: () => string;
  withoutSecrets: WithoutSecrets;
}

/** Whoever puts something off looks at it again within a month. */
const longestSnoozeMs = 31 * 86_400_000;

/** What people do with alerts: put them off with a reason, and take that back. */
export class AlertActions {
  readonly #options: AlertActionsOptions;

  constructor(options: AlertActionsOptions) {
    this.#options = options;
  }

  /**
   * Puts an alert off. It comes back at `until` (RFC 3339) if it is still so then, or when it gets worse.
   * Throws `invalid-input` for a time that is over or too far away, `alert-unknown`, `operator-unknown`.
   */
  async snooze(part: string, until: string, reason: string): Promise<Alert> {
    const { clock, log, operator, registry, withoutSecrets } = this.#options;
    operator();
    const alert = this.#find(part);
    const left = Date.parse(until) - clock.now().getTime();
    if (!(left > 0 && left <= longestSnoozeMs)) {
      throw new RekeyError('invalid-input', {
        message: left > 0 ? `${until} is more than a month away.` : `"${until}" is no time to come.`,
        remedy: 'Give a time within the next 31 days.',
      });
    }
    const { id, environment, run_id } = alert;
    log.append({
      event_type: 'alert',
      action: 'snoozed',
      environment,
      run_id,
      reason: await withoutSecrets(environment?.id ?? null, reason),
      data: { id, until: new Date(until).toISOString() },
    });
    return registry.open().find((one) => one.id === id) ?? alert;
  }

  /** Ends a snooze before its time. Throws `illegal-move` where there is none, `alert-unknown`, `operator-unknown`. */
  wake(part: string): Alert {
    const { log, operator, registry } = this.#options;
    operator();
    const alert = this.#find(part);
    if (alert.snoozed === null) {
      throw new RekeyError('illegal-move', {
        message: 'This alert is not put off.',
        remedy: 'Nothing needs to be done.',
      });
    }
    const { id, environment, run_id } = alert;
    log.append({ event_type: 'alert', action: 'returned', environment, run_id, data: { id } });
    return registry.open().find((one) => one.id === id) ?? alert;
  }

  /** By its id, or an unambiguous beginning of it. */
  #find(part: string): Alert {
    const open = this.#options.registry.open();
    const exact = open.find(({ id }) => id === part);
    const matching = part === '' ? [] : open.filter(({ id }) => id.startsWith(part));
    const found = exact ?? (matching.length === 1 ? matching[0] : undefined);
    if (found) return found;
    throw new RekeyError('alert-unknown', {
      message:
        matching.length > 1
          ? `${matching.length} alerts begin with "${part}".`
          : `There is no open alert "${part}".`,
      remedy: '"rekey alert list" shows those that are open, with their ids.',
    });
  }
}
