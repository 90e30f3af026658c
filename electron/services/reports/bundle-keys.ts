import { createHash } from 'node:crypto';
import { canonicalJson } from '#shared/logic/canonical-json.ts';
import { cmsSignature } from '../signer/cms.ts';
import { publicKeyFiles, reportKeyFiles } from '../signer/public-files.ts';
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
  const [leaf] = facts.chain;
  for (const [name, text] of publicKeyFiles(facts, origin)) write(name, text);
  const binding = canonicalJson({
    schema_version: 1,
    kind: 'key-rotation-report-binding',
    installation_id: facts.installationId,
    report_key: facts.reportFingerprint,
    log_key: facts.logFingerprint,
    log_origin: origin,
    certificate: leaf?.fingerprint,
    at,
  });
  write('binding.json', binding);
  write(
    'binding.p7s',
    await certificateSignature(facts, createHash('sha256').update(binding).digest(), sign),
  );
}

/** The two files that name the key which signs the whole. */
export function writeReportKey(bundle: string, reportKey: Uint8Array): void {
  for (const [name, text] of reportKeyFiles(reportKey)) writeBundleFile(bundle, `keys/${name}`, text);
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
