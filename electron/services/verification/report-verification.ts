import { readFileSync } from 'node:fs';
import { readSmallText } from '#electron/storage/small-text-file.ts';
import type { KnownSigner, KnownSigners } from '#shared/model/trusted-signer.ts';
import type { BundleVerification } from '#shared/model/verification.ts';
import type { BundleVerifier } from './bundle-verifier.ts';
import { type Trust, trustOf } from './trust.ts';

export interface ReportVerificationRequest {
  /** The bundle: a folder or a zip. */
  path: string;
  /** Who is expected to have signed: `SHA256:…`, a CA's fingerprint, or the path of its PEM; null: who is known here. */
  trust: string | null;
  /** A checkpoint file that the log must have passed through. */
  checkpointPath: string | null;
  signal?: AbortSignal;
  onProgress?: (share: number) => void;
}

/** Verifies a report of any installation against what the person supplied, or against the signers known here. */
export class ReportVerification {
  readonly #verifier: BundleVerifier;
  readonly #known: () => KnownSigners;

  constructor(verifier: BundleVerifier, known: () => KnownSigners) {
    this.#verifier = verifier;
    this.#known = known;
  }

  /** Throws `invalid-input` when there is no bundle, signer or checkpoint to read. */
  verify({ path, trust, checkpointPath, ...rest }: ReportVerificationRequest): Promise<BundleVerification> {
    return this.#verifier.verify(path, {
      supplied: trust === null ? null : trustOf(trust, (file) => readFileSync(file)),
      enrolled: trustworthy(this.#known()),
      checkpoint: checkpointPath === null ? null : Buffer.from(readSmallText(checkpointPath)),
      ...rest,
    });
  }
}

/** A compromised key vouches for nothing by itself: whoever still trusts it must name it. */
function trustworthy({ fingerprints, cas }: KnownSigners): Trust {
  const sound = (signers: readonly KnownSigner[]) =>
    signers.filter(({ compromised }) => compromised === null).map(({ fingerprint }) => fingerprint);
  return { fingerprints: sound(fingerprints), cas: sound(cas) };
}
