import type { KeychainBackend, KeychainProbe } from '#shared/model/keychain.ts';
import type { Secret } from '#shared/model/secret.ts';

/**
 * Where operator credentials and the wrapping key live: the OS keychain, or the passphrase vault.
 * Errors: `keychain-absent`, `-locked`, `-denied`, `-volatile`, `-entry-missing`, `vault-*`.
 */
export interface CredentialStore {
  readonly backend: KeychainBackend;
  /** Null only when the entry really does not exist; a locked store throws `keychain-locked`. */
  get(name: string): Promise<Secret | null>;
  put(name: string, value: Secret): Promise<void>;
  remove(name: string): Promise<void>;
  /** Writes, reads and deletes a probe entry, and finds out whether it would survive a reboot. Never throws. */
  probe(): Promise<KeychainProbe>;
}

/** A store whose whole content can go to another one. */
export interface MovableStore extends CredentialStore {
  /** Names of all that Rekey keeps in it, those that a crash may have kept out of it included. */
  names(): Promise<string[]>;
  /** Takes everything out that Rekey keeps in it; again and again until it succeeds. */
  empty(): Promise<void>;
}
