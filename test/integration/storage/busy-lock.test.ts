import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { KeychainIndex } from '#electron/services/keychain/keychain-index.ts';
import { PassphraseVault } from '#electron/services/keychain/passphrase-vault.ts';
import { exclusiveChange } from '#electron/storage/exclusive-change.ts';
import { ExclusiveSection } from '#electron/storage/exclusive-section.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { VersionedFile } from '#electron/storage/versioned-file.ts';
import type { RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const passphrase = new Secret('a passphrase of the tests only');

/** Another process that keeps the lock until it is told to let go. */
async function heldByAnother(path: string): Promise<{ pid: number; letGo: () => Promise<void> }> {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'hold-lock.ts'), path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill();
  });
  expect(String((await once(child.stdout as NodeJS.ReadableStream, 'data'))[0])).toBe('held\n');
  return {
    pid: child.pid as number,
    letGo: async () => {
      child.stdin?.end();
      await once(child, 'exit');
    },
  };
}

const options = (path: string) => ({ path, identity: ownIdentity(), clock: systemClock });

/** What a person is told: who has it, that nothing was changed, and what to do. */
function told(subject: string, pid: number, lock: string): Partial<RekeyError> {
  return expect.objectContaining({
    name: 'RekeyError',
    code: 'data-folder-unusable',
    exitCode: 5,
    message: `${subject} being changed by process ${pid} on ${hostname()}, which did not finish in time.`,
    unchanged: 'Nothing was changed.',
    remedy: `Try again. If no Rekey runs there any more, remove ${lock}.`,
  });
}

describe('a lock that another process keeps', () => {
  it('stops changes of the passphrase vault, which stays as it was and can be read', async () => {
    const path = join(temporaryFolder(), 'vault.json');
    const lock = `${path}.lock`;
    const vault = new PassphraseVault(path, exclusiveChange(options(lock), 'The passphrase vault', 50));
    await vault.create(passphrase);
    await vault.put('one', new Secret('first'));
    const before = readFileSync(path);
    const other = await heldByAnother(lock);
    const busy = told('The passphrase vault is', other.pid, lock);
    await expect(vault.put('one', new Secret('second'))).rejects.toEqual(busy);
    await expect(vault.remove('one')).rejects.toEqual(busy);
    await expect(vault.changePassphrase(passphrase, new Secret('another long passphrase'))).rejects.toEqual(
      busy,
    );
    expect(readFileSync(path).equals(before)).toBe(true);
    expect((await vault.get('one'))?.reveal()).toBe('first');
    await other.letGo();
    await vault.put('one', new Secret('second'));
    expect((await vault.get('one'))?.reveal()).toBe('second');
    expect(existsSync(lock)).toBe(false);
  });

  it('stops changes of the list of keychain entries, and its beginning', async () => {
    const path = join(temporaryFolder(), 'keychain-index.json');
    const lock = `${path}.names.lock`;
    const index = () =>
      new KeychainIndex(path, exclusiveChange(options(lock), 'The list of keychain entries', 50));
    const first = await heldByAnother(lock);
    expect(() => index().installationId()).toThrow(told('The list of keychain entries is', first.pid, lock));
    expect(existsSync(path)).toBe(false);
    await first.letGo();
    index().intend('one');
    const second = await heldByAnother(lock);
    const busy = told('The list of keychain entries is', second.pid, lock);
    expect(() => index().intend('two')).toThrow(busy);
    expect(() => index().add('one')).toThrow(busy);
    expect(index().standing('one')).toBe('intended');
    await second.letGo();
    index().add('one');
    expect([index().standing('one'), index().standing('two')]).toEqual(['stored', 'unknown']);
  });

  it('stops work in an exclusive section before it has begun', async () => {
    const lock = join(temporaryFolder(), 'section.lock');
    const section = new ExclusiveSection(options(lock), 'The wrapping key', 50);
    const other = await heldByAnother(lock);
    let ran = false;
    const work = async () => {
      ran = true;
    };
    await expect(section.run(work)).rejects.toEqual(told('The wrapping key is', other.pid, lock));
    expect(ran).toBe(false);
    await other.letGo();
    await section.run(work);
    expect(ran).toBe(true);
  });

  it('stops changes of a configuration file', async () => {
    const path = join(temporaryFolder(), 'numbers.json');
    const file = new VersionedFile({
      ...options(path),
      what: 'The numbers',
      schema: z.object({ schemaVersion: z.literal(1), n: z.number() }),
      version: 1,
      initial: { schemaVersion: 1 as const, n: 0 },
      lockWaitMilliseconds: 50,
    });
    const other = await heldByAnother(`${path}.lock`);
    expect(() => file.update((now) => ({ ...now, n: 1 }))).toThrow(
      told('The numbers are', other.pid, `${path}.lock`),
    );
    await other.letGo();
    expect(file.update((now) => ({ ...now, n: 1 })).n).toBe(1);
  });
});

describe('a lock that cannot be made', () => {
  it('is reported with the place and what to look at', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, 'where the folder should be');
    const lock = join(file, 'x.lock');
    const broken = expect.objectContaining({
      code: 'data-folder-unusable',
      message: `The passphrase vault could not be read or written: ENOTDIR at ${lock}.`,
      remedy: expect.stringContaining('permissions'),
    });
    expect(() => exclusiveChange(options(lock), 'The passphrase vault')(() => 'never')).toThrow(broken);
    const section = new ExclusiveSection(options(lock), 'The passphrase vault');
    await expect(section.run(async () => 'never')).rejects.toEqual(broken);
  });
});
