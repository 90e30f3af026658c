import { base64Of, bytesOfBase64, joinBytes } from './bytes.ts';
import { SshReader, sshString } from './ssh-wire.ts';

/** SHA-256 or SHA-512 of the bytes. Passed in, because hashing differs between platforms. */
export type HashBytes = (bytes: Uint8Array) => Uint8Array;

const keyType = 'ssh-ed25519';
/** Of a raw Ed25519 public key (RFC 8032), in bytes. */
export const ed25519KeyLength = 32;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** An Ed25519 public key (32 raw bytes) as SSH writes it (RFC 8709, section 4): 51 bytes. */
export function sshKeyBlob(publicKey: Uint8Array): Uint8Array {
  if (publicKey.length !== ed25519KeyLength) throw new RangeError('an Ed25519 public key has 32 bytes');
  return joinBytes(sshString(encoder.encode(keyType)), sshString(publicKey));
}

/** The raw key of an SSH key blob; null when it is anything but one Ed25519 key. */
export function parseSshKeyBlob(blob: Uint8Array): Uint8Array | null {
  try {
    const reader = new SshReader(blob);
    if (decoder.decode(reader.string()) !== keyType) return null;
    const key = reader.string();
    return reader.atEnd && key.length === ed25519KeyLength ? key : null;
  } catch {
    return null;
  }
}

/** `ssh-ed25519 AAAA…`, with the comment behind it where there is one, without a line break. */
export function sshPublicKey(publicKey: Uint8Array, comment = ''): string {
  const key = `${keyType} ${base64Of(sshKeyBlob(publicKey))}`;
  return comment === '' ? key : `${key} ${comment}`;
}

/** The raw key of `ssh-ed25519 AAAA…` with or without a comment; null when it is anything else. */
export function parseSshPublicKey(text: string): Uint8Array | null {
  const match = /^ssh-ed25519 ([A-Za-z0-9+/=]+)(?: [\x20-\x7e]*)?$/.exec(text);
  const blob = match ? bytesOfBase64(match[1] as string) : null;
  return blob && parseSshKeyBlob(blob);
}

/** `SHA256:…` as `ssh-keygen -l` prints it: Base64 without padding. */
export function sshFingerprint(sha256: HashBytes, publicKey: Uint8Array): string {
  return `SHA256:${base64Of(sha256(sshKeyBlob(publicKey))).replace(/=+$/, '')}`;
}

/** A line of an allowed_signers file (ssh-keygen(1)) that lets one key sign for one namespace. */
export function allowedSigner(principal: string, namespace: string, publicKey: Uint8Array): string {
  return `${principal} namespaces="${namespace}" ${sshPublicKey(publicKey)}`;
}
