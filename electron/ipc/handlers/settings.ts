import type { Services } from '#electron/services/compose.ts';
import type { KeychainProbe } from '#shared/model/keychain.ts';
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
export function settingsHandlers(
  { settings, keychain }: Services,
  window: { keepProbe: (probe: KeychainProbe) => void; changed: () => void },
): Pick<Handlers, Channels> {
  /** The window's standing notices depend on the keychain: they follow whatever was done to it. */
  const probedAfter = async (change: Promise<unknown>): Promise<KeychainProbe> => {
    await change;
    const probe = await keychain.probe();
    window.keepProbe(probe);
    window.changed();
    return probe;
  };
  return {
    'settings.set-operator': (operator) => settings.setOperator(operator),
    'settings.set-theme': ({ theme }) => {
      const changed = settings.setTheme(theme);
      window.changed();
      return changed;
    },
    'settings.set-contacts': ({ contacts }) => settings.setContacts(contacts),
    'keychain.probe': () => probedAfter(Promise.resolve()),
    'keychain.choose': ({ backend }) => probedAfter(keychain.choose(backend)),
    'keychain.rotate-wrapping-key': async () => ({ resealed: await keychain.rotateWrappingKey() }),
    'vault.create': ({ passphrase }) => probedAfter(keychain.createVault(new Secret(passphrase))),
    'vault.unlock': ({ passphrase }) => probedAfter(keychain.unlockVault(new Secret(passphrase))),
    'vault.change-passphrase': async ({ current, next }) => {
      await keychain.changeVaultPassphrase(new Secret(current), new Secret(next));
      return null;
    },
  };
}
