import { type AlertRecord, emptyAlertRecord, foldAlert } from '#shared/logic/alert-fold.ts';
import type { Alert } from '#shared/model/alert.ts';
import type { EventLog } from '../events/event-log.ts';
import { Projection } from '../events/projection.ts';

/** Raised when the fold or the form of the state changes: a cache of an older one is then ignored. */
const registryVersion = 1;

/** Alerts and what became of telling them, as the log says. */
export class AlertRegistry {
  readonly #projection: Projection<AlertRecord>;

  /** `cacheFile`: `<data>/cache/alerts.json`. */
  constructor(options: { log: EventLog; cacheFile: string }) {
    this.#projection = new Projection<AlertRecord>({
      ...options,
      version: registryVersion,
      initial: emptyAlertRecord,
      apply: (record, event) => {
        foldAlert(record, event);
        return record;
      },
      parse: (json) => json as AlertRecord,
    });
  }

  /** Those that are not resolved, the newest last. */
  open(): Alert[] {
    return this.all().filter(({ resolved_at }) => resolved_at === null);
  }

  /** Those that were resolved lately as well. */
  all(): Alert[] {
    return Object.values(this.#projection.state.alerts);
  }

  /** Id of the news that a channel was told last of an alert; null: none. */
  told(channelId: string, alertId: string): string | null {
    return this.#projection.state.delivered[channelId]?.[alertId] ?? null;
  }

  /** How deliveries of a channel go. */
  channel(channelId: string): {
    failing: { since: string; message: string } | null;
    deliveredAt: string | null;
  } {
    return this.#projection.state.channels[channelId] ?? { failing: null, deliveredAt: null };
  }

  /** Saves the cache. For the end of the process. */
  close(): void {
    this.#projection.close();
  }
}
