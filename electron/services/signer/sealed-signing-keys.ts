import { createPublicKey, sign as signWith, verify } from 'node:crypto';
import type { SigningKeyRole } from '#shared/model/report.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { SignerFile, SignerGeneration } from '#shared/model/signer.ts';
import type { SealedName, SealedStore } from '../secrets/sealed-store.ts';
import { certificateNames } from './certificate-names.ts';
import {
  derOf,
  type NewSigningKeys,
  privateKeyOf,
  type SealedKeyRole,
  sealedKeys,
} from './key-generation.ts';
import { rawKey } from './signer-facts.ts';
import { verifyEd25519 } from './verify-ed25519.ts';

const roles = Object.keys(sealedKeys) as SealedKeyRole[];

/**
 * The private signing keys in the sealed store, under the installation's id: each set under its own id, the CA under
 * the CA's. They are opened for one signature and never kept.
 */
export class SealedSigningKeys {
  readonly #sealed: SealedStore;

  constructor(sealed: SealedStore) {
    this.#sealed = sealed;
  }

  /** Seals a new set, its CA only where that is new, and proves that what was sealed opens and signs. */
  async seal(installationId: string, made: NewSigningKeys, caIsNew: boolean): Promise<void> {
    for (const role of roles) {
      if (role === 'ca' && !caIsNew) continue;
      await this.#sealed.seal(sealedName(installationId, made.generation, role), made.keys[role]);
    }
    await this.#prove(installationId, made.generation);
  }

  open(installationId: string, set: SignerGeneration, role: SealedKeyRole): Promise<Secret> {
    return this.#sealed.open(sealedName(installationId, set, role));
  }

  /** Ed25519 over the message, or RSA PKCS#1 v1.5 with SHA-256 for the certificate's key. */
  async sign(
    installationId: string,
    set: SignerGeneration,
    role: SigningKeyRole,
    message: Uint8Array,
  ): Promise<Uint8Array> {
    const key = privateKeyOf(await this.open(installationId, set, role));
    return signWith(role === 'certificate' ? 'sha256' : null, message, key);
  }

  /** Private keys that neither the current nor a pending set names. */
  leftOver({ installationId, current, pending }: SignerFile): SealedName[] {
    if (installationId === null) return [];
    const named = new Set(
      [current, pending?.generation].flatMap((set) =>
        set ? roles.map((role) => textOf(sealedName(installationId, set, role))) : [],
      ),
    );
    return this.#sealed.list(installationId).filter((name) => !named.has(textOf(name)));
  }

  destroy(name: SealedName): Promise<void> {
    return this.#sealed.destroy(name);
  }

  /** Whether there is anything sealed, whole or half-written, that no set names. */
  hasLeftOver(file: SignerFile): boolean {
    const { installationId: id } = file;
    return id !== null && (this.leftOver(file).length > 0 || this.#sealed.hasHalfWritten(id));
  }

  async removeHalfWritten(installationId: string | null): Promise<void> {
    if (installationId !== null) await this.#sealed.removeHalfWritten(installationId);
  }

  async #prove(installationId: string, set: SignerGeneration): Promise<void> {
    const probe = Buffer.from(`rekey signing key probe ${set.id}`);
    const report = await this.sign(installationId, set, 'report', probe);
    const log = await this.sign(installationId, set, 'log', probe);
    const certificate = await this.sign(installationId, set, 'certificate', probe);
    const leaf = createPublicKey({ key: leafPublicKey(set), format: 'der', type: 'spki' });
    const holds =
      verifyEd25519(rawKey(set.reportKey), probe, report) &&
      verifyEd25519(rawKey(set.logKey), probe, log) &&
      verify('sha256', probe, leaf, certificate);
    if (!holds) throw new Error('a new signing key does not verify its own signature');
  }
}

/** DER of the public key of the certificate that signs PDFs. */
export function leafPublicKey({ chain }: Pick<SignerGeneration, 'chain'>): Buffer {
  return certificateNames(derOf(chain[0] as string)).publicKey;
}

function sealedName(installationId: string, set: SignerGeneration, role: SealedKeyRole): SealedName {
  const rotationId = role === 'ca' ? set.ca.id : set.id;
  return { environmentId: installationId, key: sealedKeys[role], rotationId, role: 'new' };
}

function textOf({ rotationId, key }: SealedName): string {
  return `${rotationId} ${key}`;
}
