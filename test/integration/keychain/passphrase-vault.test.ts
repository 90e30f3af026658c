import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeychainIndex } from '#electron/services/keychain/keychain-index.ts';
import { chosenBackend, openCredentialStore } from '#electron/services/keychain/open-credential-store.ts';
import { OsKeychain } from '#electron/services/keychain/os-keychain.ts';
import { PassphraseVault } from '#electron/services/keychain/passphrase-vault.ts';
import { Secret } from '#shared/model/secret.ts';

// Every derivation of a key takes about half a second and 128 MiB, on purpose: few per test.
const passphrase = new Secret('four words for a test');
const other = new Secret('another set of words');
const code = (expected: string) => expect.objectContaining({ code: expected });

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rekey-vault-'));
  path = join(folder, 'data', 'vault.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function vaultWithEntry(): Promise<PassphraseVault> {
  const vault = new PassphraseVault(path);
  await vault.create(passphrase);
  await vault.put('wrapping-key', new Secret('entry one'));
  return vault;
}

describe('the passphrase vault', () => {
  it('keeps entries over a restart, for its owner only, and shows none of them in the file', async () => {
    const first = await vaultWithEntry();
    expect((await first.probe()).state).toBe('durable');
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
    const text = readFileSync(path, 'utf8');
    expect(text).not.toContain('entry one');
    expect(text).not.toContain('wrapping-key');
    expect(JSON.parse(text).kdf).toMatchObject({ name: 'scrypt', N: 131_072, r: 8, p: 1 });

    const second = new PassphraseVault(path);
    expect((await second.probe()).state).toBe('locked');
    await expect(second.get('wrapping-key')).rejects.toEqual(code('vault-locked'));
    await second.unlock(passphrase);
    expect((await second.get('wrapping-key'))?.reveal()).toBe('entry one');
    await second.remove('wrapping-key');
    expect(await second.get('wrapping-key')).toBeNull();
    second.lock();
    await expect(second.put('x', new Secret('y'))).rejects.toEqual(code('vault-locked'));
  });

  it('tells a missing vault, a wrong passphrase and damage apart', async () => {
    await expect(new PassphraseVault(path).unlock(passphrase)).rejects.toEqual(code('vault-absent'));
    await vaultWithEntry();
    await expect(new PassphraseVault(path).unlock(other)).rejects.toEqual(code('vault-wrong-passphrase'));
    await expect(new PassphraseVault(path).create(other)).rejects.toEqual(code('file-exists'));
    expect((await new PassphraseVault(path).probe()).state).toBe('locked');
  });

  it('recognises every changed byte as damage, before it tries the passphrase', async () => {
    const vault = await vaultWithEntry();
    const intact = readFileSync(path);
    const unnoticed: number[] = [];
    for (let index = 0; index < intact.length; index += 1) {
      const changed = Buffer.from(intact);
      changed[index] = (changed[index] ?? 0) ^ 0x11;
      writeFileSync(path, changed);
      const outcome = await vault.get('wrapping-key').then(
        (value) => value?.reveal(),
        (error: { code?: string }) => error.code,
      );
      // White space between the fields is nobody's content: there the entry may still be read, and rightly.
      if (
        outcome !== 'vault-damaged' &&
        !(outcome === 'entry one' && /\s/.test(String.fromCharCode(intact[index] ?? 0)))
      )
        unnoticed.push(index);
    }
    expect(unnoticed).toEqual([]);
    for (const broken of ['', '{', 'null', '[]', '{"schemaVersion":1}', intact.subarray(0, 200)]) {
      writeFileSync(path, broken);
      await expect(vault.get('wrapping-key')).rejects.toEqual(code('vault-damaged'));
    }
    writeFileSync(path, intact);
    expect((await vault.get('wrapping-key'))?.reveal()).toBe('entry one');
  });

  it('changes its passphrase, keeps the entries, and locks whoever has it open elsewhere', async () => {
    const window = await vaultWithEntry();
    const command = new PassphraseVault(path);
    await expect(command.changePassphrase(other, passphrase)).rejects.toEqual(code('vault-wrong-passphrase'));
    await command.changePassphrase(passphrase, other);
    expect((await command.get('wrapping-key'))?.reveal()).toBe('entry one');
    await expect(window.get('wrapping-key')).rejects.toEqual(code('vault-locked'));
    expect(window.unlocked).toBe(false);
    await expect(window.unlock(passphrase)).rejects.toEqual(code('vault-wrong-passphrase'));
    await window.unlock(other);
    expect((await window.get('wrapping-key'))?.reveal()).toBe('entry one');
  });

  it('does not lose what another process stored meanwhile', async () => {
    const window = await vaultWithEntry();
    const command = new PassphraseVault(path);
    await command.unlock(passphrase);
    await command.put('from the command', new Secret('two'));
    expect((await window.get('from the command'))?.reveal()).toBe('two');
    await window.put('from the window', new Secret('three'));
    expect((await command.get('from the window'))?.reveal()).toBe('three');
    expect((await command.get('from the command'))?.reveal()).toBe('two');
  });

  it('makes one vault when two make it at once', async () => {
    const [one, two] = [new PassphraseVault(path), new PassphraseVault(path)];
    const outcomes = await Promise.allSettled([one.create(passphrase), two.create(passphrase)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'file-exists' },
    });
  });

  it('lets timers run while it derives the key', async () => {
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 5);
    await new PassphraseVault(path).create(passphrase);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
  });

  it('refuses a short passphrase before it writes anything', async () => {
    await expect(new PassphraseVault(path).create(new Secret('too short'))).rejects.toEqual(
      code('invalid-input'),
    );
    expect(new PassphraseVault(path).exists()).toBe(false);
  });
});

describe('the choice of a store', () => {
  const stores = () => ({
    os: new OsKeychain(new KeychainIndex(join(folder, 'data', 'keychain-index.json'))),
    vault: new PassphraseVault(path),
  });
  const passphraseFile = (mode: number, text = 'four words for a test\n') => {
    const file = join(folder, 'passphrase');
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  };

  it('follows REKEY_KEYCHAIN before the setting, and refuses other words', () => {
    expect(chosenBackend({}, 'os')).toBe('os');
    expect(chosenBackend({}, 'vault')).toBe('vault');
    expect(chosenBackend({ REKEY_KEYCHAIN: 'vault' }, 'os')).toBe('vault');
    expect(chosenBackend({ REKEY_KEYCHAIN: 'os' }, 'vault')).toBe('os');
    expect(() => chosenBackend({ REKEY_KEYCHAIN: 'plaintext' }, 'os')).toThrow(code('usage'));
  });

  it('opens the vault with a passphrase file, and warns when others can read it', async () => {
    const warnings: string[] = [];
    const environment = { REKEY_PASSPHRASE_FILE: passphraseFile(0o600) };
    const made = await openCredentialStore('vault', stores(), environment, (line) => warnings.push(line));
    await made.put('x', new Secret('y'));
    expect(warnings).toEqual([]);
    chmodSync(environment.REKEY_PASSPHRASE_FILE, 0o644);
    const opened = await openCredentialStore('vault', stores(), environment, (line) => warnings.push(line));
    expect((await opened.get('x'))?.reveal()).toBe('y');
    expect(warnings).toEqual([expect.stringContaining('chmod 600')]);
    expect(warnings.join()).not.toContain('four words');
  });

  it('refuses a passphrase file that is missing or empty, and leaves no vault', async () => {
    for (const file of [join(folder, 'nowhere'), passphraseFile(0o600, '\n')]) {
      const environment = { REKEY_PASSPHRASE_FILE: file };
      await expect(openCredentialStore('vault', stores(), environment)).rejects.toEqual(code('vault-locked'));
    }
    expect(stores().vault.exists()).toBe(false);
  });

  it('stays locked without a passphrase, and never falls back to something weaker', async () => {
    await vaultWithEntry();
    const store = await openCredentialStore('vault', stores(), {});
    expect(store.backend).toBe('vault');
    await expect(store.put('x', new Secret('y'))).rejects.toEqual(code('vault-locked'));
  });
});
