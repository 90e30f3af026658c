import { hash } from 'node:crypto';
import { canonicalJson } from '#shared/logic/canonical-json.ts';
import { parseSshPublicKey, sshPublicKey } from '#shared/logic/ssh-key.ts';
import { makeSshSignature, sshSignatureProblem } from '#shared/logic/ssh-signature.ts';
import {
  type Replacement,
  RolloverStatement,
  rolloverNamespace,
  type SignedRollover,
  type SignerGeneration,
} from '#shared/model/signer.ts';
import { certificateOf, ed25519Fingerprint, rawKey } from './signer-facts.ts';
import { verifyEd25519 } from './verify-ed25519.ts';

export type SignEd25519 = (message: Uint8Array) => Promise<Uint8Array>;

/**
 * The statement by which `old` names `next`, signed by both report keys; by the new one only after a compromise.
 * Also for another certificate over the same keys: then both signatures are by the same key.
 */
export async function signRollover(options: {
  installationId: string;
  at: string;
  replacement: Replacement;
  old: SignerGeneration;
  next: SignerGeneration;
  signOld: SignEd25519;
  signNew: SignEd25519;
}): Promise<SignedRollover> {
  const { installationId, at, replacement, old, next, signOld, signNew } = options;
  const statement = canonicalJson({
    schema_version: 1,
    kind: 'key-rotation-signer-rollover',
    installation_id: installationId,
    at,
    reason: replacement.reason,
    compromised: replacement.compromised,
    trusted_until: replacement.trustedUntil,
    old: fingerprints(old),
    new: fingerprints(next),
    old_report_key: sshPublicKey(rawKey(old.reportKey)),
    new_report_key: sshPublicKey(rawKey(next.reportKey)),
    old_log_key: sshPublicKey(rawKey(old.logKey)),
    new_log_key: sshPublicKey(rawKey(next.logKey)),
  } satisfies RolloverStatement);
  const signedBy = (key: string, sign: SignEd25519) =>
    makeSshSignature({
      publicKey: rawKey(key),
      namespace: rolloverNamespace,
      messageSha512: hash('sha512', Buffer.from(statement), 'buffer'),
      sign,
    });
  return {
    statement,
    oldSignature: replacement.compromised ? null : await signedBy(old.reportKey, signOld),
    newSignature: await signedBy(next.reportKey, signNew),
  };
}

/** Null when the statement is well formed and signed by the keys that it names; otherwise what is wrong. */
export function rolloverProblem({ statement, oldSignature, newSignature }: SignedRollover): string | null {
  let parsed: RolloverStatement;
  try {
    parsed = RolloverStatement.parse(JSON.parse(statement));
    if (canonicalJson(parsed) !== statement) return 'it is not in canonical form';
  } catch {
    return 'it is no rollover statement';
  }
  if ((oldSignature === null) !== parsed.compromised) return 'the signature of the old key does not fit it';
  const messageSha512 = hash('sha512', Buffer.from(statement), 'buffer');
  for (const [which, key, fingerprint, signature] of [
    ['new', parsed.new_report_key, parsed.new.report, newSignature],
    ['old', parsed.old_report_key, parsed.old.report, oldSignature],
  ] as const) {
    const publicKey = parseSshPublicKey(key);
    if (publicKey === null || ed25519Fingerprint(publicKey) !== fingerprint) {
      return `the ${which} key is not the one whose fingerprint it names`;
    }
    if (signature === null) continue;
    const problem = sshSignatureProblem(signature, {
      publicKey,
      namespace: rolloverNamespace,
      messageSha512,
      verify: verifyEd25519,
    });
    if (problem !== null) return `the signature of the ${which} key does not hold: ${problem}`;
  }
  return null;
}

function fingerprints(generation: SignerGeneration): RolloverStatement['old'] {
  const [leaf = ''] = generation.chain;
  return {
    report: ed25519Fingerprint(rawKey(generation.reportKey)),
    log: ed25519Fingerprint(rawKey(generation.logKey)),
    certificate: certificateOf(leaf).fingerprint,
  };
}
