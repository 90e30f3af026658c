import { createHash } from 'node:crypto';
import { canonicalJson } from '#shared/logic/canonical-json.ts';
import { formatVerifierKey } from '#shared/logic/signed-note.ts';
import { allowedSigner, sshPublicKey } from '#shared/logic/ssh-key.ts';
import { reportNamespace, reportPrincipal } from '#shared/model/signer.ts';
import { logKey } from '../events/checkpoints.ts';
import { cmsSignature } from '../signer/cms.ts';
import type { SignerFacts } from '../signer/signing-keys.ts';
import { writeBundleFile } from './bundle-files.ts';
import type { SignRemotely } from './report-task.ts';

/**
 * Writes `keys/`: the public keys, the certificate with its chain, which of them belong together (signed by the
 * certificate's key), and how former keys named their successors. `origin`: of the own log. `at`: the report's time.
 */
export async function writeBundleKeys(
  bundle: string,
  facts: SignerFacts,
  origin: string,
  at: string,
  sign: SignRemotely,
): Promise<void> {
  const write = (name: string, content: string | Uint8Array) =>
    writeBundleFile(bundle, `keys/${name}`, content);
  writeReportKey(bundle, facts.reportKey);
  write('log.vkey', `${formatVerifierKey(logKey(origin, facts.logKey))}\n`);
  const [leaf, ...issuers] = facts.chain;
  if (leaf === undefined) throw new RangeError('a signer without a certificate');
  write('certificate.pem', leaf.pem);
  write('ca.pem', issuers.map(({ pem }) => pem).join(''));
  const binding = canonicalJson({
    schema_version: 1,
    kind: 'key-rotation-report-binding',
    installation_id: facts.installationId,
    report_key: facts.reportFingerprint,
    log_key: facts.logFingerprint,
    log_origin: origin,
    certificate: leaf.fingerprint,
    at,
  });
  write('binding.json', binding);
  write(
    'binding.p7s',
    await certificateSignature(facts, createHash('sha256').update(binding).digest(), sign),
  );
  for (const [index, { statement, oldSignature, newSignature }] of facts.rollovers.entries()) {
    const name = `rollovers/${String(index + 1).padStart(3, '0')}`;
    write(`${name}.json`, statement);
    if (oldSignature !== null) write(`${name}.old.sig`, oldSignature);
    write(`${name}.new.sig`, newSignature);
  }
}

/** The two files that name the key which signs the whole. */
export function writeReportKey(bundle: string, reportKey: Uint8Array): void {
  writeBundleFile(bundle, 'keys/report.pub', `${sshPublicKey(reportKey, reportPrincipal)}\n`);
  writeBundleFile(
    bundle,
    'keys/allowed_signers',
    `${allowedSigner(reportPrincipal, reportNamespace, reportKey)}\n`,
  );
}

/** A detached CMS signature (DER) by the certificate's key over content with this SHA-256. */
export function certificateSignature(
  facts: SignerFacts,
  contentSha256: Uint8Array,
  sign: SignRemotely,
): Promise<Buffer> {
  return cmsSignature({
    contentSha256,
    certificates: facts.chain.map(({ der }) => der),
    sign: (message) => sign('certificate', message),
  });
}
