import type { FormerGeneration, SignerFile } from '#shared/model/signer.ts';
import type { KnownSigner, KnownSigners } from '#shared/model/trusted-signer.ts';
import { certificateOf, ed25519Fingerprint, rawKey } from './signer-facts.ts';

const present = { name: 'this installation', own: true, compromised: null } as const;
const formerName = 'this installation, former keys';

/** This installation's own report keys and CAs, the present ones first. */
export function ownSigners({ current, former }: SignerFile): KnownSigners {
  const fingerprints: KnownSigner[] = [];
  const cas = new Map<string, KnownSigner>();
  if (current) {
    fingerprints.push({ ...present, fingerprint: ed25519Fingerprint(rawKey(current.reportKey)) });
    const fingerprint = certificateOf(current.ca.certificate).fingerprint;
    cas.set(fingerprint, { ...present, fingerprint });
  }
  for (const set of [...former].reverse()) {
    const as = { name: formerName, own: true, compromised: compromiseOf(set) };
    fingerprints.push({ ...as, fingerprint: ed25519Fingerprint(rawKey(set.reportKey)) });
    const fingerprint = certificateOf(set.ca.certificate).fingerprint;
    // Several sets may have had one CA; the newest says what became of it.
    if (!cas.has(fingerprint)) cas.set(fingerprint, { ...as, fingerprint });
  }
  return { fingerprints, cas: [...cas.values()] };
}

function compromiseOf({ replacement }: FormerGeneration): KnownSigner['compromised'] {
  return replacement.compromised ? { trustedUntil: replacement.trustedUntil } : null;
}
