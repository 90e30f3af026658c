import { PassphraseVault } from '#electron/services/keychain/passphrase-vault.ts';
import { WrappingKey } from '#electron/services/keychain/wrapping-key.ts';
import { FileSealedStore } from '#electron/services/secrets/file-sealed-store.ts';
import { dataFolder } from '#electron/storage/data-folder.ts';
import { wrappingKeyName } from '#shared/model/keychain.ts';
import { Secret } from '#shared/model/secret.ts';
import type { CanaryScan } from './canary-scan.ts';

/**
 * Plants what a data folder with a passphrase vault keeps secret: the wrapping key, and everything that is sealed
 * under it, private signing keys included. Throws when there is no wrapping key.
 */
export async function plantSealedSecrets(scan: CanaryScan, data: string, passphrase: string): Promise<void> {
  const folder = dataFolder(data);
  const vault = new PassphraseVault(folder.vault);
  await vault.unlock(new Secret(passphrase));
  try {
    const key = await vault.get(wrappingKeyName);
    if (!key) throw new Error('There is no wrapping key in the vault');
    scan.plant({ name: 'wrapping key', value: key.reveal() });
    scan.plant({ name: 'wrapping key in hex', value: hexOf(key.reveal()) });
    const wrappingKey = new WrappingKey({
      credentials: async () => vault,
      hasSealedFiles: () => true,
      exclusively: (action) => action(),
    });
    const sealed = new FileSealedStore(folder.sealed, wrappingKey);
    for (const name of sealed.list()) {
      const value = (await sealed.open(name)).reveal();
      scan.plant({ name: `sealed ${name.key} (${name.role})`, value: withoutPublicPart(value) });
    }
  } finally {
    vault.lock();
  }
}

const hexOf = (base64: string) => Buffer.from(base64, 'base64').toString('hex');

/** Private keys (PKCS#8, DER, Base64) begin with what is the same in all of them; those of RSA with the public key. */
function withoutPublicPart(value: string): string {
  if (!value.startsWith('M') || value.length < 60) return value;
  return value.slice(value.length > 200 ? value.length / 2 : 24);
}
