import { createHash } from 'node:crypto';
import { certificateNames } from './certificate-names.ts';
import { integer, nothing, objectIdentifier, octetString, sequence, setOf, tagged } from './der.ts';
import { oid } from './object-identifiers.ts';

export interface CmsRequest {
  /** SHA-256 of the signed content, 32 bytes. */
  contentSha256: Uint8Array;
  /** DER, the signer's own first, then its CA and so on. */
  certificates: readonly Uint8Array[];
  /** RSA PKCS#1 v1.5 with SHA-256 over the bytes that it is given, by the first certificate's key. */
  sign: (message: Uint8Array) => Promise<Uint8Array>;
}

/**
 * A detached CMS signature (RFC 5652) in DER, of the profile CAdES and PAdES B-B (ETSI EN 319 122-1, EN 319 142-1):
 * content type, digest, and the signing certificate's hash (RFC 5035) are signed. There is no signing time: a time is
 * what the machine claims, and the report claims it in one place. The same request and key give the same bytes.
 */
export async function cmsSignature({ contentSha256, certificates, sign }: CmsRequest): Promise<Buffer> {
  const [leaf] = certificates;
  if (leaf === undefined) throw new RangeError('a CMS signature needs its certificate');
  if (contentSha256.length !== 32) throw new RangeError('a SHA-256 digest has 32 bytes');
  const attributes = [
    attribute(oid.contentType, objectIdentifier(oid.data)),
    attribute(oid.messageDigest, octetString(contentSha256)),
    attribute(oid.signingCertificateV2, signingCertificate(leaf)),
  ];
  // Signed as a SET OF, stored under an implicit tag (RFC 5652, section 5.4).
  const signed = setOf(...attributes);
  const signature = await sign(signed);
  const { issuer, serialNumber } = certificateNames(leaf);
  const signer = sequence(
    integer(1),
    sequence(issuer, serialNumber),
    sha256Algorithm,
    tagged(0, contentOf(signed)),
    sequence(objectIdentifier(oid.sha256WithRsa), nothing),
    octetString(signature),
  );
  const signedData = sequence(
    integer(1),
    setOf(sha256Algorithm),
    sequence(objectIdentifier(oid.data)),
    tagged(0, ...[...certificates].sort(Buffer.compare)),
    setOf(signer),
  );
  return sequence(objectIdentifier(oid.signedData), tagged(0, signedData));
}

/** RFC 5754, section 2: the parameters are absent. */
const sha256Algorithm = sequence(objectIdentifier(oid.sha256));

function attribute(type: string, value: Uint8Array): Buffer {
  return sequence(objectIdentifier(type), setOf(value));
}

/** SigningCertificateV2 with the default hash, SHA-256, left out. */
function signingCertificate(leaf: Uint8Array): Buffer {
  const certHash = createHash('sha256').update(leaf).digest();
  return sequence(sequence(sequence(octetString(certHash))));
}

/** The content of an encoding, without tag and length. */
function contentOf(encoding: Buffer): Buffer {
  const first = encoding[1] as number;
  return encoding.subarray(first < 0x80 ? 2 : 2 + (first & 0x7f));
}
