import { JsonFile } from '#electron/storage/json-file.ts';
import type { Clock } from '#shared/model/clock.ts';
import type { EventDraft } from '#shared/model/event.ts';
import type { KeychainBackend } from '#shared/model/keychain.ts';
import { type Contact, defaultSettings, type Operator, Settings } from '#shared/model/settings.ts';

/**
 * `settings.json`: what the window and the command share. Every change is an event, written before the file, so that
 * nothing changes that the log does not know.
 */
export class SettingsStore {
  readonly #file: JsonFile<Settings>;
  readonly #append: (draft: EventDraft) => void;

  /** `append`: to the event log, which itself may lie where the settings say; hence a function. */
  constructor(options: { path: string; clock: Clock; append: (draft: EventDraft) => void }) {
    this.#file = new JsonFile({
      path: options.path,
      schema: Settings,
      version: 1,
      initial: defaultSettings,
      name: 'the settings',
      clock: options.clock,
    });
    this.#append = options.append;
  }

  read(): Settings {
    return this.#file.read();
  }

  setOperator(operator: Operator): Settings {
    return this.#change('operator-set', { operator }, { name: operator.name, email: operator.email });
  }

  setTheme(theme: Settings['theme']): Settings {
    // How the window looks is nobody's business but the person's: no event.
    return this.#file.update((settings) => ({ ...settings, theme }));
  }

  setContacts(contacts: Contact[]): Settings {
    return this.#change('contacts-set', { contacts }, { contacts: contacts.length });
  }

  setKeychain(keychain: KeychainBackend): Settings {
    return this.#change('keychain-chosen', { keychain }, { backend: keychain });
  }

  /** Called by the move of the log, whose own events say what happened. */
  setLogFolder(logFolder: string | null): Settings {
    return this.#file.update((settings) => ({ ...settings, logFolder }));
  }

  #change(action: string, change: Partial<Settings>, data: Record<string, unknown>): Settings {
    this.#append({ event_type: 'settings', action, data });
    return this.#file.update((settings) => ({ ...settings, ...change }));
  }
}
