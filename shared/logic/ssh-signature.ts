import { base64Of, bytesOfBase64, equalBytes, joinBytes } from './bytes.ts';
import type { VerifyEd25519 } from './signed-note.ts';
import { parseSshKeyBlob, sshKeyBlob } from './ssh-key.ts';
import { SshReader, sshString, sshUint32 } from './ssh-wire.ts';

/** OpenSSH's PROTOCOL.sshsig. */
const magic = new TextEncoder().encode('SSHSIG');
const version = 1;
const hashAlgorithm = 'sha512';
const digestLength = 64;
const signatureLength = 64;
const keyType = 'ssh-ed25519';
const begin = '-----BEGIN SSH SIGNATURE-----';
const end = '-----END SSH SIGNATURE-----';
/** As ssh-keygen wraps it. */
const lineLength = 70;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** What an armored SSH signature holds. Only Ed25519 and SHA-512 are made, and only they are accepted. */
export interface SshSignature {
  /** Raw, 32 bytes. What the signature claims; whether it is the right one is the caller's question. */
  readonly publicKey: Uint8Array;
  readonly namespace: string;
  /** Raw Ed25519, 64 bytes. */
  readonly signature: Uint8Array;
}

/** The bytes that the key signs: not the message, but its SHA-512 with the namespace. */
export function sshSignedBytes(namespace: string, messageSha512: Uint8Array): Uint8Array {
  if (messageSha512.length !== digestLength) throw new RangeError('a SHA-512 digest has 64 bytes');
  if (namespace === '') throw new RangeError('an SSH signature needs a namespace');
  return joinBytes(
    magic,
    sshString(encoder.encode(namespace)),
    sshString(new Uint8Array()),
    sshString(encoder.encode(hashAlgorithm)),
    sshString(messageSha512),
  );
}

/** An armored SSH signature (`ssh-keygen -Y sign` makes the same) with a final line break. */
export async function makeSshSignature(options: {
  /** Raw, 32 bytes. */
  publicKey: Uint8Array;
  namespace: string;
  messageSha512: Uint8Array;
  /** Raw Ed25519 over the bytes that it is given. */
  sign: (message: Uint8Array) => Promise<Uint8Array>;
}): Promise<string> {
  const { publicKey, namespace, messageSha512, sign } = options;
  const signature = await sign(sshSignedBytes(namespace, messageSha512));
  if (signature.length !== signatureLength) throw new RangeError('an Ed25519 signature has 64 bytes');
  return armored(blobOf({ publicKey, namespace, signature }));
}

/**
 * Reads an armored signature. Strict: every content has one text, the one that `makeSshSignature` writes.
 * @throws RangeError saying what does not fit
 */
export function parseSshSignature(text: string): SshSignature {
  const blob = bytesOfBase64(armoredText(text));
  if (blob === null) throw new RangeError('what it holds is not Base64');
  const parsed = parseBlob(blob);
  if (armored(blobOf(parsed)) !== text) throw new RangeError('it is not written as ssh-keygen writes it');
  return parsed;
}

/**
 * Null when the text is a signature of the message, by this key, for this namespace; otherwise what is wrong, to be
 * put behind "the signature does not hold: ".
 */
export function sshSignatureProblem(
  text: string,
  expected: {
    publicKey: Uint8Array;
    namespace: string;
    messageSha512: Uint8Array;
    verify: VerifyEd25519;
  },
): string | null {
  let found: SshSignature;
  try {
    found = parseSshSignature(text);
  } catch (error) {
    return (error as Error).message;
  }
  if (!equalBytes(found.publicKey, expected.publicKey)) return 'it is by another key';
  if (found.namespace !== expected.namespace) return `its namespace is "${found.namespace}"`;
  const message = sshSignedBytes(expected.namespace, expected.messageSha512);
  return expected.verify(expected.publicKey, message, found.signature)
    ? null
    : 'it is of other bytes than these';
}

function blobOf({ publicKey, namespace, signature }: SshSignature): Uint8Array {
  return joinBytes(
    magic,
    sshUint32(version),
    sshString(sshKeyBlob(publicKey)),
    sshString(encoder.encode(namespace)),
    sshString(new Uint8Array()),
    sshString(encoder.encode(hashAlgorithm)),
    sshString(joinBytes(sshString(encoder.encode(keyType)), sshString(signature))),
  );
}

function parseBlob(blob: Uint8Array): SshSignature {
  const reader = new SshReader(blob);
  if (!equalBytes(reader.take(magic.length), magic)) throw new RangeError('it is no SSH signature');
  if (reader.uint32() !== version) throw new RangeError('it is of another version of the format');
  const publicKey = parseSshKeyBlob(reader.string());
  if (publicKey === null) throw new RangeError('its key is no Ed25519 key');
  const namespace = textOf(reader.string());
  if (reader.string().length > 0) throw new RangeError('its reserved field is not empty');
  if (textOf(reader.string()) !== hashAlgorithm) throw new RangeError('its hash is not SHA-512');
  const inner = new SshReader(reader.string());
  if (textOf(inner.string()) !== keyType) throw new RangeError('it is no Ed25519 signature');
  const signature = inner.string();
  if (signature.length !== signatureLength || !inner.atEnd || !reader.atEnd) {
    throw new RangeError('it has a wrong length');
  }
  return { publicKey, namespace, signature };
}

function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new RangeError('a name in it is not UTF-8');
  }
}

function armored(blob: Uint8Array): string {
  const lines = base64Of(blob).match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? [];
  return [begin, ...lines, end, ''].join('\n');
}

function armoredText(text: string): string {
  const lines = text.split('\n');
  if (lines[0] !== begin || lines.at(-2) !== end || lines.at(-1) !== '' || lines.length < 4) {
    throw new RangeError('it is not an armored SSH signature');
  }
  return lines.slice(1, -2).join('');
}
