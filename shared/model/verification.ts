import { z } from 'zod';

/**
 * What a verifier looks at, in this order; docs/report-format.md says what each one asks. `verify.py` in a bundle has
 * the same ids and the same order.
 */
export const verificationCheckIds = [
  'files',
  'sums',
  'signature',
  'report',
  'tables',
  'checkpoint',
  'events',
  'proofs',
  'consistency',
  'other-logs',
  'binding',
  'certificate',
  'pdf',
  'rollovers',
  'signer',
  'append-only',
] as const;
export const VerificationCheckId = z.enum(verificationCheckIds);
export type VerificationCheckId = z.infer<typeof VerificationCheckId>;

export const VerificationCheck = z.object({
  id: VerificationCheckId,
  /** Null: not applicable, or not reached because an earlier check failed that it rests on. */
  ok: z.boolean().nullable(),
  /** One sentence: what holds, or what is wrong and where. */
  reason: z.string(),
});
export type VerificationCheck = z.infer<typeof VerificationCheck>;

/** The levels of docs/report-format.md, each for itself: no single tick. */
export const BundleVerification = z.object({
  /** Every check but `signer` and `append-only` holds (or does not apply). */
  intact: z.boolean(),
  /** `known`: supplied by the verifier, or enrolled before. `wrong`: another one than was supplied. */
  signer: z.enum(['known', 'unknown', 'wrong']),
  /** Null: no checkpoint was supplied. */
  append_only: z.boolean().nullable(),
  checks: z.array(VerificationCheck),
});
export type BundleVerification = z.infer<typeof BundleVerification>;

/** Good news only if nothing is open: exit code 0 of `rekey report verify` and of verify.py. */
export function isTrusted(verification: BundleVerification): boolean {
  return verification.intact && verification.signer === 'known' && verification.append_only !== false;
}
