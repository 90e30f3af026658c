import type { BundleVerification } from '#shared/model/verification.ts';
import type { VerifiedLog } from './log-part.ts';
import { demand } from './outcome.ts';
import type { Checkpoint } from './signed-note-check.ts';
import type { Trust } from './trust.ts';
import type { Held } from './verification-run.ts';

/** What is known about a bundle's signer when it is compared with who is trusted. */
export interface SignerFacts {
  /** Of the key that signed SHA256SUMS. */
  readonly fingerprint: string;
  /** Fingerprints of the CAs above the certificate, once they and the certificate hold; null otherwise. */
  readonly cas: readonly string[] | null;
  /** Whether the certificate's key has named the report key. */
  readonly bound: boolean;
}

type Signer = BundleVerification['signer'];

/** `signer`: whether it is the one that was supplied or, where none was, one that was enrolled before. */
export function judgeSigner(
  facts: SignerFacts,
  supplied: Trust | null,
  enrolled: Trust | null,
): { signer: Signer; reason: string } {
  const trust = supplied ?? enrolled;
  const how = supplied ? 'supplied' : 'enrolled before';
  if (trust?.fingerprints.includes(facts.fingerprint)) {
    return { signer: 'known', reason: `the report key ${facts.fingerprint} is the one ${how}` };
  }
  const ca = facts.cas?.find((fingerprint) => trust?.cas.includes(fingerprint));
  if (ca !== undefined && facts.bound) {
    return {
      signer: 'known',
      reason: `the report key is bound to a certificate under the CA ${ca}, which was ${how}`,
    };
  }
  const unknown = `signer unknown: the report key is ${facts.fingerprint}; compare it with one obtained another way`;
  if (supplied === null) return { signer: 'unknown', reason: unknown };
  if (supplied.cas.length > 0 && facts.cas === null) {
    return {
      signer: 'unknown',
      reason: 'not checked: the certificate does not hold, so nothing leads to the CA supplied',
    };
  }
  const wrong =
    ca === undefined
      ? `wrong signer: the report key is ${facts.fingerprint}, which is not the one supplied, nor under a CA supplied`
      : `wrong signer: the certificate is under the CA supplied, and it does not name the report key ${facts.fingerprint}`;
  return { signer: 'wrong', reason: wrong };
}

/** `append-only`: the log at the supplied checkpoint is the beginning of the log in the bundle. */
export function checkAppendOnly(
  supplied: Checkpoint,
  log: VerifiedLog,
  previous: Checkpoint | null,
): Held<null> {
  const { size, root } = supplied;
  demand(
    size <= log.checkpoint.size,
    `the supplied checkpoint has ${size} events and this log only ${log.checkpoint.size}: events were cut off, or the report is older than the checkpoint`,
  );
  const told = size === previous?.size ? previous.root : log.rootAt;
  const { below, above } = log.provable;
  demand(
    told !== null,
    `the bundle cannot prove what the log was at ${size} events, only what it was at ${below} and at ${above}`,
  );
  demand(
    told === root,
    `the log was rewritten: its first ${size} events are not those of the supplied checkpoint`,
  );
  return { reason: `the log only grew since the supplied checkpoint, from ${size} events`, fact: null };
}
