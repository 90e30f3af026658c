import type { ExclusiveSection } from '#electron/storage/exclusive-section.ts';
import { type AlertChange, alertChanges, keyKinds } from '#shared/logic/alert-changes.ts';
import { type AlertLook, alertConditions } from '#shared/logic/alert-conditions.ts';
import { type AlertKind, alertKinds } from '#shared/model/alert.ts';
import type { Clock } from '#shared/model/clock.ts';
import type { EventDraft } from '#shared/model/event.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';
import type { EventLog } from '../events/event-log.ts';
import { theSystem } from '../events/system-log.ts';
import type { AlertRegistry } from './alert-registry.ts';

export interface AlertWatchOptions {
  clock: Clock;
  log: Pick<EventLog, 'append'>;
  registry: AlertRegistry;
  /** How every environment was seen at most `maxAgeMs` milliseconds ago; that of practice is not among them. */
  statuses: (maxAgeMs: number) => Promise<readonly EnvironmentStatus[]>;
  /** All that is known without a look at an environment. */
  known: () => Omit<AlertLook, 'now' | 'statuses' | 'keychain'>;
  probeKeychain: () => Promise<AlertLook['keychain']>;
  /** One Rekey at a time: what one raises the other must not raise once more. */
  section: Pick<ExclusiveSection, 'run'>;
}

/** Of a look. */
export interface WatchOptions {
  /** How old what was read of environments may be, milliseconds. */
  maxAgeMs: number;
  /** Asks the keychain as well. */
  probe?: boolean | undefined;
  /** What a schedule missed while nothing was open is about to be caught up: it is no news yet that it was missed. */
  catchesUp?: boolean | undefined;
}

/** Looks how things stand, and records what that means for alerts. It keeps no time: whoever has a window asks it. */
export class AlertWatch {
  readonly #options: AlertWatchOptions;
  #keychain: AlertLook['keychain'] = null;

  constructor(options: AlertWatchOptions) {
    this.#options = options;
  }

  /** Records what changed since the last look. Throws what the log throws. */
  async look({ maxAgeMs, probe = false, catchesUp = false }: WatchOptions): Promise<void> {
    const { clock, section, registry, known, probeKeychain } = this.#options;
    const statuses = await this.#options.statuses(maxAgeMs);
    if (probe) this.#keychain = await probeKeychain();
    await section.run(async () => {
      const now = clock.now();
      const look: AlertLook = { ...known(), statuses, keychain: this.#keychain, now };
      const scope = { read: readIn(statuses), kinds: kindsIn(look, catchesUp) };
      const conditions = alertConditions(catchesUp ? { ...look, checkedAt: null } : look);
      for (const change of alertChanges(registry.open(), conditions, scope, now.toISOString())) {
        this.#options.log.append({ event_type: 'alert', by: theSystem, ...draftOf(change) });
      }
    });
  }
}

/** Environments of which every key was seen: those of a fleet with a silent host were not. */
function readIn(statuses: readonly EnvironmentStatus[]): Set<string> {
  const whole = statuses.filter(
    ({ reachable, hosts = [] }) => reachable && hosts.every((host) => host.reachable),
  );
  return new Set(whole.map(({ id }) => id));
}

/** What was looked at beside keys. */
function kindsIn({ keychain }: AlertLook, catchesUp: boolean): Set<AlertKind> {
  const kinds = new Set(alertKinds.filter((kind) => !keyKinds.includes(kind)));
  if (keychain === null) kinds.delete('keychain');
  if (catchesUp) kinds.delete('check-missed');
  return kinds;
}

function draftOf(change: AlertChange): Omit<EventDraft, 'event_type'> {
  if ('condition' in change) {
    const { environment, run_id, ...data } = change.condition;
    const worse = change.worse ? { worse: true } : {};
    return { action: change.action, environment, run_id, data: { ...data, ...worse } };
  }
  const { id, environment, run_id } = change.alert;
  return { action: change.action, environment, run_id, data: { id } };
}
