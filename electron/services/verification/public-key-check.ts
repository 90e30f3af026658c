import { createPublicKey, verify } from 'node:crypto';
import { DerError, DerSequence, derTags, oidText, readWhole, sequenceOf, wholeBits } from './der-reader.ts';

const oids = {
  rsa: '1.2.840.113549.1.1.1',
  ec: '1.2.840.10045.2.1',
} as const;
/** Curves by name, with the bytes of a coordinate. */
const curves: Record<string, number> = { '1.2.840.10045.3.1.7': 32, '1.3.132.0.34': 48, '1.3.132.0.35': 66 };
/** Signature algorithms of certificates and of CMS: which kind of key, and which hash. */
const algorithms: Record<string, { key: 'rsa' | 'ec'; hash: 'sha256' | 'sha384' | 'sha512' }> = {
  '1.2.840.113549.1.1.11': { key: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { key: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { key: 'rsa', hash: 'sha512' },
  '1.2.840.10045.4.3.2': { key: 'ec', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { key: 'ec', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ec', hash: 'sha512' },
};
/** In bits. Below, RSA is too weak; above, a hostile key would only cost time. */
const rsaBits = { least: 2048, most: 8192 };

export interface PublicKey {
  readonly kind: 'rsa' | 'ec';
  /** Bits of an RSA modulus, or of a curve's coordinate. */
  readonly bits: number;
  /** SubjectPublicKeyInfo. */
  readonly spki: Buffer;
}

/** Reads a SubjectPublicKeyInfo with an RSA key or one on P-256, P-384 or P-521. Throws `DerError` for any other. */
export function readPublicKey(spki: Buffer): PublicKey {
  const info = sequenceOf(spki);
  const algorithm = info.enter();
  const name = oidText(algorithm.next(derTags.oid));
  if (name === oids.rsa) {
    demandNull(algorithm);
    const key = sequenceOf(wholeBits(info.next(derTags.bitString)));
    const modulus = positive(key.next(derTags.integer).content);
    const exponent = positive(key.next(derTags.integer).content);
    key.end();
    info.end();
    const bits = modulus.toString(2).length;
    if (bits < rsaBits.least || bits > rsaBits.most)
      throw new DerError(`an RSA key of ${bits} bits is not accepted`);
    if (exponent < 3n || exponent > 0xffffffffn || exponent % 2n === 0n || modulus % 2n === 0n) {
      throw new DerError('an RSA key is not accepted');
    }
    return { kind: 'rsa', bits, spki };
  }
  const length = name === oids.ec ? curves[oidText(algorithm.next(derTags.oid))] : undefined;
  if (length === undefined) throw new DerError('a public key is neither RSA nor on P-256, P-384 or P-521');
  algorithm.end();
  const point = wholeBits(info.next(derTags.bitString));
  info.end();
  if (point[0] !== 4 || point.length !== 1 + 2 * length) throw new DerError('a public key is no point');
  return { kind: 'ec', bits: 8 * length, spki };
}

/** The name of a signature algorithm in an AlgorithmIdentifier whose parameters are what they must be. */
export function signatureAlgorithm(identifier: Buffer): string {
  const parts = sequenceOf(identifier);
  const name = oidText(parts.next(derTags.oid));
  if (name === oids.rsa || algorithms[name]?.key === 'rsa') demandNull(parts);
  parts.end();
  return name;
}

/**
 * Whether the signature of the message is by the key. The algorithm must be one that is known, and the one of the key:
 * the key decides how it is checked, never the signature. Never throws.
 */
export function verifyByAlgorithm(
  key: PublicKey,
  name: string,
  message: Uint8Array,
  signature: Buffer,
): boolean {
  // CMS may name only the key's kind (RFC 3370); Rekey's CMS signatures are all with SHA-256.
  const algorithm = name === oids.rsa ? ({ key: 'rsa', hash: 'sha256' } as const) : algorithms[name];
  if (algorithm?.key !== key.kind) return false;
  if (key.kind === 'rsa' && signature.length !== Math.ceil(key.bits / 8)) return false;
  if (key.kind === 'ec' && !isEcdsaSignature(signature)) return false;
  try {
    const publicKey = createPublicKey({ key: key.spki, format: 'der', type: 'spki' });
    return verify(algorithm.hash, message, publicKey, signature);
  } catch {
    return false;
  }
}

function isEcdsaSignature(signature: Buffer): boolean {
  try {
    const numbers = new DerSequence(readWhole(signature, derTags.sequence).content);
    positive(numbers.next(derTags.integer).content);
    positive(numbers.next(derTags.integer).content);
    return numbers.isEmpty;
  } catch {
    return false;
  }
}

function demandNull(parameters: DerSequence): void {
  if (parameters.next(derTags.null).content.length !== 0) throw new DerError('parameters are not accepted');
  parameters.end();
}

/** A positive integer in its shortest form. */
function positive(content: Buffer): bigint {
  const [first, second] = content;
  const isShortest = first !== 0 || (second !== undefined && second >= 0x80);
  if (first === undefined || first >= 0x80 || !isShortest || content.length > 2048)
    throw new DerError('no number');
  return BigInt(`0x${content.toString('hex')}`);
}
