import { X509Certificate } from 'node:crypto';
import { RekeyError } from '#shared/model/errors.ts';
import { demandChain } from '../verification/certificate-chain.ts';
import { readCertificate } from '../verification/certificate-reader.ts';
import { DerError } from '../verification/der-reader.ts';
import { DoesNotHold } from '../verification/outcome.ts';
import { certificateNames, keyUsageBits, pathLengthOf } from './certificate-names.ts';
import { keyUsage, pem } from './certificates.ts';
import { oid } from './object-identifiers.ts';

const longestChain = 10;
/** Reports are kept for so long; a certificate that ends earlier is accepted, and said to. */
const usefulYears = 10;

/** Algorithms that every verifier of a bundle knows (docs/report-format.md), by dotted name. */
export const acceptedSignatures: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.11', 'RSA with SHA-256'],
  ['1.2.840.113549.1.1.12', 'RSA with SHA-384'],
  ['1.2.840.113549.1.1.13', 'RSA with SHA-512'],
  ['1.2.840.10045.4.3.2', 'ECDSA with SHA-256'],
  ['1.2.840.10045.4.3.3', 'ECDSA with SHA-384'],
  ['1.2.840.10045.4.3.4', 'ECDSA with SHA-512'],
]);

/**
 * A chain from the organisation's CA, put in order: leaf, issuers, self-signed root. Certificates that do not belong to
 * it are left out.
 * @param text - PEM, in any order, with or without other text between
 * @param publicKey - DER of the key that the leaf must be for
 * @returns PEM of each certificate, and what is worth knowing about them
 * @throws `invalid-input` saying which certificate does not fit and why
 */
export function importedChain(
  text: string,
  publicKey: Uint8Array,
  now: Date,
): { chain: string[]; warnings: string[] } {
  const all = certificatesIn(text);
  const leaf = all.find((one) => certificateNames(one.raw).publicKey.equals(publicKey));
  if (!leaf) {
    throw refused(
      'None of the certificates is for the key of this installation.',
      'Give the answer to the present request: "rekey signer csr" writes it again.',
    );
  }
  const chain = orderedChain(leaf, all);
  for (const certificate of chain) requireValid(certificate, now);
  requireLeaf(leaf);
  chain.slice(1).forEach((issuer, below) => {
    requireIssuer(issuer, below);
  });
  requireVerifiable(chain, now);
  return { chain: chain.map(({ raw }) => pem('CERTIFICATE', raw)), warnings: warningsAbout(chain, now) };
}

function certificatesIn(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) {
    throw refused(
      'The file holds no certificate in PEM form.',
      'Give a file with "-----BEGIN CERTIFICATE-----"; DER is converted by "openssl x509 -inform DER".',
    );
  }
  return blocks.map((block, index) => {
    try {
      const certificate = new X509Certificate(block);
      certificateNames(certificate.raw);
      return certificate;
    } catch {
      throw refused(`Certificate ${index + 1} of the file cannot be read.`, 'Export the chain again.');
    }
  });
}

/** From the leaf to the root, each signed by the next. */
function orderedChain(leaf: X509Certificate, all: readonly X509Certificate[]): X509Certificate[] {
  const chain = [leaf];
  for (;;) {
    const last = chain.at(-1) as X509Certificate;
    requireKnownSignature(last);
    if (isSignedBy(last, last)) {
      if (chain.length > 1) return chain;
      throw refused('The certificate is self-signed: no CA stands behind it.', 'Have a CA sign the request.');
    }
    const issuer = all.find((one) => !chain.includes(one) && isSignedBy(last, one));
    if (!issuer || chain.length >= longestChain) {
      throw refused(
        `The chain does not reach a self-signed root. The certificate of the issuer of ${oneLine(last.subject)} is missing: ${oneLine(last.issuer)}.`,
        'Put all certificates into one file: the issued one, each intermediate CA, and the root.',
      );
    }
    chain.push(issuer);
  }
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

function requireKnownSignature(certificate: X509Certificate): void {
  if (acceptedSignatures.has(certificateNames(certificate.raw).signatureAlgorithm)) return;
  throw refused(
    `${nameOf(certificate)} is signed by an algorithm that verifiers of a report need not know.`,
    `Ask the CA for one of: ${[...acceptedSignatures.values()].join(', ')}.`,
  );
}

function requireValid(certificate: X509Certificate, now: Date): void {
  if (now < new Date(certificate.validFrom)) {
    throw refused(
      `${nameOf(certificate)} is not valid yet: it begins on ${certificate.validFrom}.`,
      'Check the clock of this machine, or wait.',
    );
  }
  if (now > new Date(certificate.validTo)) {
    throw refused(
      `${nameOf(certificate)} has expired on ${certificate.validTo}.`,
      'Ask the CA for a certificate that is valid.',
    );
  }
}

function requireLeaf(leaf: X509Certificate): void {
  if (leaf.ca) {
    throw refused(
      `${nameOf(leaf)} is a CA’s certificate; it must not sign reports itself.`,
      'Ask the CA to issue an end-entity certificate for the request.',
    );
  }
  const usage = usageOf(leaf);
  if (usage && !usage.has(keyUsage.digitalSignature) && !usage.has(keyUsage.nonRepudiation)) {
    throw refused(
      `${nameOf(leaf)} may not sign: its key usage has neither digitalSignature nor nonRepudiation.`,
      'Ask the CA for a certificate for signing documents.',
    );
  }
}

/** `below`: how many certificates lie between it and the leaf. */
function requireIssuer(issuer: X509Certificate, below: number): void {
  if (!issuer.ca) {
    throw refused(`${nameOf(issuer)} is no CA’s certificate.`, 'Give the chain of the CA that signed.');
  }
  if (usageOf(issuer)?.has(keyUsage.keyCertSign) === false) {
    throw refused(
      `${nameOf(issuer)} may not sign certificates: its key usage lacks keyCertSign.`,
      'Give the chain of the CA that signed.',
    );
  }
  const constraints = certificateNames(issuer.raw).extensions.get(oid.basicConstraints);
  const longest = constraints ? pathLengthOf(constraints) : null;
  if (longest !== null && below > longest) {
    throw refused(
      `${nameOf(issuer)} allows ${longest} CAs below it, and there are ${below}.`,
      'Ask for a certificate by a CA that may issue it.',
    );
  }
}

/** The verifier has the last word: a chain that it refuses would make reports that nobody can check. */
function requireVerifiable(chain: readonly X509Certificate[], now: Date): void {
  try {
    const [leaf, ...issuers] = chain.map(({ raw }) => readCertificate(raw));
    if (leaf) demandChain(leaf, issuers, now);
  } catch (error) {
    if (!(error instanceof DoesNotHold) && !(error instanceof DerError)) throw error;
    throw refused(
      `Reports with this chain could not be verified: ${error.message}.`,
      'Ask the CA for RSA keys of 2048 bits or more, or keys on P-256, P-384 or P-521, with a key usage, in common form.',
    );
  }
}

function warningsAbout([leaf]: readonly X509Certificate[], now: Date): string[] {
  if (!leaf) return [];
  const warnings: string[] = [];
  const until = new Date(leaf.validTo);
  const useful = new Date(now);
  useful.setUTCFullYear(useful.getUTCFullYear() + usefulYears);
  if (until < useful) {
    warnings.push(
      `It ends on ${until.toISOString().slice(0, 10)}. After that day PDF readers show the signatures of kept reports as expired.`,
    );
  }
  const extended = leaf.keyUsage ?? [];
  if (extended.length > 0 && !extended.includes(emailProtection) && !extended.includes(anyPurpose)) {
    warnings.push(
      'Its extended key usage has no emailProtection; pdfsig and OpenSSL may report an unknown issue with it.',
    );
  }
  return warnings;
}

const emailProtection = '1.3.6.1.5.5.7.3.4';
const anyPurpose = '2.5.29.37.0';

function usageOf(certificate: X509Certificate): Set<number> | null {
  const extension = certificateNames(certificate.raw).extensions.get(oid.keyUsage);
  return extension ? keyUsageBits(extension) : null;
}

function nameOf(certificate: X509Certificate): string {
  return `The certificate of ${oneLine(certificate.subject)}`;
}

function oneLine(name: string): string {
  return name.split('\n').join(', ');
}

function refused(message: string, remedy: string): RekeyError {
  return new RekeyError('invalid-input', { message, unchanged: 'The present certificate stays.', remedy });
}
