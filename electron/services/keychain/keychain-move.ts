import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { EventDraft } from '#shared/model/event.ts';
import { type KeychainBackend, wrappingKeyName } from '#shared/model/keychain.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { KeychainMove as Move } from '#shared/model/settings.ts';
import type { FileSealedStore } from '../secrets/file-sealed-store.ts';
import type { SettingsStore } from '../settings/settings-store.ts';
import type { MovableStore } from './credential-store.ts';
import { vaultAbsent, vaultLocked } from './passphrase-vault.ts';
import { formerName, missingWrappingKey, openingKeys } from './wrapping-key.ts';

export interface KeychainMoveOptions {
  settings: SettingsStore;
  /** The store, opened where that needs nobody. */
  open: (backend: KeychainBackend) => Promise<MovableStore>;
  /** The store as it is: an old vault is deleted without its passphrase. */
  asItIs: (backend: KeychainBackend) => MovableStore;
  /** Which store this process uses while the settings name that one. */
  usedFor: (setting: KeychainBackend) => KeychainBackend;
  sealed: () => FileSealedStore;
  append: (draft: EventDraft) => void;
  /** Whether the log tells that this move ended. */
  recorded: (action: string, id: string) => boolean;
  newId: () => string;
  warn: (line: string) => void;
}

/**
 * Moves the wrapping key and the operator credentials to the other store. Sealed values stay as they are: the key that
 * they are sealed under goes with them. Copied and read back first, then the settings name the new store, then the old
 * one is emptied; what the settings keep meanwhile says how far it came, so that a crash anywhere loses nothing and
 * calling again goes on. The caller keeps out whoever seals something or stores a credential.
 */
export class KeychainMove {
  readonly #options: KeychainMoveOptions;

  constructor(options: KeychainMoveOptions) {
    this.#options = options;
  }

  /**
   * To this store, whatever was begun before. When it returns that store is in use; should the old one not be
   * reachable then, emptying it is left to `finish`.
   * Throws what the stores throw (`keychain-*`, `vault-*`), and `illegal-move` where values would be lost: the store
   * in use is then still the old one.
   */
  async to(backend: KeychainBackend): Promise<void> {
    const { settings } = this.#options;
    const { keychain, keychainMove: begun } = settings.read();
    if (begun && begun.to !== backend) {
      if (keychain === begun.from) return this.#abandon(begun);
      await this.#emptyOld(begun);
    }
    const move = settings.read().keychainMove;
    if (move) await this.#goOn(move);
    else if (settings.read().keychain !== backend) await this.#goOn(await this.#begin(backend));
  }

  /** Goes on with what a crash or an unreachable store interrupted. Throws like `to`. */
  async finish(): Promise<void> {
    const { keychainMove: begun } = this.#options.settings.read();
    if (begun) await this.#goOn(begun);
  }

  async #begin(to: KeychainBackend): Promise<Move> {
    const { settings, newId, open } = this.#options;
    await requireDurable(await open(to));
    const move = { id: newId(), from: settings.read().keychain, to };
    // What cannot be read now is not even begun.
    await readable(await open(move.from), wrappingKeyName);
    settings.setKeychainMove(move, eventOf(move, 'move-intended'));
    return move;
  }

  async #goOn(move: Move): Promise<void> {
    const { settings, warn } = this.#options;
    if (settings.read().keychain === move.from) {
      settings.setKeychain(move.to, await this.#copy(move));
    }
    try {
      await this.#emptyOld(move);
    } catch (error) {
      if (!isRekeyError(error)) throw error;
      warn(
        `Rekey uses ${placeOf(move.to)} now, but ${placeOf(move.from)} could not be emptied: ${error.message}`,
      );
    }
  }

  /** Puts everything into the new store, and reads it back. */
  async #copy({ from, to }: Move): Promise<{ entries: number; missing: string[] }> {
    const { open, usedFor } = this.#options;
    const target = await open(to);
    await requireDurable(target);
    const source = await open(from);
    const names = await source.names();
    const ownKeyStays = await this.#keepsItsKey(source, target);
    // Where this process was told to use the new store already, what it keeps there is the newer.
    const ownEntriesStay = usedFor(from) === to;
    const missing: string[] = [];
    let entries = 0;
    for (const name of names) {
      if (isWrappingKey(name) && ownKeyStays) continue;
      const there = await readable(target, name);
      if (!isWrappingKey(name) && ownEntriesStay && there) continue;
      const value = await readable(source, name);
      if (value) await putAndReadBack(target, name, value, there);
      else missing.push(name);
      if (value) entries += 1;
    }
    if (!ownKeyStays && !(await readable(source, formerName))) await target.remove(formerName);
    // A store that lost the key must not be left: it may come back from a backup.
    if (this.#options.sealed().list().length > 0 && !(await readable(target, wrappingKeyName)))
      throw missingWrappingKey();
    return { entries, missing };
  }

  /** Whether the new store's own wrapping key is the one that values are sealed under. Both: nothing is moved. */
  async #keepsItsKey(source: MovableStore, target: MovableStore): Promise<boolean> {
    if ((await this.#onlyUnder(target, source)) === 0) return false;
    const count = await this.#onlyUnder(source, target);
    if (count === 0) return true;
    throw new RekeyError('illegal-move', {
      message: `Values are sealed under two keys: ${count} of them only under that of ${placeOf(source.backend)}, others only under that of ${placeOf(target.backend)}.`,
      remedy: withTheirStore,
    });
  }

  /** How many values would be lost with the wrapping keys of `store` while those of `other` stay. */
  async #onlyUnder(store: MovableStore, other: MovableStore): Promise<number> {
    const left = new Set((await this.#unopened(other)).map((name) => JSON.stringify(name)));
    if (left.size === 0) return 0;
    const neither = (await this.#unopened(store)).filter((name) => left.has(JSON.stringify(name)));
    return left.size - neither.length;
  }

  async #unopened(store: MovableStore) {
    const keys = await openingKeys({ get: (name) => readable(store, name) });
    try {
      return this.#options.sealed().unopened(keys);
    } finally {
      for (const key of keys) key.fill(0);
    }
  }

  async #emptyOld(move: Move): Promise<void> {
    await this.#empty(move.from, move.to);
    this.#end(move, 'moved');
  }

  /** Back to the store that is still in use: what was copied goes. */
  async #abandon(move: Move): Promise<void> {
    await this.#empty(move.to, move.from);
    this.#end(move, 'move-abandoned');
  }

  /** Empties a store after a last look that nothing needs what is in it. */
  async #empty(old: KeychainBackend, kept: KeychainBackend): Promise<void> {
    const { open, asItIs } = this.#options;
    const count = await this.#onlyUnder(asItIs(old), await open(kept));
    if (count > 0) {
      throw new RekeyError('illegal-move', {
        message: `${count} sealed values open only with the wrapping key in ${placeOf(old)}: it was not emptied.`,
        remedy: withTheirStore,
      });
    }
    await asItIs(old).empty();
  }

  #end(move: Move, action: 'moved' | 'move-abandoned'): void {
    const { settings, recorded } = this.#options;
    settings.setKeychainMove(null, recorded(action, move.id) ? null : eventOf(move, action));
  }
}

/** Values under two keys come from commands that were told to use another store than the settings name. */
const withTheirStore =
  'Finish the open runs with the store that each was begun with (REKEY_KEYCHAIN names one for a command), then choose again.';

/** The store for people, within a sentence. */
function placeOf(backend: KeychainBackend): string {
  return backend === 'os' ? 'the OS keychain' : 'the passphrase vault';
}

function eventOf({ id, from, to }: Move, action: string): EventDraft {
  return { event_type: 'keychain', action, rotation_id: id, data: { from, to } };
}

function isWrappingKey(name: string): boolean {
  return name === wrappingKeyName || name === formerName;
}

/**
 * Null also for an entry that was stored once and is there no more. A store that has nothing is not asked: one that
 * cannot be reached, and never could, does not hold up the choice of the other.
 */
async function readable(store: MovableStore, name: string): Promise<Secret | null> {
  if (!(await store.names()).includes(name)) return null;
  try {
    return await store.get(name);
  } catch (error) {
    if (isRekeyError(error, 'keychain-entry-missing')) return null;
    throw error;
  }
}

async function putAndReadBack(
  store: MovableStore,
  name: string,
  value: Secret,
  there: Secret | null,
): Promise<void> {
  if (there?.equals(value)) return;
  await store.put(name, value);
  if ((await store.get(name))?.equals(value)) return;
  throw new RekeyError('keychain-denied', {
    message: `The entry "${name}" was put into ${placeOf(store.backend)}, which gave back something else.`,
    unchanged: 'The store in use is the one that was in use before.',
    remedy: 'Look at what else uses that keychain, then choose again.',
  });
}

/** Throws why nothing may be put into the store: `keychain-*`, `vault-absent` or `vault-locked`. */
async function requireDurable(store: MovableStore): Promise<void> {
  const { state, message, remedy } = await store.probe();
  if (state === 'durable') return;
  if (store.backend === 'vault') throw state === 'absent' ? vaultAbsent() : vaultLocked();
  throw new RekeyError(`keychain-${state}`, { message, remedy: remedy ?? 'Try again.' });
}
