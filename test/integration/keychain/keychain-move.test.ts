import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { MovableStore } from '#electron/services/keychain/credential-store.ts';
import { KeychainService } from '#electron/services/keychain/keychain-service.ts';
import { PassphraseVault } from '#electron/services/keychain/passphrase-vault.ts';
import { WrappingKey } from '#electron/services/keychain/wrapping-key.ts';
import { FileSealedStore } from '#electron/services/secrets/file-sealed-store.ts';
import type { SealedName } from '#electron/services/secrets/sealed-store.ts';
import { SettingsStore } from '#electron/services/settings/settings-store.ts';
import { ExclusiveSection } from '#electron/storage/exclusive-section.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { EventDraft } from '#shared/model/event.ts';
import { type KeychainProbe, wrappingKeyName } from '#shared/model/keychain.ts';
import { Secret } from '#shared/model/secret.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const passphrase = new Secret('four words for a test');
const health = 'environment/7f1c/health';
const value = (rotationId: string): SealedName => ({
  environmentId: '7f1c',
  key: 'JWT_SECRET_KEY',
  rotationId,
  role: 'old',
});

/** An OS keychain in memory that can be out of reach: the real one has tests of its own, and a crash test of this. */
class MemoryKeychain implements MovableStore {
  readonly backend = 'os';
  readonly entries = new Map<string, Secret>();
  /** Entries that were stored and are gone. */
  readonly lost = new Set<string>();
  state: KeychainProbe['state'] = 'durable';

  async get(name: string): Promise<Secret | null> {
    this.#answer();
    if (this.lost.has(name))
      throw new RekeyError('keychain-entry-missing', { message: 'It is gone.', remedy: 'Restore it.' });
    return this.entries.get(name) ?? null;
  }
  async put(name: string, secret: Secret): Promise<void> {
    this.#answer();
    this.entries.set(name, secret);
  }
  async remove(name: string): Promise<void> {
    this.#answer();
    this.entries.delete(name);
    this.lost.delete(name);
  }
  async names(): Promise<string[]> {
    return [...this.entries.keys(), ...this.lost];
  }
  async empty(): Promise<void> {
    for (const name of await this.names()) await this.remove(name);
  }
  async probe(): Promise<KeychainProbe> {
    return { backend: 'os', state: this.state, store: 'Test', message: `It is ${this.state}.`, remedy: null };
  }
  #answer(): void {
    if (this.state !== 'durable')
      throw new RekeyError(`keychain-${this.state}`, { message: `It is ${this.state}.`, remedy: '' });
  }
}

let folder: string;
let os: MemoryKeychain;
beforeEach(() => {
  folder = temporaryFolder();
  os = new MemoryKeychain();
});

/** A process with the same data folder and the same OS keychain. */
function start(environment: Record<string, string> = {}) {
  const identity = ownIdentity();
  const events: EventDraft[] = [];
  const warnings: string[] = [];
  const append = (draft: EventDraft) => void events.push(draft);
  const vault = new PassphraseVault(join(folder, 'vault.json'));
  const settings = new SettingsStore({
    path: join(folder, 'settings.json'),
    clock: systemClock,
    identity,
    append,
  });
  const section = new ExclusiveSection(
    { path: join(folder, 'wrapping-key.lock'), identity, clock: systemClock },
    'The wrapping key',
  );
  let moves = 0;
  const keychain: KeychainService = new KeychainService({
    stores: { os, vault },
    settings,
    sealed: () => sealed,
    wrappingKey: () => wrappingKey,
    append,
    recorded: (action, id) => events.some((event) => event.action === action && event.rotation_id === id),
    newId: () => {
      moves += 1;
      return `019ac0de-0000-7000-8000-${String(moves).padStart(12, '0')}`;
    },
    environment,
    warn: (line) => warnings.push(line),
  });
  const wrappingKey = new WrappingKey({
    credentials: () => keychain.credentials(),
    hasSealedFiles: () => sealed.list().length > 0,
    exclusively: (action) => section.run(action),
  });
  const sealed: FileSealedStore = new FileSealedStore(join(folder, 'sealed'), wrappingKey);
  return { keychain, sealed, vault, settings, events, warnings, section };
}

const opened = async (sealed: FileSealedStore) => (await sealed.open(value('first'))).reveal();
const code = async (action: Promise<unknown>) => {
  const error = await action.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RekeyError);
  return (error as RekeyError).code;
};
const actions = (events: readonly EventDraft[]) => events.map(({ action }) => action);

describe('choosing the other store', () => {
  it('takes the wrapping key and the credentials along, there and back', async () => {
    const { keychain, sealed, vault, settings, events } = start();
    await sealed.seal(value('first'), new Secret('a sealed value'));
    os.entries.set(health, new Secret('a health credential'));
    const key = os.entries.get(wrappingKeyName);

    expect(await keychain.createVault(passphrase)).toMatchObject({ backend: 'vault', state: 'durable' });
    expect([os.entries.size, settings.read().keychainMove]).toEqual([0, null]);
    expect(await vault.names()).toEqual([health, wrappingKeyName]);
    expect(await opened(sealed)).toBe('a sealed value');
    await sealed.seal(value('second'), new Secret('another one'));
    expect(actions(events)).toEqual(['vault-created', 'move-intended', 'keychain-chosen', 'moved']);
    expect(events[2]?.data).toEqual({ backend: 'vault', entries: 2, missing: [] });

    expect(await keychain.choose('os')).toMatchObject({ backend: 'os', state: 'durable' });
    // The file is gone with what was in it: another vault can be made later.
    expect(existsSync(join(folder, 'vault.json'))).toBe(false);
    expect([...os.entries.keys()].sort()).toEqual([health, wrappingKeyName]);
    expect(key && os.entries.get(wrappingKeyName)?.equals(key)).toBe(true);
    expect(await opened(sealed)).toBe('a sealed value');
    expect((await sealed.open(value('second'))).reveal()).toBe('another one');
    const said = JSON.stringify(events);
    for (const secret of ['a sealed value', 'a health credential', passphrase.reveal(), key?.reveal() ?? ''])
      expect(said).not.toContain(secret);
  });

  it('takes along a wrapping key that is just being replaced', async () => {
    const { keychain, sealed, vault } = start();
    await sealed.seal(value('first'), new Secret('a sealed value'));
    const former = os.entries.get(wrappingKeyName) as Secret;
    // As a crash between the two entries and the first sealed file leaves it.
    os.entries.set(`${wrappingKeyName}-former`, former);
    os.entries.set(wrappingKeyName, new Secret(Buffer.alloc(32, 7).toString('base64')));
    await keychain.createVault(passphrase);
    expect(await opened(sealed)).toBe('a sealed value');
    expect(await keychain.rotateWrappingKey()).toBe(1);
    expect(await vault.names()).toEqual([wrappingKeyName]);
    expect(await opened(sealed)).toBe('a sealed value');
  });

  it('a value that is sealed meanwhile waits, and is sealed under the key that was moved', async () => {
    const { keychain, sealed, vault, section } = start();
    await sealed.seal(value('first'), new Secret('a sealed value'));
    await vault.create(passphrase);
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const held = section.run(() => released);
    const work = [keychain.choose('vault'), sealed.seal(value('second'), new Secret('another one'))];
    release();
    await Promise.all([held, ...work]);
    expect((await sealed.open(value('second'))).reveal()).toBe('another one');
    expect(await opened(sealed)).toBe('a sealed value');
  });

  it('with nothing stored: another choice only', async () => {
    os.state = 'absent';
    const { keychain, settings } = start();
    expect(await keychain.createVault(passphrase)).toMatchObject({ backend: 'vault', state: 'durable' });
    expect(settings.read()).toMatchObject({ keychain: 'vault', keychainMove: null });
  });

  it('a credential that the old store lost does not hold it up, and is named', async () => {
    const { keychain, sealed, events } = start();
    await sealed.seal(value('first'), new Secret('a sealed value'));
    os.lost.add(health);
    await keychain.createVault(passphrase);
    expect(events.find(({ action }) => action === 'keychain-chosen')?.data).toEqual({
      backend: 'vault',
      entries: 1,
      missing: [health],
    });
  });
});

describe('refused, and nothing is changed', () => {
  it('a store that is not there or would not last', async () => {
    const { keychain, sealed, settings, events } = start();
    await sealed.seal(value('first'), new Secret('a sealed value'));
    expect(await code(keychain.choose('vault'))).toBe('vault-absent');
    await keychain.createVault(passphrase);
    const before = events.length;
    for (const state of ['volatile', 'locked', 'absent', 'denied'] as const) {
      os.state = state;
      expect(await code(keychain.choose('os'))).toBe(`keychain-${state}`);
    }
    expect(settings.read()).toMatchObject({ keychain: 'vault', keychainMove: null });
    expect(events).toHaveLength(before);
    expect(await opened(sealed)).toBe('a sealed value');
  });

  it('leaving a store that is locked now', async () => {
    const { keychain, sealed, vault, settings, events } = start();
    await sealed.seal(value('first'), new Secret('a sealed value'));
    os.state = 'locked';
    expect(await code(keychain.createVault(passphrase))).toBe('keychain-locked');
    os.state = 'durable';
    await keychain.choose('vault');
    vault.lock();
    expect(await code(keychain.choose('os'))).toBe('vault-locked');
    expect(settings.read()).toMatchObject({ keychain: 'vault', keychainMove: null });
    expect(actions(events)).toEqual(['vault-created', 'move-intended', 'keychain-chosen', 'moved']);
  });

  it('leaving a store that lost the key of sealed values', async () => {
    const { keychain, sealed, settings } = start();
    await sealed.seal(value('first'), new Secret('a sealed value'));
    const key = os.entries.get(wrappingKeyName) as Secret;
    os.entries.delete(wrappingKeyName);
    expect(await code(keychain.createVault(passphrase))).toBe('keychain-entry-missing');
    expect(settings.read().keychain).toBe('os');
    os.entries.set(wrappingKeyName, key);
    expect(await opened(sealed)).toBe('a sealed value');
    await keychain.choose('vault');
    expect(await opened(sealed)).toBe('a sealed value');
  });

  it('values that need the keys of both stores', async () => {
    const first = start();
    await first.sealed.seal(value('first'), new Secret('a sealed value'));
    // As REKEY_KEYCHAIN makes it possible: a second key, and a value under it.
    const other = start({ REKEY_KEYCHAIN: 'vault' });
    await other.vault.create(passphrase);
    await other.vault.put(wrappingKeyName, new Secret(Buffer.alloc(32, 9).toString('base64')));
    await other.sealed.seal(value('second'), new Secret('another one'));
    await first.vault.unlock(passphrase);
    expect(await code(first.keychain.choose('vault'))).toBe('illegal-move');
    expect(first.settings.read().keychain).toBe('os');
    expect(await opened(first.sealed)).toBe('a sealed value');
    expect((await other.sealed.open(value('second'))).reveal()).toBe('another one');
    // It was begun; staying is a choice as well, as far as nothing is lost by it.
    expect(await code(first.keychain.choose('os'))).toBe('illegal-move');
    await other.sealed.destroy(value('second'));
    await first.keychain.choose('os');
    expect(first.settings.read()).toMatchObject({ keychain: 'os', keychainMove: null });
  });

  it('where REKEY_KEYCHAIN decides', async () => {
    const { keychain, settings, vault } = start({ REKEY_KEYCHAIN: 'os' });
    expect(await code(keychain.createVault(passphrase))).toBe('illegal-move');
    expect([vault.exists(), settings.read().keychain]).toEqual([false, 'os']);
  });
});

describe('a key that only the new store’s own values need', () => {
  it('stays, and so do its newer credentials, where REKEY_KEYCHAIN named that store before', async () => {
    const { keychain, sealed, vault, settings } = start({ REKEY_KEYCHAIN: 'vault' });
    await vault.create(passphrase);
    await sealed.seal(value('first'), new Secret('a sealed value'));
    await vault.put(health, new Secret('the newer one'));
    os.entries.set(wrappingKeyName, new Secret(Buffer.alloc(32, 5).toString('base64')));
    os.entries.set(health, new Secret('the older one'));
    await keychain.choose('vault');
    expect(settings.read()).toMatchObject({ keychain: 'vault', keychainMove: null });
    expect(await opened(sealed)).toBe('a sealed value');
    expect((await vault.get(health))?.reveal()).toBe('the newer one');
    expect(os.entries.size).toBe(0);
  });
});

describe('a move that was interrupted', () => {
  it('the old store cannot be emptied now: said, and made up for by the next start', async () => {
    const { keychain, sealed, vault, settings, warnings } = start();
    await sealed.seal(value('first'), new Secret('a sealed value'));
    const { remove } = os;
    os.remove = () =>
      Promise.reject(new RekeyError('keychain-locked', { message: 'It is locked.', remedy: 'Unlock it.' }));
    await keychain.createVault(passphrase);
    expect(settings.read()).toMatchObject({ keychain: 'vault', keychainMove: { from: 'os', to: 'vault' } });
    expect(warnings).toEqual([
      'Rekey uses the passphrase vault now, but the OS keychain could not be emptied: It is locked.',
    ]);
    expect(await opened(sealed)).toBe('a sealed value');
    vault.lock();
    os.remove = remove;

    const next = start();
    // Nobody gave the passphrase yet: it stays as it is, and is told.
    await next.keychain.settle();
    expect(next.settings.read().keychainMove).not.toBeNull();
    expect(next.warnings).toHaveLength(1);
    await next.keychain.unlockVault(passphrase);
    expect([next.settings.read().keychainMove, os.entries.size]).toEqual([null, 0]);
    expect(actions(next.events)).toEqual(['moved']);
  });

  it('a vault is deleted by the next start without its passphrase', async () => {
    const { keychain, sealed, vault, settings } = start();
    await sealed.seal(value('first'), new Secret('a sealed value'));
    await keychain.createVault(passphrase);
    const { empty } = vault;
    vault.empty = () =>
      Promise.reject(new RekeyError('data-folder-unusable', { message: 'A full disk.', remedy: '' }));
    await keychain.choose('os');
    expect([settings.read().keychain, vault.exists()]).toEqual(['os', true]);
    vault.empty = empty;

    const next = start();
    await next.keychain.settle();
    expect([next.settings.read().keychainMove, next.vault.exists()]).toEqual([null, false]);
    expect(await opened(next.sealed)).toBe('a sealed value');
  });

  it('before anything was copied: an earlier vault opens with its own passphrase only', async () => {
    const { keychain, vault, settings } = start();
    // The process ended between making the vault and using it.
    await vault.create(passphrase);
    vault.lock();
    expect(await code(keychain.createVault(new Secret('some other four words')))).toBe(
      'vault-wrong-passphrase',
    );
    expect(settings.read()).toMatchObject({ keychain: 'os', keychainMove: null });
    await keychain.createVault(passphrase);
    expect(settings.read().keychain).toBe('vault');
  });
});
