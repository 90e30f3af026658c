import { execFileSync } from 'node:child_process';
import { createHash, type KeyObject, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inFolder, type SigningKey, signEd25519, sshBlob } from './identity.ts';

/** The signature that ssh-keygen makes. */
export function sshKeygenSignature(key: SigningKey, namespace: string, message: Uint8Array): Buffer {
  return inFolder((folder) => {
    writeFileSync(join(folder, 'key'), key.openssh, { mode: 0o600 });
    writeFileSync(join(folder, 'message'), message);
    execFileSync('ssh-keygen', ['-Y', 'sign', '-q', '-f', 'key', '-n', namespace, 'message'], {
      cwd: folder,
      stdio: 'pipe',
    });
    return readFileSync(join(folder, 'message.sig'));
  });
}

/** The same signature without a process, for the thousands that a fuzzer needs; a test compares the two. */
export function sshSignature(key: SigningKey, namespace: string, message: Uint8Array): Buffer {
  const hash = createHash('sha512').update(message).digest();
  const common = [ssh(namespace), ssh(''), ssh('sha512')];
  const signature = signEd25519(key, Buffer.concat([Buffer.from('SSHSIG'), ...common, ssh(hash)]));
  const blob = Buffer.concat([
    Buffer.from('SSHSIG\0\0\0\x01', 'latin1'),
    ssh(sshBlob(key.publicKey)),
    ...common,
    ssh(Buffer.concat([ssh('ssh-ed25519'), ssh(signature)])),
  ]);
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return Buffer.from(
    ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n'),
  );
}

function ssh(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A checkpoint as a signed note. */
export function signedCheckpoint(key: SigningKey, origin: string, size: number, rootHex: string): Buffer {
  const body = `${origin}\n${size}\n${Buffer.from(rootHex, 'hex').toString('base64')}\n`;
  const signature = Buffer.concat([noteKeyId(key, origin), signEd25519(key, Buffer.from(body))]);
  return Buffer.from(`${body}\n— ${origin} ${signature.toString('base64')}\n`);
}

export function verifierKey(key: SigningKey, origin: string): string {
  const typed = Buffer.concat([Buffer.from([1]), key.publicKey]);
  return `${origin}+${noteKeyId(key, origin).toString('hex')}+${typed.toString('base64')}\n`;
}

function noteKeyId(key: SigningKey, origin: string): Buffer {
  return createHash('sha256').update(`${origin}\n\x01`).update(key.publicKey).digest().subarray(0, 4);
}

/** A detached CMS signature of the profile PAdES B-B, DER, over content with this SHA-256. */
export function cmsSignature(
  contentSha256: Buffer,
  leaf: Buffer,
  chain: readonly Buffer[],
  key: KeyObject,
): Buffer {
  const attributes = [
    sequence(oids.contentType, set(oids.data)),
    sequence(oids.messageDigest, set(der(0x04, contentSha256))),
    sequence(oids.signingCertificateV2, set(sequence(sequence(sequence(der(0x04, sha256(leaf))))))),
  ].sort(Buffer.compare);
  const signature = sign('sha256', der(0x31, ...attributes), key);
  const { issuer, serial } = issuerAndSerial(leaf);
  return sequence(
    oids.signedData,
    der(
      0xa0,
      sequence(
        der(0x02, Buffer.from([1])),
        set(sequence(oids.sha256)),
        sequence(oids.data),
        der(0xa0, leaf, ...chain),
        set(
          sequence(
            der(0x02, Buffer.from([1])),
            sequence(issuer, serial),
            sequence(oids.sha256),
            der(0xa0, ...attributes),
            sequence(oids.rsaEncryption, der(0x05)),
            der(0x04, signature),
          ),
        ),
      ),
    ),
  );
}

const oids = {
  data: Buffer.from('06092a864886f70d010701', 'hex'),
  signedData: Buffer.from('06092a864886f70d010702', 'hex'),
  contentType: Buffer.from('06092a864886f70d010903', 'hex'),
  messageDigest: Buffer.from('06092a864886f70d010904', 'hex'),
  signingCertificateV2: Buffer.from('060b2a864886f70d010910022f', 'hex'),
  sha256: Buffer.from('0609608648016503040201', 'hex'),
  rsaEncryption: Buffer.from('06092a864886f70d010101', 'hex'),
};

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function der(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const shortest = length.subarray(body.length < 0x100 ? 3 : body.length < 0x10000 ? 2 : 1);
  const header = body.length < 0x80 ? [tag, body.length] : [tag, 0x80 | shortest.length, ...shortest];
  return Buffer.concat([Buffer.from(header), body]);
}

function sequence(...content: Buffer[]): Buffer {
  return der(0x30, ...content);
}

function set(...content: Buffer[]): Buffer {
  return der(0x31, ...content);
}

/** Issuer and serial number of a certificate that openssl made: version, serial number, algorithm, issuer. */
function issuerAndSerial(certificate: Buffer): { issuer: Buffer; serial: Buffer } {
  const inner = (bytes: Buffer) => bytes.subarray(headerLength(bytes));
  const first = (bytes: Buffer) => bytes.subarray(0, headerLength(bytes) + contentLength(bytes));
  let rest = inner(inner(certificate));
  const take = () => {
    const element = first(rest);
    rest = rest.subarray(element.length);
    return element;
  };
  take();
  const serial = take();
  take();
  return { serial, issuer: take() };
}

function headerLength(bytes: Buffer): number {
  const second = bytes[1] as number;
  return second < 0x80 ? 2 : 2 + (second & 0x7f);
}

function contentLength(bytes: Buffer): number {
  const second = bytes[1] as number;
  return second < 0x80 ? second : bytes.readUIntBE(2, second & 0x7f);
}
