import type { Services } from '#electron/services/compose.ts';
import { Secret } from '#shared/model/secret.ts';
import type { Handlers } from '../answer.ts';

type Channels =
  | 'settings.set-operator'
  | 'settings.set-theme'
  | 'settings.set-contacts'
  | 'keychain.probe'
  | 'keychain.choose'
  | 'keychain.rotate-wrapping-key'
  | 'vault.create'
  | 'vault.unlock'
  | 'vault.change-passphrase';

/** Who acts, how the window looks, where credentials are kept. */
export function settingsHandlers({ settings, keychain }: Services): Pick<Handlers, Channels> {
  return {
    'settings.set-operator': (operator) => settings.setOperator(operator),
    'settings.set-theme': ({ theme }) => settings.setTheme(theme),
    'settings.set-contacts': ({ contacts }) => settings.setContacts(contacts),
    'keychain.probe': () => keychain.probe(),
    'keychain.choose': ({ backend }) => keychain.choose(backend),
    'keychain.rotate-wrapping-key': async () => ({ resealed: await keychain.rotateWrappingKey() }),
    'vault.create': ({ passphrase }) => keychain.createVault(new Secret(passphrase)),
    'vault.unlock': ({ passphrase }) => keychain.unlockVault(new Secret(passphrase)),
    'vault.change-passphrase': async ({ current, next }) => {
      await keychain.changeVaultPassphrase(new Secret(current), new Secret(next));
      return null;
    },
  };
}
