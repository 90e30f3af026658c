import { base64Of, bytesOfBase64, equalBytes, hexOf, joinBytes } from './bytes.ts';
import type { HashFunction } from './merkle.ts';

/**
 * Signed notes (https://c2sp.org/signed-note): a text, an empty line, and signature lines
 * `— NAME BASE64(key id ‖ signature)`. A text must be ignored unless a key that is trusted has signed it.
 */

/** Whether this is the Ed25519 signature (64 bytes) of the message by the key (32 bytes). Never throws. */
export type VerifyEd25519 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** What a key signs, by the byte that its id is made with: the text itself, or a timestamped cosignature of it. */
export const signatureTypes = { ed25519: 0x01, cosignature: 0x04 } as const;
export type SignatureType = (typeof signatureTypes)[keyof typeof signatureTypes];

export interface NoteSignature {
  readonly name: string;
  /** The first four bytes, as the key's id in hex. */
  readonly keyId: string;
  readonly signature: Uint8Array;
}

export interface SignedNote {
  /** With its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A key as others are told of it: `NAME+ID+BASE64(type ‖ public key)`, the vkey of the specification. */
export interface VerifierKey {
  readonly name: string;
  /** Eight hex digits. */
  readonly keyId: string;
  readonly type: SignatureType;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** Why something is no note, no key, or not signed. The message is a sentence for people. */
export class NoteError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoteError';
  }
}

const signaturePrefix = '\u2014 ';
/** Notes with post-quantum signatures reach 5 kB a signature; more than this is no note of ours. */
const largestNote = 1024 * 1024;
const mostSignatures = 100;
const publicKeyLength = 32;

/** Reads a note; nothing is verified. Throws NoteError for whatever is not one, to the last byte. */
export function parseNote(bytes: Uint8Array): SignedNote {
  if (bytes.length > largestNote) throw new NoteError('It is larger than a signed note may be.');
  const note = textOf(bytes);
  const separator = note.lastIndexOf('\n\n');
  if (separator === -1) throw new NoteError('It is no signed note: no empty line before the signatures.');
  const lines = note.slice(separator + 2).split('\n');
  if (lines.pop() !== '' || lines.length === 0) {
    throw new NoteError('It is no signed note: there is no complete signature line.');
  }
  if (lines.length > mostSignatures)
    throw new NoteError('It has more signatures than a signed note may have.');
  return { text: note.slice(0, separator + 1), signatures: lines.map(parseSignature) };
}

/** The note as its bytes are; `text` ends with a newline. */
export function formatNote({ text, signatures }: SignedNote): string {
  const lines = signatures.map(({ name, keyId, signature }) => {
    const id = Uint8Array.from({ length: 4 }, (_, at) =>
      Number.parseInt(keyId.slice(2 * at, 2 * at + 2), 16),
    );
    return `${signaturePrefix}${name} ${base64Of(joinBytes(id, signature))}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/** SHA-256(name ‖ newline ‖ type ‖ public key), its first four bytes in hex. */
export function keyIdOf(
  hash: HashFunction,
  name: string,
  type: SignatureType,
  publicKey: Uint8Array,
): string {
  const encodedName = new TextEncoder().encode(`${name}\n`);
  return hexOf(hash(joinBytes(encodedName, Uint8Array.of(type), publicKey)).subarray(0, 4));
}

/** Throws NoteError for a name that a note cannot carry. */
export function makeVerifierKey(
  hash: HashFunction,
  name: string,
  type: SignatureType,
  publicKey: Uint8Array,
): VerifierKey {
  if (!isKeyName(name)) throw new NoteError(`"${name}" cannot name a key.`);
  return { name, type, publicKey, keyId: keyIdOf(hash, name, type, publicKey) };
}

export function formatVerifierKey({ name, keyId, type, publicKey }: VerifierKey): string {
  return `${name}+${keyId}+${base64Of(joinBytes(Uint8Array.of(type), publicKey))}`;
}

/** Reads `NAME+ID+BASE64`. Throws NoteError, also when the id is not that of the key. */
export function parseVerifierKey(hash: HashFunction, text: string): VerifierKey {
  const [, name, keyId, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/su.exec(text) ?? [];
  const bytes = encoded === undefined ? null : bytesOfBase64(encoded);
  if (!name || !keyId || bytes === null || !isKeyName(name)) {
    throw new NoteError('It is no verifier key: NAME+ID+BASE64 was expected.');
  }
  const type = bytes[0];
  const publicKey = bytes.subarray(1);
  if (type !== signatureTypes.ed25519 && type !== signatureTypes.cosignature) {
    throw new NoteError('The verifier key is of a kind that is not known here; Ed25519 was expected.');
  }
  if (publicKey.length !== publicKeyLength) throw new NoteError('The verifier key has the wrong length.');
  const key = makeVerifierKey(hash, name, type, publicKey);
  if (key.keyId !== keyId) throw new NoteError('The verifier key is damaged: its id is not that of the key.');
  return key;
}

/** What a signature by this key signs, and the signature; null when it is not formed as it must be. */
export type SignedPart = (
  key: VerifierKey,
  note: SignedNote,
  signature: Uint8Array,
) => { message: Uint8Array; signature: Uint8Array } | null;

const plainText: SignedPart = (key, note, signature) =>
  key.type === signatureTypes.ed25519 ? { message: new TextEncoder().encode(note.text), signature } : null;

/**
 * The signatures by this key, each verified: at least one. Signatures by others are ignored, whatever they are; one
 * that claims to be by this key and does not verify makes the whole note worthless. Throws NoteError.
 */
export function signaturesBy(
  note: SignedNote,
  key: VerifierKey,
  verify: VerifyEd25519,
  signedPart: SignedPart = plainText,
): NoteSignature[] {
  const own = note.signatures.filter(({ name, keyId }) => name === key.name && keyId === key.keyId);
  if (own.length === 0) throw new NoteError(`It is not signed by ${key.name} (key ${key.keyId}).`);
  for (const { signature } of own) {
    const signed = signedPart(key, note, signature);
    if (signed === null || !verify(key.publicKey, signed.message, signed.signature)) {
      throw new NoteError(`The signature by ${key.name} (key ${key.keyId}) is wrong.`);
    }
  }
  return own;
}

/** Whether both are the same key under the same name. */
export function sameKey(a: VerifierKey, b: VerifierKey): boolean {
  return a.name === b.name && a.type === b.type && equalBytes(a.publicKey, b.publicKey);
}

function textOf(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NoteError('It is no signed note: it is not UTF-8 text.');
  }
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 && code !== 0x0a) throw new NoteError('It is no signed note: it has control characters.');
  }
  return text;
}

function parseSignature(line: string): NoteSignature {
  const [, name, encoded] = new RegExp(`^${signaturePrefix}([^ ]+) ([^ ]+)$`, 'u').exec(line) ?? [];
  const bytes = encoded === undefined ? null : bytesOfBase64(encoded);
  if (!name || !isKeyName(name) || bytes === null || bytes.length < 5) {
    throw new NoteError('It is no signed note: a line after the text is not a signature.');
  }
  return { name, keyId: hexOf(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
}

function isKeyName(name: string): boolean {
  return /^[^+\p{White_Space}\p{Cc}]+$/u.test(name);
}
