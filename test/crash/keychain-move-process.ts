import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { composeKeychain } from '#electron/services/compose-keychain.ts';
import { layFoundation } from '#electron/services/foundation.ts';
import { KeychainIndex } from '#electron/services/keychain/keychain-index.ts';
import { OsKeychain } from '#electron/services/keychain/os-keychain.ts';
import type { SealedName } from '#electron/services/secrets/sealed-store.ts';
import { dataFolder } from '#electron/storage/data-folder.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { UuidV7Generator } from '#shared/logic/uuid-v7.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import { credentialName, type KeychainBackend } from '#shared/model/keychain.ts';
import { Secret } from '#shared/model/secret.ts';

/**
 * The keychain as the application composes it, over a data folder:
 *   keychain-move-process prepare DATA BACKEND   seals two values and stores a credential
 *   keychain-move-process choose DATA BACKEND    what is killed, and what a person does again
 *   keychain-move-process settle DATA            what the next start does by itself
 *   keychain-move-process look DATA              prints what is where, as JSON (`MoveFindings`)
 */
export interface MoveFindings {
  inUse: KeychainBackend;
  isMoveOpen: boolean;
  /** What the values and the credential read as, through the store in use. */
  values: (string | null)[];
  credential: string | null;
  /** How many entries each store has; null for a vault that is not there. */
  entries: { os: number; vault: number | null };
  actions: string[];
  isLogWhole: boolean;
}

const [operation, data = '', backend] = process.argv.slice(2) as [string, string, KeychainBackend];
const environmentId = '0b9d1f6e-8f7c-4a54-9d3b-3f0c1f7a2d10';
const names = ['first', 'second'].map(
  (rotationId): SealedName => ({ environmentId, key: 'JWT_SECRET_KEY', rotationId, role: 'old' }),
);
const health = credentialName(environmentId, 'health');
const passphraseFile = join(data, '..', 'passphrase');
writeFileSync(passphraseFile, 'four words for a test\n', { mode: 0o600 });

const folder = dataFolder(data);
const foundation = layFoundation({
  folder,
  environment: { REKEY_OPERATOR: 'ada@example.org', REKEY_PASSPHRASE_FILE: passphraseFile },
});
const ids = new UuidV7Generator(randomBytes);
const { keychain, credentials, sealed } = composeKeychain(foundation, {
  newId: () => ids.next(systemClock.now()),
  warn: () => {},
});

if (operation === 'prepare') {
  await keychain.choose(backend);
  for (const name of names) await sealed.seal(name, new Secret(`the ${name.rotationId} value`));
  await credentials.put(health, new Secret('a credential'));
} else if (operation === 'choose') await keychain.choose(backend);
else if (operation === 'settle') await keychain.settle();
else process.stdout.write(JSON.stringify(await findings()));
keychain.lock();
await foundation.close();

async function findings(): Promise<MoveFindings> {
  const { settings, log } = foundation;
  const { keychain: inUse, keychainMove } = settings.read();
  const values: (string | null)[] = [];
  for (const name of names) values.push((await sealed.open(name)).reveal());
  const os = new OsKeychain(new KeychainIndex(folder.keychainIndex));
  const osNames = await os.names();
  let inOs = 0;
  for (const name of osNames) if (await isThere(os, name)) inOs += 1;
  return {
    inUse,
    isMoveOpen: keychainMove !== null,
    values,
    credential: (await credentials.get(health))?.reveal() ?? null,
    entries: { os: inOs, vault: await entriesOfVault() },
    actions: [...log.scan()].map(({ action }) => action),
    isLogWhole: (await log.verify()).intact,
  };
}

/** A kill may have come between the entry and the list of entries. */
async function isThere(store: OsKeychain, name: string): Promise<boolean> {
  try {
    return (await store.get(name)) !== null;
  } catch (error) {
    if (isRekeyError(error, 'keychain-entry-missing')) return false;
    throw error;
  }
}

/** Opened here for itself: the one in use may be the other store. */
async function entriesOfVault(): Promise<number | null> {
  const { PassphraseVault } = await import('#electron/services/keychain/passphrase-vault.ts');
  const vault = new PassphraseVault(folder.vault);
  if (!vault.exists()) return null;
  try {
    await vault.unlock(new Secret('four words for a test'));
    return (await vault.names()).length;
  } catch (error) {
    if (isRekeyError(error)) return -1;
    throw error;
  }
}
