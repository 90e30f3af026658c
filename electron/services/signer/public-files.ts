import { formatVerifierKey } from '#shared/logic/signed-note.ts';
import { allowedSigner, sshPublicKey } from '#shared/logic/ssh-key.ts';
import { reportNamespace, reportPrincipal } from '#shared/model/signer.ts';
import { logKey } from '../events/checkpoints.ts';
import type { SignerFacts } from './signing-keys.ts';

/**
 * The public keys as files, by path below `keys/` of a bundle (docs/report-format.md), without the binding.
 * @param origin - of the log, `rekey/log/…`; null for a log without events: then there is no `log.vkey`
 */
export function publicKeyFiles(facts: SignerFacts, origin: string | null): ReadonlyMap<string, string> {
  const [leaf, ...issuers] = facts.chain;
  if (leaf === undefined) throw new RangeError('a signer without a certificate');
  const files = new Map(reportKeyFiles(facts.reportKey));
  files.set('certificate.pem', leaf.pem);
  files.set('ca.pem', issuers.map(({ pem }) => pem).join(''));
  if (origin !== null) files.set('log.vkey', `${formatVerifierKey(logKey(origin, facts.logKey))}\n`);
  for (const [index, { statement, oldSignature, newSignature }] of facts.rollovers.entries()) {
    const name = `rollovers/${String(index + 1).padStart(3, '0')}`;
    files.set(`${name}.json`, statement);
    if (oldSignature !== null) files.set(`${name}.old.sig`, oldSignature);
    files.set(`${name}.new.sig`, newSignature);
  }
  return files;
}

/** The two files that name the key which signs a bundle as a whole. */
export function reportKeyFiles(reportKey: Uint8Array): ReadonlyMap<string, string> {
  return new Map([
    ['report.pub', `${sshPublicKey(reportKey, reportPrincipal)}\n`],
    ['allowed_signers', `${allowedSigner(reportPrincipal, reportNamespace, reportKey)}\n`],
  ]);
}
