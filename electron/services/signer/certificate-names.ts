import { type AsnType, BitString, Constructed, fromBER, Integer, ObjectIdentifier, Sequence } from 'asn1js';

/** Parts of a certificate as they stand in it, byte for byte. */
export interface CertificateNames {
  /** DER of the serial number (INTEGER). */
  readonly serialNumber: Buffer;
  /** DER of the names. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** DER of the public key (SubjectPublicKeyInfo). */
  readonly publicKey: Buffer;
  /** The algorithm by which it was signed, dotted. */
  readonly signatureAlgorithm: string;
  /** Its extensions by name (dotted): what the OCTET STRING holds. */
  readonly extensions: ReadonlyMap<string, Buffer>;
}

/**
 * Reads a certificate (RFC 5280, section 4.1).
 * @throws RangeError when the bytes are no certificate
 */
export function certificateNames(certificate: Uint8Array): CertificateNames {
  const { result, offset } = fromBER(certificate);
  if (offset !== certificate.length) throw new RangeError('these bytes are no certificate');
  const [body, algorithm] = partsOf(result);
  const all = partsOf(body);
  // The version is optional and comes first.
  const parts = all[0] instanceof Constructed && all[0].idBlock.tagClass === 3 ? all.slice(1) : all;
  const [serialNumber, , issuer, , subject, publicKey, ...optional] = parts;
  if (!(serialNumber instanceof Integer) || !issuer || !subject || !publicKey) {
    throw new RangeError('these bytes are no certificate');
  }
  const extensions = optional.find(({ idBlock }) => idBlock.tagClass === 3 && idBlock.tagNumber === 3);
  return {
    serialNumber: bytesOf(serialNumber),
    issuer: bytesOf(issuer),
    subject: bytesOf(subject),
    publicKey: bytesOf(publicKey),
    signatureAlgorithm: dotted(partsOf(algorithm)[0]),
    extensions: new Map(extensions ? partsOf(partsOf(extensions)[0]).map(extensionOf) : []),
  };
}

/** The bits of a key usage extension (RFC 5280, section 4.2.1.3), by number. */
export function keyUsageBits(extension: Uint8Array): Set<number> {
  const { result } = fromBER(extension);
  if (!(result instanceof BitString)) throw new RangeError('the key usage is no bit string');
  const bytes = result.valueBlock.valueHexView;
  const bits = new Set<number>();
  for (let bit = 0; bit < bytes.length * 8 - result.valueBlock.unusedBits; bit++) {
    if ((bytes[Math.floor(bit / 8)] as number) & (0x80 >> (bit % 8))) bits.add(bit);
  }
  return bits;
}

/** How many CAs may follow below one (basic constraints, RFC 5280, section 4.2.1.9); null: any number. */
export function pathLengthOf(extension: Uint8Array): number | null {
  const { result } = fromBER(extension);
  const length = partsOf(result).find((part) => part instanceof Integer);
  return length instanceof Integer ? Number(length.toBigInt()) : null;
}

function extensionOf(extension: AsnType): [string, Buffer] {
  const parts = partsOf(extension);
  const value = parts.at(-1);
  if (value === undefined || !('valueHexView' in value.valueBlock)) {
    throw new RangeError('an extension has no value');
  }
  return [dotted(parts[0]), Buffer.from(value.valueBlock.valueHexView as Uint8Array)];
}

function partsOf(node: AsnType | undefined): AsnType[] {
  if (node instanceof Sequence || node instanceof Constructed) return node.valueBlock.value as AsnType[];
  throw new RangeError('these bytes are no certificate');
}

function dotted(node: AsnType | undefined): string {
  if (node instanceof ObjectIdentifier) return node.valueBlock.toString();
  throw new RangeError('these bytes are no certificate');
}

function bytesOf(node: AsnType): Buffer {
  return Buffer.from(node.valueBeforeDecodeView);
}
