import { createHash } from 'node:crypto';
import { certificateNames } from './certificate-names.ts';
import {
  bitString,
  boolean,
  integer,
  namedBits,
  nothing,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  tagged,
  taggedPrimitive,
  time,
  utf8String,
} from './der.ts';
import { oid } from './object-identifiers.ts';

/** Bits of the key usage (RFC 5280, section 4.2.1.3). */
export const keyUsage = { digitalSignature: 0, nonRepudiation: 1, keyCertSign: 5, crlSign: 6 } as const;

/** Signs with RSA PKCS#1 v1.5 and SHA-256. */
export type SignRsa = (message: Uint8Array) => Promise<Uint8Array>;

/** What both kinds of certificates say. */
export interface CertificateContent {
  /** At least 64 random bits. */
  serialNumber: Uint8Array;
  organization: string;
  /** With the organization it must name one certificate only: NSS confuses CAs of the same name. */
  commonName: string;
  /** DER of the public key (SubjectPublicKeyInfo). */
  publicKey: Uint8Array;
  notBefore: Date;
  notAfter: Date;
  /** The issuer's key. */
  sign: SignRsa;
}

/** A self-signed CA that may sign certificates and nothing below another CA (path length 0), in DER. */
export function caCertificate(content: CertificateContent): Promise<Buffer> {
  const name = distinguishedName(content.organization, content.commonName);
  return certificate(content, name, [
    extension(oid.basicConstraints, true, sequence(boolean(true), integer(0))),
    extension(oid.keyUsage, true, namedBits(keyUsage.keyCertSign, keyUsage.crlSign)),
    extension(oid.subjectKeyIdentifier, false, octetString(keyIdentifier(content.publicKey))),
  ]);
}

/**
 * A certificate that signs documents, in DER. It has no extended key usage: `documentSigning` alone makes pdfsig
 * report an unknown issue, and OpenSSL and NSS take its absence as any.
 */
export function leafCertificate(content: CertificateContent, ca: Uint8Array): Promise<Buffer> {
  const issuer = certificateNames(ca);
  const authority = sequence(taggedPrimitive(0, keyIdentifier(issuer.publicKey)));
  return certificate(content, issuer.subject, [
    extension(oid.basicConstraints, true, sequence()),
    extension(oid.keyUsage, true, leafKeyUsage),
    extension(oid.subjectKeyIdentifier, false, octetString(keyIdentifier(content.publicKey))),
    extension(oid.authorityKeyIdentifier, false, authority),
  ]);
}

/** A PKCS#10 request (RFC 2986) for a certificate such as `leafCertificate` makes, in DER. */
export async function certificateRequest(content: {
  organization: string;
  commonName: string;
  /** DER of the public key (SubjectPublicKeyInfo). */
  publicKey: Uint8Array;
  /** The requested certificate's own key. */
  sign: SignRsa;
}): Promise<Buffer> {
  const wanted = sequence(
    extension(oid.basicConstraints, true, sequence()),
    extension(oid.keyUsage, true, leafKeyUsage),
  );
  const body = sequence(
    integer(0),
    distinguishedName(content.organization, content.commonName),
    content.publicKey,
    tagged(0, sequence(objectIdentifier(oid.extensionRequest), setOf(wanted))),
  );
  return sequence(body, rsaAlgorithm, bitString(await content.sign(body)));
}

/** DER as PEM (RFC 7468), with a final line break. */
export function pem(label: 'CERTIFICATE' | 'CERTIFICATE REQUEST', bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

const leafKeyUsage = namedBits(keyUsage.digitalSignature, keyUsage.nonRepudiation);
const rsaAlgorithm = sequence(objectIdentifier(oid.sha256WithRsa), nothing);

async function certificate(
  content: CertificateContent,
  issuer: Uint8Array,
  extensions: readonly Uint8Array[],
): Promise<Buffer> {
  const body = sequence(
    tagged(0, integer(2)),
    integer(positive(content.serialNumber)),
    rsaAlgorithm,
    issuer,
    sequence(time(content.notBefore), time(content.notAfter)),
    distinguishedName(content.organization, content.commonName),
    content.publicKey,
    tagged(3, sequence(...extensions)),
  );
  return sequence(body, rsaAlgorithm, bitString(await content.sign(body)));
}

function distinguishedName(organization: string, commonName: string): Buffer {
  return sequence(
    setOf(sequence(objectIdentifier(oid.organizationName), utf8String(organization))),
    setOf(sequence(objectIdentifier(oid.commonName), utf8String(commonName))),
  );
}

function extension(name: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(objectIdentifier(name), ...(critical ? [boolean(true)] : []), octetString(value));
}

/** The first 160 bits of SHA-256 over the encoded key: RFC 7093, section 2, method 4, cut to the usual length. */
function keyIdentifier(publicKey: Uint8Array): Buffer {
  return createHash('sha256').update(publicKey).digest().subarray(0, 20);
}

function positive(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}
