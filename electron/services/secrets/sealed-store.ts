import type { Secret } from '#shared/model/secret.ts';

/** Which value of which rotation a sealed file holds. `old` is what was replaced, `new` what replaced it. */
export interface SealedName {
  environmentId: string;
  key: string;
  rotationId: string;
  role: 'old' | 'new';
}

/**
 * Sealed values in the data folder: AES-256-GCM under the wrapping key, with the name as associated data, so that a
 * file that was tampered with, swapped between rotations or brought from another environment is refused.
 * The `new` value of a key's latest rotation stays sealed while it is current (for `recover`).
 */
export interface SealedStore {
  /** Durable when it returns. Sealing the same name again replaces the file. */
  seal(name: SealedName, value: Secret): Promise<void>;
  /** Throws `sealed-missing` or `sealed-damaged`, or a keychain error. */
  open(name: SealedName): Promise<Secret>;
  has(name: SealedName): boolean;
  /** Deletes the file; deleting a missing one is no error. Durable when it returns. */
  destroy(name: SealedName): Promise<void>;
  /** Whether a crash left half-written files of an environment, or something is being sealed this moment. */
  hasHalfWritten(environmentId: string): boolean;
  /** Removes what a crash left half-written of an environment. Needs no keychain; durable when it returns. */
  removeHalfWritten(environmentId: string): Promise<void>;
  /** Every sealed file of an environment, or all. */
  list(environmentId?: string): SealedName[];
}
