import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { SignerFacts, SigningKeys } from '#electron/services/signer/signing-keys.ts';
import { RekeyError } from '#shared/model/errors.ts';

/**
 * Signing keys that lie open in memory, for tests of what is signed. Their signatures are real; how private keys are
 * sealed is tested with the real service.
 */
export class UnsealedSigningKeys implements SigningKeys {
  #logKey: { publicKey: KeyObject; privateKey: KeyObject } | null = null;
  readonly #installationId: string;
  /** As if the keychain were locked. */
  locked = false;
  signatures = 0;

  constructor(installationId = '0190a000-0000-7000-8000-00000000aaaa') {
    this.#installationId = installationId;
  }

  facts(): SignerFacts | null {
    if (this.#logKey === null) return null;
    const logKey = this.#logKey.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    return {
      installationId: this.#installationId,
      generation: '1',
      createdAt: '2026-01-01T00:00:00.000Z',
      dueAt: '2028-01-01T00:00:00.000Z',
      overdue: false,
      reportKey: logKey,
      logKey,
      reportFingerprint: '',
      logFingerprint: '',
      chain: [],
      caKind: 'installation',
      rollovers: [],
    };
  }

  async ensure(): Promise<SignerFacts> {
    this.#logKey ??= generateKeyPairSync('ed25519');
    return this.facts() as SignerFacts;
  }

  /** Another key in the place of the present one. */
  replace(): void {
    this.#logKey = generateKeyPairSync('ed25519');
  }

  publicPem(): string {
    return String(this.#logKey?.publicKey.export({ format: 'pem', type: 'spki' }));
  }

  async sign(_role: string, message: Uint8Array): Promise<Uint8Array> {
    if (this.locked || this.#logKey === null) {
      throw new RekeyError('keychain-locked', { message: 'The keychain is locked.', remedy: 'Unlock it.' });
    }
    this.signatures += 1;
    return sign(null, message, this.#logKey.privateKey);
  }
}
