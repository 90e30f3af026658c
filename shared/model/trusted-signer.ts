import { z } from 'zod';
import { CertificateFingerprint, type LogPosition, SshFingerprint } from './signer.ts';

const TrustedName = z.string().trim().min(1).max(120);

/** A signer whose fingerprint, or whose CA, somebody got over another way than with a report. */
export const TrustedSigner = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('report-key'),
    name: TrustedName,
    fingerprint: SshFingerprint,
    addedAt: z.string(),
    addedBy: z.string(),
  }),
  z.object({
    kind: z.literal('ca'),
    name: TrustedName,
    /** SHA-256 of the certificate, hex. */
    fingerprint: CertificateFingerprint,
    addedAt: z.string(),
    addedBy: z.string(),
  }),
]);
export type TrustedSigner = z.infer<typeof TrustedSigner>;

/** `trusted-signers.json` in the data folder. */
export const TrustedSignersFile = z.object({
  schemaVersion: z.literal(1),
  signers: z.array(TrustedSigner).max(10_000),
});
export type TrustedSignersFile = z.infer<typeof TrustedSignersFile>;

/** One signer that this installation knows: enrolled, or its own. */
export interface KnownSigner {
  readonly name: string;
  /** `SHA256:…` of a report key, or SHA-256 of a CA's certificate in hex. */
  readonly fingerprint: string;
  /** This installation's own, present or former. */
  readonly own: boolean;
  /** Null: not known to be compromised. Otherwise what it signed is trusted up to there, or not at all. */
  readonly compromised: { readonly trustedUntil: LogPosition | null } | null;
}

/** Whom a verifier may call *known*. */
export interface KnownSigners {
  /** Report keys. */
  readonly fingerprints: readonly KnownSigner[];
  readonly cas: readonly KnownSigner[];
}
