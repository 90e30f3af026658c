import { createPublicKey, verify } from 'node:crypto';

export const ed25519KeyLength = 32;
export const ed25519SignatureLength = 64;

/** SubjectPublicKeyInfo of an Ed25519 key (RFC 8410), before its 32 bytes. */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const prime = 2n ** 255n - 19n;
const groupOrder = 2n ** 252n + 27742317777372353535851937790883648493n;
const orderEight = 2707385501144840649318225287225658788936804267575313519463743609750303402022n;
/** The y coordinates of the eight points of small order: a key of these verifies almost anything. */
const smallOrder = new Set([0n, 1n, prime - 1n, orderEight, prime - orderEight]);

/**
 * Whether 32 bytes are a public key that may be used: its coordinate written in the one canonical way (RFC 8032,
 * 5.1.3), and not one of the points of small order. Libraries differ in what they let pass here; verify.py does not.
 */
export function isUsableEd25519Key(key: Uint8Array): boolean {
  if (key.length !== ed25519KeyLength) return false;
  const y = littleEndian(key) & (2n ** 255n - 1n);
  return y < prime && !smallOrder.has(y);
}

/** Verifies as RFC 8032 does without its cofactor: S below the group's order, R compared as bytes. Never throws. */
export function verifyEd25519(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isUsableEd25519Key(key) || signature.length !== ed25519SignatureLength) return false;
  if (littleEndian(signature.subarray(32)) >= groupOrder) return false;
  try {
    const publicKey = createPublicKey({ key: Buffer.concat([spkiPrefix, key]), format: 'der', type: 'spki' });
    return verify(null, message, publicKey, signature);
  } catch {
    return false;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}
