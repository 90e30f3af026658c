import { RekeyError } from '#shared/model/errors.ts';
import type { SshConnectionsOptions } from '../ssh-connections.ts';
import type { CredentialStore } from './credential-store.ts';
import { KeychainIndex } from './keychain-index.ts';
import { chosenBackend, openCredentialStore } from './open-credential-store.ts';
import { OsKeychain } from './os-keychain.ts';
import { PassphraseVault } from './passphrase-vault.ts';

/** The chosen store, to read from: for a status, which needs nothing else of the keychain. */
export function storedCredentials({
  folder,
  settings,
  environment,
}: SshConnectionsOptions): Promise<CredentialStore> {
  const stores = {
    os: new OsKeychain(new KeychainIndex(folder.keychainIndex)),
    vault: new PassphraseVault(folder.vault, () => {
      throw new RekeyError('internal', {
        message: 'A status does not change the vault.',
        remedy: 'Report this: it is a defect of Rekey.',
      });
    }),
  };
  const backend = chosenBackend(environment, settings.read().keychain);
  return openCredentialStore(backend, stores, environment, () => {});
}
