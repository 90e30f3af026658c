import { exclusiveChange } from '#electron/storage/exclusive-change.ts';
import { ExclusiveSection } from '#electron/storage/exclusive-section.ts';
import type { Foundation } from './foundation.ts';
import { credentialsInUse } from './keychain/credentials-in-use.ts';
import { KeychainIndex } from './keychain/keychain-index.ts';
import { KeychainService } from './keychain/keychain-service.ts';
import { OsKeychain } from './keychain/os-keychain.ts';
import { PassphraseVault } from './keychain/passphrase-vault.ts';
import { WrappingKey } from './keychain/wrapping-key.ts';
import { FileSealedStore } from './secrets/file-sealed-store.ts';
import { recordedEvent } from './signer/recorded-event.ts';

export interface ComposeKeychainOptions {
  /** UUIDv7. */
  newId: () => string;
  /** Something that the person should know and that is no error. */
  warn: (line: string) => void;
}

/** The stores of credentials, the one in use, and the values that are sealed under the wrapping key in it. */
export function composeKeychain(foundation: Foundation, { newId, warn }: ComposeKeychainOptions) {
  const { clock, environment, folder, identity, log, settings } = foundation;
  const exclusively = (path: string, what: string) =>
    exclusiveChange({ path: `${path}.lock`, identity, clock }, what);
  const vault = new PassphraseVault(folder.vault, exclusively(folder.vault, 'The passphrase vault'));
  const index = new KeychainIndex(
    folder.keychainIndex,
    exclusively(`${folder.keychainIndex}.names`, 'The list of keychain entries'),
  );
  const keychain: KeychainService = new KeychainService({
    stores: { os: new OsKeychain(index), vault },
    settings,
    sealed: () => sealed,
    wrappingKey: () => wrappingKey,
    append: (draft) => log.append(draft),
    recorded: (action, id) => recordedEvent(log, 'keychain', action, id),
    newId,
    environment,
    warn,
  });
  const section = new ExclusiveSection(
    { path: `${folder.keychainIndex}.lock`, identity, clock },
    'The wrapping key',
  );
  const wrappingKey = new WrappingKey({
    credentials: () => keychain.credentials(),
    hasSealedFiles: () => sealed.list().length > 0,
    exclusively: (action) => section.run(action),
  });
  const sealed: FileSealedStore = new FileSealedStore(folder.sealed, wrappingKey);
  const credentials = credentialsInUse(keychain, (action) => section.run(action));
  return { keychain, credentials, sealed };
}
