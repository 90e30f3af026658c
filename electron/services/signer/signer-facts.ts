import { createHash, hash, X509Certificate } from 'node:crypto';
import { bytesOfBase64 } from '#shared/logic/bytes.ts';
import { readableFingerprint } from '#shared/logic/readable-fingerprint.ts';
import { sshFingerprint } from '#shared/logic/ssh-key.ts';
import type { ReportSigner } from '#shared/model/report.ts';
import type { SignedRollover, SignerGeneration, SignerView } from '#shared/model/signer.ts';
import type { SignerCertificate, SignerFacts } from './signing-keys.ts';

/** What is public about a set of keys, decoded. */
export function factsOf(
  installationId: string,
  generation: SignerGeneration,
  rollovers: readonly SignedRollover[],
  now: Date,
): SignerFacts {
  const reportKey = rawKey(generation.reportKey);
  const logKey = rawKey(generation.logKey);
  return {
    installationId,
    generation: generation.id,
    createdAt: generation.createdAt,
    dueAt: generation.dueAt,
    overdue: Date.parse(generation.dueAt) <= now.getTime(),
    reportKey,
    logKey,
    reportFingerprint: ed25519Fingerprint(reportKey),
    logFingerprint: ed25519Fingerprint(logKey),
    chain: generation.chain.map(certificateOf),
    caKind: generation.caKind,
    rollovers,
  };
}

/** The part of report.json that names who signs it; `at` is the report's time (RFC 3339), so that it stays the same. */
export function reportSignerOf(facts: SignerFacts, at: string): ReportSigner {
  const [leaf, issuer] = facts.chain as [SignerCertificate, SignerCertificate];
  const overdue = Date.parse(facts.dueAt) <= Date.parse(at);
  const dates = { created_at: facts.createdAt, due_at: facts.dueAt, overdue };
  return {
    installation_id: facts.installationId,
    report_key: facts.reportFingerprint,
    log_key: facts.logFingerprint,
    certificate: leaf.fingerprint,
    ca: issuer.fingerprint,
    ca_kind: facts.caKind,
    keys: [
      { role: 'report', fingerprint: facts.reportFingerprint, ...dates },
      { role: 'log', fingerprint: facts.logFingerprint, ...dates },
      { role: 'certificate', fingerprint: leaf.fingerprint, ...dates },
    ],
    rollovers: facts.rollovers.length,
  };
}

/** The part of `SignerView` about the present keys. */
export function viewOfKeys(facts: SignerFacts): NonNullable<SignerView['keys']> {
  const [leaf, issuer] = facts.chain as [SignerCertificate, SignerCertificate];
  const both = (fingerprint: string) => ({ fingerprint, readable: readableFingerprint(fingerprint) });
  return {
    created_at: facts.createdAt,
    report: both(facts.reportFingerprint),
    log: both(facts.logFingerprint),
    certificate: { ...both(leaf.fingerprint), subject: leaf.subject, valid_until: leaf.notAfter },
    ca: { ...both(issuer.fingerprint), subject: issuer.subject, kind: facts.caKind },
    rollovers: facts.rollovers.length,
  };
}

/** @throws RangeError when the PEM text is no certificate */
export function certificateOf(text: string): SignerCertificate {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(text);
  } catch {
    throw new RangeError('this is no certificate');
  }
  return {
    der: parsed.raw,
    pem: text,
    fingerprint: createHash('sha256').update(parsed.raw).digest('hex'),
    subject: parsed.subject.split('\n').reverse().join(', '),
    notBefore: new Date(parsed.validFrom).toISOString(),
    notAfter: new Date(parsed.validTo).toISOString(),
    isCa: parsed.ca,
  };
}

export function ed25519Fingerprint(publicKey: Uint8Array): string {
  return sshFingerprint((bytes) => hash('sha256', bytes, 'buffer'), publicKey);
}

/** 32 bytes that the file's schema has checked. */
export function rawKey(base64: string): Uint8Array {
  const bytes = bytesOfBase64(base64);
  if (bytes?.length !== 32) throw new RangeError('not a raw Ed25519 key');
  return bytes;
}
