import { createHash } from 'node:crypto';
import { ed25519KeyLength, ed25519SignatureLength, verifyEd25519 } from './ed25519-key.ts';
import { demand } from './outcome.ts';

/** Namespaces of OpenSSH's signatures: what was signed for one purpose says nothing for another. */
export const reportNamespace = 'key-rotation-report';
export const rolloverNamespace = 'key-rotation-signer-rollover';

const keyType = Buffer.from('ssh-ed25519');
const armorBegin = '-----BEGIN SSH SIGNATURE-----';
const armorEnd = '-----END SSH SIGNATURE-----';
/** Of a line, as ssh-keygen writes them. */
const armorLineLength = 70;

/** `string` of RFC 4251: length and bytes. */
function sshString(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function keyBlob(key: Uint8Array): Buffer {
  return Buffer.concat([sshString(keyType), sshString(key)]);
}

/** `SHA256:…` as `ssh-keygen -l` prints it. */
export function sshFingerprint(key: Uint8Array): string {
  const digest = createHash('sha256').update(keyBlob(key)).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}

/** `ssh-ed25519 AAAA…` */
export function sshPublicKey(key: Uint8Array): string {
  return `ssh-ed25519 ${keyBlob(key).toString('base64')}`;
}

/** The 32 bytes of `ssh-ed25519 AAAA…`; null for any other text. Each key has one text only. */
export function parseSshPublicKey(text: string): Buffer | null {
  const blob = Buffer.from(/^ssh-ed25519 ([A-Za-z0-9+/]+=*)$/.exec(text)?.[1] ?? '', 'base64');
  if (blob.length !== keyBlob(Buffer.alloc(ed25519KeyLength)).length) return null;
  const key = blob.subarray(-ed25519KeyLength);
  return sshPublicKey(key) === text ? key : null;
}

/**
 * Checks an armored SSH signature (OpenSSH's PROTOCOL.sshsig). The bytes must be exactly those that a signature by this
 * key for this namespace has around its 64 bytes: no other key, algorithm, hash or form can be smuggled in.
 * `what` names the signature's file in the reason.
 */
export function demandSshSignature(
  what: string,
  armored: Uint8Array,
  signed: { key: Uint8Array; namespace: string; message: Uint8Array },
): void {
  const blob = unarmored(Buffer.from(armored).toString('latin1'));
  demand(blob !== null, `${what} is no SSH signature as ssh-keygen writes it`);
  const signature = blob.subarray(-ed25519SignatureLength);
  const expected = signatureBlob(signed.key, signed.namespace, signature);
  demand(
    blob.length === expected.length,
    `${what} is not by an Ed25519 key for the namespace ${signed.namespace} with SHA-512`,
  );
  const ofOtherKey = Buffer.from(blob);
  keyBlob(signed.key).copy(ofOtherKey, 14);
  demand(blob.equals(expected) || !ofOtherKey.equals(expected), `${what} is by another key`);
  demand(
    blob.equals(expected),
    `${what} is not by an Ed25519 key for the namespace ${signed.namespace} with SHA-512`,
  );
  const message = Buffer.concat([
    Buffer.from('SSHSIG'),
    sshString(Buffer.from(signed.namespace)),
    sshString(Buffer.alloc(0)),
    sshString(Buffer.from('sha512')),
    sshString(createHash('sha512').update(signed.message).digest()),
  ]);
  demand(verifyEd25519(signed.key, message, signature), `${what} does not fit what it should have signed`);
}

/** The whole of a signature: version 1, key, namespace, nothing reserved, hash, signature. */
function signatureBlob(key: Uint8Array, namespace: string, signature: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from('SSHSIG'),
    Buffer.from([0, 0, 0, 1]),
    sshString(keyBlob(key)),
    sshString(Buffer.from(namespace)),
    sshString(Buffer.alloc(0)),
    sshString(Buffer.from('sha512')),
    sshString(Buffer.concat([sshString(keyType), sshString(signature)])),
  ]);
}

function unarmored(text: string): Buffer | null {
  const lines = text.split('\n');
  const blob = Buffer.from(lines.slice(1, -2).join(''), 'base64');
  const written = blob.toString('base64').match(new RegExp(`.{1,${armorLineLength}}`, 'g')) ?? [];
  return [armorBegin, ...written, armorEnd, ''].join('\n') === text ? blob : null;
}
