import { formatVerifierKey, makeVerifierKey, signatureTypes } from '#shared/logic/signed-note.ts';
import { allowedSigner, sshPublicKey } from '#shared/logic/ssh-key.ts';
import { reportNamespace, reportPrincipal } from '#shared/model/signer.ts';
import { sha256 } from '../events/sha256.ts';
import type { SignerFacts } from './signing-keys.ts';

/**
 * The public keys as files, by path below `keys/` of a bundle (docs/report-format.md), without the binding.
 * @param origin - of the log, `rekey/log/…`; null for a log without events: then there is no `log.vkey`
 */
export function publicKeyFiles(facts: SignerFacts, origin: string | null): ReadonlyMap<string, string> {
  const [leaf, ...issuers] = facts.chain;
  const files = new Map([
    ['report.pub', `${sshPublicKey(facts.reportKey, reportPrincipal)}\n`],
    ['allowed_signers', `${allowedSigner(reportPrincipal, reportNamespace, facts.reportKey)}\n`],
    ['certificate.pem', leaf?.pem ?? ''],
    ['ca.pem', issuers.map(({ pem }) => pem).join('')],
  ]);
  if (origin !== null) {
    const key = makeVerifierKey(sha256, origin, signatureTypes.ed25519, facts.logKey);
    files.set('log.vkey', `${formatVerifierKey(key)}\n`);
  }
  for (const [index, { statement, oldSignature, newSignature }] of facts.rollovers.entries()) {
    const name = `rollovers/${String(index + 1).padStart(3, '0')}`;
    files.set(`${name}.json`, statement);
    if (oldSignature !== null) files.set(`${name}.old.sig`, oldSignature);
    files.set(`${name}.new.sig`, newSignature);
  }
  return files;
}
