import { readFileSync } from 'node:fs';
import { isOpenToOthers } from '#electron/storage/private-file.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { KeychainBackend } from '#shared/model/keychain.ts';
import { Secret } from '#shared/model/secret.ts';
import type { CredentialStore, MovableStore } from './credential-store.ts';
import type { PassphraseVault } from './passphrase-vault.ts';

export interface CredentialStores {
  os: MovableStore;
  vault: PassphraseVault;
}

/** REKEY_KEYCHAIN wins over the setting. Throws `usage` for another word. */
export function chosenBackend(
  environment: Readonly<Record<string, string | undefined>>,
  setting: KeychainBackend,
): KeychainBackend {
  const given = environment.REKEY_KEYCHAIN;
  if (given === undefined || given === '') return setting;
  if (given === 'os' || given === 'vault') return given;
  throw new RekeyError('usage', {
    message: `REKEY_KEYCHAIN cannot be "${given}".`,
    remedy: 'Use "os" for the OS keychain, or "vault" for the passphrase vault.',
  });
}

/**
 * The store to use. A vault is opened with REKEY_PASSPHRASE_FILE where that is given (and made, when there is none
 * yet); in the window it is unlocked by the person. Nothing weaker is ever chosen silently.
 */
export async function openCredentialStore(
  backend: KeychainBackend,
  stores: CredentialStores,
  environment: Readonly<Record<string, string | undefined>>,
  warn: (line: string) => void = () => {},
): Promise<CredentialStore> {
  if (backend === 'os') return stores.os;
  const file = environment.REKEY_PASSPHRASE_FILE;
  if (!stores.vault.unlocked && file) {
    const passphrase = readPassphrase(file, environment, warn);
    if (stores.vault.exists()) await stores.vault.unlock(passphrase);
    else await stores.vault.create(passphrase);
  }
  return stores.vault;
}

function readPassphrase(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
  warn: (line: string) => void,
): Secret {
  let text: string;
  try {
    if (isOpenToOthers(path, environment)) {
      warn(`The passphrase file ${path} can be read by others. Mend it with: chmod 600 ${path}`);
    }
    text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new RekeyError('vault-locked', {
      message: `The passphrase file ${path} cannot be read.`,
      remedy: 'Give REKEY_PASSPHRASE_FILE a file that exists and that you may read.',
      cause,
    });
  }
  if (text === '') {
    throw new RekeyError('vault-locked', {
      message: `The passphrase file ${path} is empty.`,
      remedy: 'Write the passphrase into its first line.',
    });
  }
  return new Secret(text);
}
