import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CredentialStore } from '#electron/services/keychain/credential-store.ts';
import { WrappingKey } from '#electron/services/keychain/wrapping-key.ts';
import { FileSealedStore } from '#electron/services/secrets/file-sealed-store.ts';
import type { SealedName } from '#electron/services/secrets/sealed-store.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';

const first: SealedName = {
  environmentId: 'env-1',
  key: 'JWT_SECRET_KEY',
  rotationId: 'rotation-1',
  role: 'old',
};
const code = (expected: string) => expect.objectContaining({ code: expected });

/** Stands in for the keychain: the real ones are tested in test/integration/keychain. `fail` breaks the next call. */
class InMemoryCredentialsFake implements CredentialStore {
  readonly backend = 'os';
  readonly entries = new Map<string, Secret>();
  failAt: string | null = null;

  #mayFail(call: string): void {
    if (this.failAt !== call) return;
    this.failAt = null;
    throw new RekeyError('keychain-locked', { message: 'locked', remedy: 'unlock' });
  }
  async get(name: string): Promise<Secret | null> {
    this.#mayFail(`get ${name}`);
    return this.entries.get(name) ?? null;
  }
  async put(name: string, value: Secret): Promise<void> {
    this.#mayFail(`put ${name}`);
    this.entries.set(name, value);
  }
  async remove(name: string): Promise<void> {
    this.#mayFail(`remove ${name}`);
    this.entries.delete(name);
  }
  async probe(): Promise<never> {
    throw new Error('not asked for here');
  }
}

function storeIn(folder: string, credentials: CredentialStore) {
  const wrappingKey: WrappingKey = new WrappingKey({
    credentials: async () => credentials,
    hasSealedFiles: () => sealed.list().length > 0,
    exclusively: (action) => action(),
  });
  const sealed: FileSealedStore = new FileSealedStore(join(folder, 'sealed'), wrappingKey);
  return { sealed, wrappingKey };
}

let folder: string;
let credentials: InMemoryCredentialsFake;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rekey-sealed-'));
  credentials = new InMemoryCredentialsFake();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = (name: SealedName) =>
  join(folder, 'sealed', name.environmentId, `${name.rotationId}.${name.key}.${name.role}.sealed`);

describe('sealed values', () => {
  it('give back any value, and show none of it on the disk', async () => {
    const { sealed } = storeIn(folder, credentials);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (value) => {
        await sealed.seal(first, new Secret(value));
        expect((await sealed.open(first)).reveal()).toBe(value);
      }),
      { numRuns: 60 },
    );
    await sealed.seal(first, new Secret('in the clear, never'));
    const text = readFileSync(fileOf(first), 'latin1');
    expect(text).not.toContain('clear');
    expect(text).not.toContain(Buffer.from('in the clear').toString('hex'));
    if (process.platform !== 'win32') {
      expect(statSync(fileOf(first)).mode & 0o777).toBe(0o600);
      expect(statSync(dirname(fileOf(first))).mode & 0o777).toBe(0o700);
    }
    expect(readdirSync(dirname(fileOf(first)))).toHaveLength(1);
  });

  it('never use a nonce twice', async () => {
    const { sealed } = storeIn(folder, credentials);
    const nonces = new Set<string>();
    for (let round = 0; round < 50; round += 1) {
      await sealed.seal(first, new Secret('the same'));
      nonces.add((JSON.parse(readFileSync(fileOf(first), 'utf8')) as { nonce: string }).nonce);
    }
    expect(nonces.size).toBe(50);
  });

  it('refuse every change of every byte', async () => {
    const { sealed } = storeIn(folder, credentials);
    await sealed.seal(first, new Secret('a value'));
    const intact = readFileSync(fileOf(first));
    for (let index = 0; index < intact.length; index += 1) {
      for (const bit of [0x01, 0x04, 0x20, 0x80]) {
        const changed = Buffer.from(intact);
        changed[index] = (changed[index] ?? 0) ^ bit;
        writeFileSync(fileOf(first), changed);
        await expect(sealed.open(first), `byte ${index}, bit ${bit}`).rejects.toEqual(code('sealed-damaged'));
      }
    }
    for (let length = 0; length < intact.length; length += 1) {
      writeFileSync(fileOf(first), intact.subarray(0, length));
      await expect(sealed.open(first), `cut at ${length}`).rejects.toEqual(code('sealed-damaged'));
    }
    writeFileSync(fileOf(first), Buffer.concat([intact, Buffer.from(' ')]));
    await expect(sealed.open(first)).rejects.toEqual(code('sealed-damaged'));
    writeFileSync(fileOf(first), intact);
    expect((await sealed.open(first)).reveal()).toBe('a value');
  });

  it.each([
    ['another rotation', { rotationId: 'rotation-2' }],
    ['another environment', { environmentId: 'env-2' }],
    ['another key', { key: 'API_SIGNING_KEY' }],
    ['the other role', { role: 'new' as const }],
  ])('refuse a file that was moved from %s, even when its text was made to fit', async (_what, change) => {
    const { sealed } = storeIn(folder, credentials);
    const target = { ...first, ...change };
    await sealed.seal(first, new Secret('one'));
    await sealed.seal(target, new Secret('two'));
    copyFileSync(fileOf(first), fileOf(target));
    await expect(sealed.open(target)).rejects.toEqual(code('sealed-damaged'));
    const claims = JSON.parse(readFileSync(fileOf(first), 'utf8')) as object;
    writeFileSync(fileOf(target), `${JSON.stringify({ ...claims, ...change })}\n`);
    await expect(sealed.open(target)).rejects.toEqual(code('sealed-damaged'));
  });

  it('refuse a file from another installation', async () => {
    const { sealed } = storeIn(folder, credentials);
    await sealed.seal(first, new Secret('one'));
    const elsewhere = storeIn(join(folder, 'elsewhere'), new InMemoryCredentialsFake());
    await elsewhere.sealed.seal(first, new Secret('two'));
    copyFileSync(
      join(folder, 'elsewhere', 'sealed', 'env-1', 'rotation-1.JWT_SECRET_KEY.old.sealed'),
      fileOf(first),
    );
    await expect(sealed.open(first)).rejects.toEqual(code('sealed-damaged'));
  });

  it('are listed, and destroyed once or twice', async () => {
    const { sealed } = storeIn(folder, credentials);
    const second: SealedName = { ...first, environmentId: 'env-2', role: 'new' };
    await sealed.seal(first, new Secret('one'));
    await sealed.seal(second, new Secret('two'));
    writeFileSync(join(folder, 'sealed', 'a stray file'), '');
    writeFileSync(join(folder, 'sealed', 'stray'), '');
    expect(sealed.list()).toEqual([first, second]);
    expect(sealed.list('env-2')).toEqual([second]);
    expect(sealed.list('../sealed/env-2')).toEqual([]);
    await sealed.destroy(first);
    await sealed.destroy(first);
    expect([sealed.has(first), existsSync(fileOf(first)), sealed.has(second)]).toEqual([false, false, true]);
    await expect(sealed.open(first)).rejects.toEqual(code('sealed-missing'));
  });

  it.each(['../env', 'a/b', '', '.', 'a\0b', 'a b', 'x'.repeat(200)])(
    'refuse the path part %j',
    async (part) => {
      const { sealed } = storeIn(folder, credentials);
      await expect(sealed.seal({ ...first, rotationId: part }, new Secret('x'))).rejects.toBeInstanceOf(
        RangeError,
      );
      expect(existsSync(join(folder, 'sealed'))).toBe(false);
    },
  );
});

describe('the wrapping key', () => {
  it('is made once, has 32 bytes, and is never made anew while something is sealed under it', async () => {
    const { sealed } = storeIn(folder, credentials);
    await sealed.seal(first, new Secret('one'));
    const stored = credentials.entries.get('wrapping-key');
    expect(Buffer.from(stored?.reveal() ?? '', 'base64')).toHaveLength(32);
    await sealed.seal({ ...first, role: 'new' }, new Secret('two'));
    expect(credentials.entries.get('wrapping-key')).toBe(stored);
    credentials.entries.clear();
    await expect(sealed.seal(first, new Secret('three'))).rejects.toEqual(code('keychain-entry-missing'));
    await expect(sealed.open(first)).rejects.toEqual(code('keychain-entry-missing'));
    expect(credentials.entries.size).toBe(0);
  });

  it('is replaced with every value sealed again', async () => {
    const { sealed, wrappingKey } = storeIn(folder, credentials);
    const names = ['a', 'b', 'c'].map((rotationId) => ({ ...first, rotationId }));
    for (const name of names) await sealed.seal(name, new Secret(`value ${name.rotationId}`));
    const before = credentials.entries.get('wrapping-key')?.reveal();
    expect(await wrappingKey.rotate((key) => sealed.resealAll(key))).toBe(3);
    expect([...credentials.entries.keys()]).toEqual(['wrapping-key']);
    expect(credentials.entries.get('wrapping-key')?.reveal()).not.toBe(before);
    for (const name of names) expect((await sealed.open(name)).reveal()).toBe(`value ${name.rotationId}`);
  });

  it.each([
    'get wrapping-key',
    'get wrapping-key-former',
    'put wrapping-key-former',
    'put wrapping-key',
    'remove wrapping-key-former',
  ])('loses nothing when its replacement stops at "%s", and finishes when asked again', async (call) => {
    const { sealed, wrappingKey } = storeIn(folder, credentials);
    const names = ['a', 'b', 'c'].map((rotationId) => ({ ...first, rotationId }));
    for (const name of names) await sealed.seal(name, new Secret(`value ${name.rotationId}`));
    credentials.failAt = call;
    await expect(wrappingKey.rotate((key) => sealed.resealAll(key))).rejects.toEqual(code('keychain-locked'));
    for (const name of names) expect((await sealed.open(name)).reveal()).toBe(`value ${name.rotationId}`);
    expect(await wrappingKey.rotate((key) => sealed.resealAll(key))).toBe(3);
    expect([...credentials.entries.keys()]).toEqual(['wrapping-key']);
    for (const name of names) expect((await sealed.open(name)).reveal()).toBe(`value ${name.rotationId}`);
  });

  it('loses nothing when its replacement stops among the files', async () => {
    const { sealed, wrappingKey } = storeIn(folder, credentials);
    const names = ['a', 'b', 'c'].map((rotationId) => ({ ...first, rotationId }));
    for (const name of names) await sealed.seal(name, new Secret(`value ${name.rotationId}`));
    const broken = fileOf({ ...first, rotationId: 'b' });
    const intact = readFileSync(broken);
    writeFileSync(broken, 'damaged');
    await expect(wrappingKey.rotate((key) => sealed.resealAll(key))).rejects.toEqual(code('sealed-damaged'));
    expect(credentials.entries.size).toBe(2);
    writeFileSync(broken, intact);
    for (const name of names) expect((await sealed.open(name)).reveal()).toBe(`value ${name.rotationId}`);
    expect(await wrappingKey.rotate((key) => sealed.resealAll(key))).toBe(3);
    for (const name of names) expect((await sealed.open(name)).reveal()).toBe(`value ${name.rotationId}`);
    expect(credentials.entries.size).toBe(1);
  });
});
