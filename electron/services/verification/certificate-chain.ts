import { type Certificate, keyUsages } from './certificate-reader.ts';
import { demand } from './outcome.ts';
import { verifyByAlgorithm } from './public-key-check.ts';

/** A certificate without a purpose, or with one of these, may sign documents. */
const documentPurposes = new Set([
  '1.3.6.1.5.5.7.3.4', // emailProtection
  '1.3.6.1.5.5.7.3.36', // documentSigning (RFC 9336)
  '2.5.29.37.0', // any
]);
const leastRsaBits = 2048;

/**
 * Checks the certificate that signs the PDF and who vouches for it: each certificate is issued by the next, the last by
 * itself, and all are valid at the time that the report claims. `chain` is everything in keys/ca.pem, in its order.
 */
export function demandChain(leaf: Certificate, chain: readonly Certificate[], at: Date): void {
  demand(!leaf.isCa, 'keys/certificate.pem is the certificate of a CA');
  demand(
    leaf.publicKey.kind === 'rsa' && leaf.publicKey.bits >= leastRsaBits,
    'keys/certificate.pem has no RSA key',
  );
  const usage = leaf.keyUsage;
  demand(
    usage?.has(keyUsages.digitalSignature) === true || usage?.has(keyUsages.contentCommitment) === true,
    'keys/certificate.pem is not for signatures (key usage)',
  );
  demand(
    leaf.extendedKeyUsage === null || leaf.extendedKeyUsage.some((purpose) => documentPurposes.has(purpose)),
    'keys/certificate.pem is not for documents (extended key usage)',
  );
  for (const [index, certificate] of [leaf, ...chain].entries()) {
    const what = index === 0 ? 'keys/certificate.pem' : `certificate ${index} of keys/ca.pem`;
    const issuer = chain[index] ?? certificate;
    demandValid(certificate, what, at);
    demand(
      certificate.issuer.equals(issuer.subject),
      issuer === certificate
        ? `keys/ca.pem does not end with a self-signed certificate`
        : `${what} was issued by another CA than the next one`,
    );
    demand(
      verifyByAlgorithm(issuer.publicKey, certificate.algorithm, certificate.body, certificate.signature),
      `${what} is not signed by the CA that it names`,
    );
    if (index > 0) demandCa(certificate, what, index - 1);
  }
}

function demandValid(certificate: Certificate, what: string, at: Date): void {
  const range = `${day(certificate.notBefore)} to ${day(certificate.notAfter)}`;
  demand(
    certificate.notBefore <= at.getTime() && at.getTime() <= certificate.notAfter,
    `${what} is valid from ${range}, and the report says that it was made on ${at.toISOString()}`,
  );
}

function demandCa(certificate: Certificate, what: string, below: number): void {
  const { isCa, keyUsage, pathLength } = certificate;
  demand(isCa && keyUsage?.has(keyUsages.keyCertSign) !== false, `${what} may not sign certificates`);
  demand(pathLength === null || below <= pathLength, `${what} has too many certificates below it`);
}

function day(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
