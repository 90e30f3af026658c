import { createHash } from 'node:crypto';
import {
  type DerElement,
  DerError,
  DerSequence,
  derTags,
  oidText,
  readWhole,
  sequenceOf,
  timeOf,
  wholeBits,
} from './der-reader.ts';
import { type PublicKey, readPublicKey, signatureAlgorithm } from './public-key-check.ts';

const extensions = {
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  certificatePolicies: '2.5.29.32',
  extendedKeyUsage: '2.5.29.37',
  subjectAltName: '2.5.29.17',
} as const;
const known = new Set<string>(Object.values(extensions));

/** Bits of a key usage, as RFC 5280 numbers them. */
export const keyUsages = { digitalSignature: 0, contentCommitment: 1, keyCertSign: 5 } as const;

/** What the checks need of an X.509 certificate; names and numbers as their DER, compared and never interpreted. */
export interface Certificate {
  readonly der: Buffer;
  /** SHA-256 of the DER, hex. */
  readonly fingerprint: string;
  /** The signed part. */
  readonly body: Buffer;
  readonly algorithm: string;
  readonly signature: Buffer;
  readonly serial: Buffer;
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** Milliseconds since 1970, both inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: PublicKey;
  readonly isCa: boolean;
  readonly pathLength: number | null;
  /** Null where the certificate does not limit it. */
  readonly keyUsage: ReadonlySet<number> | null;
  readonly extendedKeyUsage: readonly string[] | null;
}

const pemBlock = /-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+?)-----END CERTIFICATE-----\n/y;

/** The certificates of a PEM file that holds nothing else, in lines of 64; null for any other file. */
export function readPem(text: string): Buffer[] | null {
  const found: Buffer[] = [];
  pemBlock.lastIndex = 0;
  while (pemBlock.lastIndex < text.length) {
    const encoded = pemBlock.exec(text)?.[1];
    if (encoded === undefined) return null;
    const der = Buffer.from(encoded, 'base64');
    if (
      `${der
        .toString('base64')
        .match(/.{1,64}/g)
        ?.join('\n')}\n` !== encoded
    )
      return null;
    found.push(der);
  }
  return found.length > 0 ? found : null;
}

/** Reads a version 3 certificate (RFC 5280). Throws `DerError` for what is none, or has a critical part nobody knows. */
export function readCertificate(der: Buffer): Certificate {
  const whole = sequenceOf(der);
  const body = whole.next(derTags.sequence);
  const algorithm = whole.next(derTags.sequence);
  const signature = wholeBits(whole.next(derTags.bitString));
  whole.end();

  const parts = new DerSequence(body.content);
  const version = parts.enter(0xa0).next(derTags.integer);
  if (!version.content.equals(Buffer.from([2]))) throw new DerError('a certificate is not of version 3');
  const serial = parts.next(derTags.integer).bytes;
  if (!parts.next(derTags.sequence).bytes.equals(algorithm.bytes)) {
    throw new DerError('a certificate names two algorithms');
  }
  const issuer = parts.next(derTags.sequence).bytes;
  const validity = parts.enter();
  const notBefore = timeOf(nextTime(validity));
  const notAfter = timeOf(nextTime(validity));
  validity.end();
  const subject = parts.next(derTags.sequence).bytes;
  const publicKey = readPublicKey(parts.next(derTags.sequence).bytes);
  const found = readExtensions(parts.enter(0xa3).next(derTags.sequence).content);
  parts.end();

  return {
    der,
    fingerprint: createHash('sha256').update(der).digest('hex'),
    body: body.bytes,
    algorithm: signatureAlgorithm(algorithm.bytes),
    signature,
    serial,
    issuer,
    subject,
    notBefore,
    notAfter,
    publicKey,
    ...basicConstraints(found.get(extensions.basicConstraints)),
    keyUsage: bitsOf(found.get(extensions.keyUsage)),
    extendedKeyUsage: namesOf(found.get(extensions.extendedKeyUsage)),
  };
}

function nextTime(validity: DerSequence): DerElement {
  return validity.optional(derTags.utcTime) ?? validity.next(derTags.generalizedTime);
}

function readExtensions(content: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const extension of new DerSequence(content).all(derTags.sequence)) {
    const parts = new DerSequence(extension.content);
    const name = oidText(parts.next(derTags.oid));
    const critical = parts.optional(derTags.boolean);
    const value = parts.next(derTags.octetString).content;
    parts.end();
    if (found.has(name)) throw new DerError('a certificate has an extension twice');
    if (critical !== null && !known.has(name))
      throw new DerError(`a certificate has the critical extension ${name}`);
    found.set(name, value);
  }
  return found;
}

function basicConstraints(value: Buffer | undefined): { isCa: boolean; pathLength: number | null } {
  if (value === undefined) return { isCa: false, pathLength: null };
  const parts = sequenceOf(value);
  const isCa = parts.optional(derTags.boolean)?.content[0] === 0xff;
  const length = parts.optional(derTags.integer);
  parts.end();
  if (length !== null && (length.content.length !== 1 || (length.content[0] as number) > 127)) {
    throw new DerError('a path length is not accepted');
  }
  return { isCa, pathLength: length?.content[0] ?? null };
}

function bitsOf(value: Buffer | undefined): Set<number> | null {
  if (value === undefined) return null;
  const [unused, ...bytes] = readWhole(value, derTags.bitString).content;
  if (unused === undefined || unused > 7) throw new DerError('a key usage is damaged');
  const bits = new Set<number>();
  for (const [index, byte] of bytes.entries()) {
    for (let bit = 0; bit < 8; bit += 1) if (byte & (0x80 >> bit)) bits.add(8 * index + bit);
  }
  return bits;
}

function namesOf(value: Buffer | undefined): string[] | null {
  if (value === undefined) return null;
  return sequenceOf(value).all(derTags.oid).map(oidText);
}
