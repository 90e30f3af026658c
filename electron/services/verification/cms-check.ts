import { createHash } from 'node:crypto';
import type { Certificate } from './certificate-reader.ts';
import { DerError, DerSequence, derTags, oidText, sequenceOf } from './der-reader.ts';
import { DoesNotHold, demand } from './outcome.ts';
import { signatureAlgorithm, verifyByAlgorithm } from './public-key-check.ts';

const oids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

interface SignerInfo {
  readonly certificates: readonly Buffer[];
  readonly issuerAndSerial: Buffer;
  /** The signed attributes as they stand, under their implicit tag. */
  readonly signedAttributes: Buffer;
  readonly attributes: ReadonlyMap<string, Buffer>;
  readonly algorithm: string;
  readonly signature: Buffer;
}

/**
 * Checks a detached CMS signature (RFC 5652, CAdES/PAdES B-B): one signer, who is this leaf, over content with this
 * SHA-256 (32 bytes). No time may be claimed in it: the report claims its time in one place. `what` names the
 * signature in the reason.
 */
export function demandCmsSignature(
  what: string,
  cms: Buffer,
  contentSha256: Buffer,
  leaf: Certificate,
): void {
  let signer: SignerInfo;
  let attributedLeaf: Buffer;
  try {
    signer = readSignedData(cms);
    attributedLeaf = signingCertificateHash(signer.attributes.get(oids.signingCertificateV2));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new DoesNotHold(`${what} is no CMS signature of the kind that Rekey makes: ${error.message}`);
  }
  const { attributes } = signer;
  demand(
    signer.issuerAndSerial.equals(issuerAndSerial(leaf)) &&
      signer.certificates.some((certificate) => certificate.equals(leaf.der)),
    `${what} is not by the certificate in keys/certificate.pem`,
  );
  demand(
    attributedLeaf.equals(createHash('sha256').update(leaf.der).digest()),
    `${what} names another certificate than its own as the one that signed`,
  );
  demand(!attributes.has(oids.signingTime), `${what} claims a time of its own`);
  demand(
    attributes.get(oids.contentType)?.equals(encodedOid(oids.data)) === true &&
      attributes.get(oids.messageDigest)?.equals(encodedDigest(contentSha256)) === true,
    `${what} is a signature of other content`,
  );
  // Signed as a SET OF, stored under an implicit tag (RFC 5652, 5.4).
  const signed = Buffer.from(signer.signedAttributes);
  signed[0] = derTags.set;
  demand(
    verifyByAlgorithm(leaf.publicKey, signer.algorithm, signed, signer.signature),
    `${what} is not a signature by the key of keys/certificate.pem`,
  );
}

function readSignedData(cms: Buffer): SignerInfo {
  const info = sequenceOf(cms);
  if (oidText(info.next(derTags.oid)) !== oids.signedData) throw new DerError('it holds no signed data');
  const wrapper = info.enter(0xa0);
  info.end();
  const data = wrapper.enter();
  wrapper.end();
  data.next(derTags.integer);
  const digests = data.enter(derTags.set);
  demandSha256(digests.next(derTags.sequence).bytes);
  digests.end();
  const content = data.enter();
  if (oidText(content.next(derTags.oid)) !== oids.data)
    throw new DerError('it signs something else than data');
  content.end();
  const certificates = data
    .enter(0xa0)
    .all(derTags.sequence)
    .map((certificate) => certificate.bytes);
  const signers = data.enter(derTags.set);
  data.end();
  const signer = signers.enter();
  signers.end();
  return { certificates, ...readSigner(signer) };
}

function readSigner(signer: DerSequence): Omit<SignerInfo, 'certificates'> {
  signer.next(derTags.integer);
  const issuerAndSerial = signer.next(derTags.sequence).bytes;
  demandSha256(signer.next(derTags.sequence).bytes);
  const signed = signer.next(0xa0);
  const algorithm = signatureAlgorithm(signer.next(derTags.sequence).bytes);
  const signature = signer.next(derTags.octetString).content;
  signer.end();
  const attributes = new Map<string, Buffer>();
  for (const attribute of new DerSequence(signed.content).all(derTags.sequence)) {
    const parts = new DerSequence(attribute.content);
    const name = oidText(parts.next(derTags.oid));
    const values = parts.next(derTags.set).content;
    parts.end();
    if (attributes.has(name)) throw new DerError('an attribute is there twice');
    attributes.set(name, values);
  }
  return { issuerAndSerial, signedAttributes: signed.bytes, attributes, algorithm, signature };
}

/** The hash of the first certificate in a SigningCertificateV2 (RFC 5035), which must be SHA-256. */
function signingCertificateHash(attribute: Buffer | undefined): Buffer {
  if (attribute === undefined) throw new DerError('it does not name its certificate');
  const certificates = sequenceOf(attribute).enter();
  const first = certificates.enter();
  const algorithm = first.optional(derTags.sequence);
  if (algorithm !== null) demandSha256(algorithm.bytes);
  return first.next(derTags.octetString).content;
}

/** AlgorithmIdentifier of SHA-256, with or without its empty parameters. */
function demandSha256(identifier: Buffer): void {
  const parts = sequenceOf(identifier);
  const name = oidText(parts.next(derTags.oid));
  parts.optional(derTags.null);
  parts.end();
  if (name !== oids.sha256) throw new DerError('its hash is not SHA-256');
}

function issuerAndSerial(leaf: Certificate): Buffer {
  return encoded(derTags.sequence, Buffer.concat([leaf.issuer, leaf.serial]));
}

function encodedDigest(digest: Buffer): Buffer {
  return encoded(derTags.octetString, digest);
}

function encodedOid(name: string): Buffer {
  const [first = 0, second = 0, ...rest] = name.split('.').map(Number);
  const arcs = rest.flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return encoded(derTags.oid, Buffer.from([40 * first + second, ...arcs]));
}

function encoded(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
}
