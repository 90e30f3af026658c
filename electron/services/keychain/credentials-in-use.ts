import type { CredentialStore } from './credential-store.ts';
import type { KeychainService } from './keychain-service.ts';

/**
 * The store in use, asked for at each call: no keychain is touched before, and one chosen later is used from then on.
 * `exclusively`: nothing goes in or out while everything is being moved to the other store, and would be left behind.
 */
export function credentialsInUse(
  keychain: Pick<KeychainService, 'backend' | 'credentials'>,
  exclusively: <T>(action: () => Promise<T>) => Promise<T>,
): CredentialStore {
  const opened = () => keychain.credentials();
  return {
    get backend() {
      return keychain.backend;
    },
    get: async (name) => (await opened()).get(name),
    put: (name, value) => exclusively(async () => (await opened()).put(name, value)),
    remove: (name) => exclusively(async () => (await opened()).remove(name)),
    probe: async () => (await opened()).probe(),
  };
}
