import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import { VersionedFile } from '#electron/storage/versioned-file.ts';
import type { AlertChannel } from '#shared/model/alert-channel.ts';
import type { Clock } from '#shared/model/clock.ts';
import type { EventDraft } from '#shared/model/event.ts';
import type { KeychainBackend } from '#shared/model/keychain.ts';
import type { ScheduledTaskName, TaskSchedule } from '#shared/model/schedule.ts';
import {
  type Contact,
  defaultSettings,
  type KeychainMove,
  type Operator,
  Settings,
} from '#shared/model/settings.ts';

export interface SettingsStoreOptions {
  path: string;
  clock: Clock;
  identity: ProcessIdentity;
  /** To the event log, which itself lies where the settings say. */
  append: (draft: EventDraft) => void;
}

/**
 * `settings.json`: what the window and the command share. Every change is an event first: when it cannot be recorded,
 * nothing changes.
 */
export class SettingsStore {
  readonly #file: VersionedFile<Settings>;
  readonly #append: (draft: EventDraft) => void;

  constructor({ path, clock, identity, append }: SettingsStoreOptions) {
    this.#file = new VersionedFile({
      path,
      what: 'The settings',
      schema: Settings,
      version: 1,
      initial: defaultSettings,
      identity,
      clock,
    });
    this.#append = append;
  }

  read(): Settings {
    return this.#file.read();
  }

  setOperator(operator: Operator): Settings {
    // Recorded under the new name: it is that person who introduces themselves.
    return this.#change(
      { operator },
      {
        action: 'operator-set',
        data: { name: operator.name, email: operator.email },
        by: { user_id: operator.email, source: 'declared' },
      },
    );
  }

  setContacts(contacts: Contact[]): Settings {
    return this.#change({ contacts }, { action: 'contacts-set', data: { contacts: contacts.length } });
  }

  /** `moved`: what was put into the new store before it is used. */
  setKeychain(keychain: KeychainBackend, moved: { entries: number; missing: string[] }): Settings {
    return this.#change({ keychain }, { action: 'keychain-chosen', data: { backend: keychain, ...moved } });
  }

  /** `event`: null where the log tells it already. */
  setKeychainMove(keychainMove: KeychainMove | null, event: EventDraft | null): Settings {
    return this.#file.update(
      (settings) => ({ ...settings, keychainMove }),
      () => {
        if (event) this.#append(event);
      },
    );
  }

  /** How the window looks is nobody's business but the person's: no event. */
  setTheme(theme: Settings['theme']): Settings {
    return this.#file.update((settings) => ({ ...settings, theme }));
  }

  /** `schedule`: one that can be used (`scheduleProblem` of shared/logic/task-schedule.ts). */
  setSchedule(task: ScheduledTaskName, schedule: TaskSchedule): Settings {
    return this.#file.update(
      (settings) => ({ ...settings, schedule: { ...settings.schedule, [task]: schedule } }),
      () => this.#append({ event_type: 'settings', action: 'schedule-set', data: { task, ...schedule } }),
    );
  }

  /** `event`: what was done to which channel. */
  changeAlertChannels(
    change: (channels: readonly AlertChannel[]) => AlertChannel[],
    event: { action: string; data: Record<string, unknown> },
  ): Settings {
    return this.#file.update(
      (settings) => ({ ...settings, alertChannels: change(settings.alertChannels) }),
      () => this.#append({ event_type: 'settings', ...event }),
    );
  }

  /** For the move of the log, whose own events say what happened. */
  setLogFolder(logFolder: string | null): Settings {
    return this.#file.update((settings) => ({ ...settings, logFolder }));
  }

  #change(change: Partial<Settings>, event: Omit<EventDraft, 'event_type'>): Settings {
    return this.#file.update(
      (settings) => ({ ...settings, ...change }),
      () => this.#append({ event_type: 'settings', ...event }),
    );
  }
}
