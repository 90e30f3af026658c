import type { SigningKeyRole } from '#shared/model/report.ts';
import type { SignedRollover } from '#shared/model/signer.ts';

/** Everything public about the keys with which this installation signs. */
export interface SignerFacts {
  readonly installationId: string;
  /** Changes with every replacement of the keys. */
  readonly generation: string;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** End of the cryptoperiod. Signing goes on after it, and is said to be overdue. */
  readonly dueAt: string;
  readonly overdue: boolean;
  /** Raw Ed25519 public keys, 32 bytes. */
  readonly reportKey: Uint8Array;
  readonly logKey: Uint8Array;
  /** `SHA256:…` as `ssh-keygen -l` prints them. */
  readonly reportFingerprint: string;
  readonly logFingerprint: string;
  /** The leaf, its issuer, and so on up to a self-signed root. */
  readonly chain: readonly SignerCertificate[];
  readonly caKind: 'installation' | 'organisation';
  /** By which former keys named their successors, oldest first. */
  readonly rollovers: readonly SignedRollover[];
}

export interface SignerCertificate {
  readonly der: Uint8Array;
  readonly pem: string;
  /** SHA-256 of the DER, hex. */
  readonly fingerprint: string;
  readonly subject: string;
  /** RFC 3339, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly isCa: boolean;
}

/** The keys with which this installation signs its reports and its log. */
export interface SigningKeys {
  /** Public facts; null before first use. Needs no keychain. Throws `configuration-invalid`, `configuration-newer`. */
  facts(): SignerFacts | null;

  /** The facts; makes the keys on first use. Throws a keychain error, or that the log cannot be written. */
  ensure(): Promise<SignerFacts>;

  /**
   * A raw signature: Ed25519 (64 bytes) over the message, or RSA PKCS#1 v1.5 with SHA-256 over the message for
   * `certificate`. Private keys never leave this object. Throws `signer-absent`, or a keychain error.
   */
  sign(role: SigningKeyRole, message: Uint8Array): Promise<Uint8Array>;
}
