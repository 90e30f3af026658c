import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SealedName } from '#electron/services/secrets/sealed-store.ts';
import { type KeychainStep, runKeychainProgram } from '#test/support/run-keychain-program.ts';
import { type SecretServiceSession, withSecretService } from '#test/support/secret-service.ts';

const name = 'environment/7f1c/health';
const put: KeychainStep = { do: 'put', name, value: 'a health credential' };
const get: KeychainStep = { do: 'get', name };
const probe: KeychainStep = { do: 'probe' };
const kernelOnly = ['keyctl', 'session', '-'];

const run = (session: SecretServiceSession, steps: KeychainStep[], wrapper: string[] = []) =>
  runKeychainProgram(session.environment, { folder: join(session.home, 'data'), steps }, wrapper);
const indexOf = (session: SecretServiceSession) =>
  readFileSync(join(session.home, 'data', 'keychain-index.json'), 'utf8');
const evaluate = (session: SecretServiceSession, code: string) =>
  execFileSync(process.execPath, ['-e', code], { env: session.environment, encoding: 'utf8' });
const refused = (code: string) => ({
  error: code,
  message: expect.stringMatching(/keychain|key store/i),
  remedy: expect.stringContaining('REKEY_KEYCHAIN=vault'),
});

describe('an unlocked gnome-keyring', () => {
  it('is durable, keeps a credential over a restart, and gives it up', () =>
    withSecretService(async (session) => {
      expect(await run(session, [probe, get, put, get])).toEqual([
        expect.objectContaining({ backend: 'os', state: 'durable', remedy: null }),
        null,
        'stored',
        'a health credential',
      ]);
      expect(indexOf(session)).toContain(name);
      expect(indexOf(session)).not.toContain('a health credential');
      await session.change('unlocked');
      expect(await run(session, [get, { do: 'remove', name }, get])).toEqual([
        'a health credential',
        'removed',
        null,
      ]);
      expect(indexOf(session)).not.toContain(name);
    }));

  it('leaves no probe entry behind', () =>
    withSecretService(async (session) => {
      await run(session, [probe, put, probe]);
      const list =
        "require('@napi-rs/keyring/keytar.js').findCredentials('Rekey').then((found) => console.log(JSON.stringify(found.map(({ account }) => account))))";
      const accounts = JSON.parse(evaluate(session, list)) as string[];
      expect(accounts).toEqual([expect.stringMatching(/^[0-9a-f-]{36}\/environment\/7f1c\/health$/)]);
    }));

  it('keeps the entries of two data folders apart', () =>
    withSecretService(async (session) => {
      const other = join(session.home, 'other');
      await run(session, [put]);
      const steps: KeychainStep[] = [get, { do: 'put', name, value: 'of the other folder' }];
      expect(await runKeychainProgram(session.environment, { folder: other, steps })).toEqual([
        null,
        'stored',
      ]);
      expect(await run(session, [get])).toEqual(['a health credential']);
    }));

  it('tells an entry that vanished from one that never was', () =>
    withSecretService(async (session) => {
      await run(session, [put]);
      const index = JSON.parse(indexOf(session)) as { installationId: string };
      const keytar = `require('@napi-rs/keyring/keytar.js').deletePassword('Rekey', '${index.installationId}/${name}')`;
      evaluate(session, keytar);
      expect(await run(session, [get, { do: 'get', name: 'never/stored' }])).toEqual([
        expect.objectContaining({ error: 'keychain-entry-missing' }),
        null,
      ]);
    }));
});

describe('a locked gnome-keyring', () => {
  it('is told from an empty one, loses nothing, and works again when unlocked', () =>
    withSecretService(async (session) => {
      await run(session, [put]);
      await session.change('locked');
      expect(await run(session, [probe, get, put, { do: 'remove', name }])).toEqual([
        expect.objectContaining({ state: 'locked', remedy: expect.stringContaining('Unlock') }),
        refused('keychain-locked'),
        refused('keychain-locked'),
        refused('keychain-locked'),
      ]);
      expect(indexOf(session)).toContain(name);
      await session.change('unlocked');
      expect(await run(session, [get])).toEqual(['a health credential']);
    }));
});

describe.each(['no-service', 'no-bus'] as const)('with %s', (state) => {
  it('is absent, stores nothing, and does not take a stored entry for missing', () =>
    withSecretService(async (session) => {
      await run(session, [put]);
      await session.change(state);
      const [probed, got] = await run(session, [probe, get]);
      expect(probed).toEqual(expect.objectContaining({ state: 'absent' }));
      expect(got).toEqual({
        error: expect.stringMatching(/^keychain-(absent|volatile)$/),
        message: expect.any(String),
        remedy: expect.stringContaining('REKEY_KEYCHAIN=vault'),
      });
      expect(await run(session, [put])).toEqual([refused('keychain-absent')]);
      const [removed] = await run(session, [{ do: 'remove', name }]);
      expect(removed).toHaveProperty('error');
      expect(indexOf(session)).toContain(name);
      await session.change('unlocked');
      expect(await run(session, [get])).toEqual(['a health credential']);
    }));
});

describe.each([
  ['and nothing else', []],
  ['and the kernel’s keyutils beside it', kernelOnly],
])('with a keyring that may not be asked, %s', (_how, wrapper) => {
  it('is denied, stores nothing, and does not take a stored entry for missing', () =>
    withSecretService(async (session) => {
      await run(session, [put]);
      await session.change('denied');
      expect(await run(session, [probe, get, put, { do: 'remove', name }], wrapper)).toEqual([
        expect.objectContaining({
          state: 'denied',
          message: expect.stringContaining('refused'),
          remedy: expect.stringContaining('sandbox'),
        }),
        refused('keychain-denied'),
        refused('keychain-denied'),
        refused('keychain-denied'),
      ]);
      expect(indexOf(session)).toContain(name);
      await session.change('unlocked');
      expect(await run(session, [get])).toEqual(['a health credential']);
    }));
});

describe('with only the kernel’s keyutils', () => {
  it('is volatile and refused, although writing and reading work', () =>
    withSecretService(async (session) => {
      mkdirSync(join(session.home, 'data'));
      expect(await run(session, [probe, put, get], kernelOnly)).toEqual([
        expect.objectContaining({ state: 'volatile', message: expect.stringContaining('restart') }),
        refused('keychain-volatile'),
        null,
      ]);
    }, 'no-bus'));
});

describe('sealed values under a wrapping key in the keychain', () => {
  const sealed: SealedName = { environmentId: '7f1c', key: 'JWT_SECRET_KEY', rotationId: 'r1', role: 'old' };

  it('open in another process, survive a new wrapping key, and are not readable while the keychain is locked', () =>
    withSecretService(async (session) => {
      const seal: KeychainStep = { do: 'seal', name: sealed, value: 'the old value' };
      expect(await run(session, [seal])).toEqual(['sealed']);
      expect(await run(session, [{ do: 'open', name: sealed }, { do: 'rotate' }])).toEqual([
        'the old value',
        1,
      ]);
      expect(await run(session, [{ do: 'open', name: sealed }])).toEqual(['the old value']);
      await session.change('locked');
      expect(
        await run(session, [
          { do: 'open', name: sealed },
          { ...seal, value: 'another' },
        ]),
      ).toEqual([refused('keychain-locked'), refused('keychain-locked')]);
      await session.change('unlocked');
      expect(await run(session, [{ do: 'open', name: sealed }])).toEqual(['the old value']);
    }));
});
