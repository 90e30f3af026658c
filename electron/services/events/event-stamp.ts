import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import { RandomPool } from '#electron/storage/random-pool.ts';
import { UuidV7Generator } from '#shared/logic/uuid-v7.ts';
import type { Clock } from '#shared/model/clock.ts';
import type { EventDraft, LogEvent } from '#shared/model/event.ts';

export interface EventStampOptions {
  clock: Clock;
  identity: ProcessIdentity;
  osUser: string;
  appVersion: string;
  /** Who acts, for events that do not say it themselves. */
  operator: () => { user_id: string; source: 'declared' | 'system' };
}

/** Makes events of drafts: adds time, number, id, who and where. */
export class EventStamp {
  readonly #options: EventStampOptions;
  readonly #random = new RandomPool();
  readonly #ids = new UuidV7Generator((count) => this.#random.take(count));

  constructor(options: EventStampOptions) {
    this.#options = options;
  }

  event(draft: EventDraft, seq: number): LogEvent {
    const { clock, identity, osUser, appVersion } = this.#options;
    const now = clock.now();
    const by = draft.by ?? this.#options.operator();
    return {
      timestamp: now.toISOString(),
      event_type: draft.event_type,
      key_type: draft.key_type ?? null,
      action: draft.action,
      reason: draft.reason ?? null,
      user_id: by.user_id,
      compliance_status: draft.compliance_status ?? null,
      next_rotation_due: draft.next_rotation_due ?? null,
      seq,
      id: this.#ids.next(now),
      environment: draft.environment ?? null,
      run_id: draft.run_id ?? null,
      rotation_id: draft.rotation_id ?? null,
      drill: draft.drill ?? null,
      user_id_source: by.source,
      host: identity.host,
      os_user: osUser,
      app_version: appVersion,
      data: draft.data ?? null,
    };
  }
}

/** An event that the log writes about itself, by itself. */
export function own(action: string, data: Record<string, unknown>): EventDraft {
  return { event_type: 'log', action, data, by: { user_id: 'system', source: 'system' } };
}
