import { generateKeyPairSync, hash, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ed25519Fingerprint } from '#electron/services/signer/signer-facts.ts';
import { verifyEd25519 } from '#electron/services/signer/verify-ed25519.ts';
import { fingerprintHex, readableFingerprint } from '#shared/logic/readable-fingerprint.ts';
import { allowedSigner, parseSshPublicKey, sshPublicKey } from '#shared/logic/ssh-key.ts';
import { makeSshSignature, parseSshSignature, sshSignatureProblem } from '#shared/logic/ssh-signature.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { run } from './tools.ts';

const namespace = 'key-rotation-report';
const pair = generateKeyPairSync('ed25519');
const publicKey = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x as string, 'base64url');
const sha512 = (text: string) => hash('sha512', Buffer.from(text), 'buffer');
const signature = (text: string, key = publicKey) =>
  makeSshSignature({
    publicKey: key,
    namespace,
    messageSha512: sha512(text),
    sign: async (message) => sign(null, message, pair.privateKey),
  });

let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
});
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
};

describe('against ssh-keygen', () => {
  it('a signature of ours is good for it, and none of other bytes', async () => {
    const signers = write('allowed_signers', `${allowedSigner('rekey-report', namespace, publicKey)}\n`);
    const file = write('SHA256SUMS.sig', await signature('what is signed\n'));
    const verify = (text: string, space = namespace) =>
      run('ssh-keygen', ['-Y', 'verify', '-f', signers, '-I', 'rekey-report', '-n', space, '-s', file], text);
    expect(verify('what is signed\n')).toEqual({
      code: 0,
      said: `Good "${namespace}" signature for rekey-report with ED25519 key ${ed25519Fingerprint(publicKey)}\n`,
    });
    expect(verify('what is signed').code).not.toBe(0);
    expect(verify('what is signed\n', 'file').code).not.toBe(0);
  });

  it('prints the same fingerprint, also in the form for reading aloud', () => {
    const file = write('report.pub', `${sshPublicKey(publicKey, 'rekey-report')}\n`);
    const { said } = run('ssh-keygen', ['-l', '-f', file]);
    const fingerprint = ed25519Fingerprint(publicKey);
    expect(said).toBe(`256 ${fingerprint} rekey-report (ED25519)\n`);
    const decoded = run('sh', ['-c', `awk '{print $2}' "${file}" | base64 -d | sha256sum`]).said;
    const [first, second] = readableFingerprint(fingerprint);
    expect(`${first} ${second}`.replaceAll(' ', '')).toBe(decoded.slice(0, 64));
    expect(first).toMatch(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
    expect(fingerprintHex(decoded.slice(0, 64))).toBe(decoded.slice(0, 64));
    expect(() => fingerprintHex('SHA256:short')).toThrow(RangeError);
  });

  it('a key and a signature that it made are read', () => {
    const key = join(folder, 'other');
    expect(run('ssh-keygen', ['-t', 'ed25519', '-N', '', '-q', '-C', 'somebody', '-f', key]).code).toBe(0);
    const message = write('message', 'signed by the other\n');
    expect(run('ssh-keygen', ['-Y', 'sign', '-f', key, '-n', namespace, message]).code).toBe(0);
    const other = parseSshPublicKey(readFileSync(`${key}.pub`, 'utf8').trimEnd());
    expect(other).not.toBeNull();
    const armored = readFileSync(`${message}.sig`, 'utf8');
    const found = parseSshSignature(armored);
    expect(Buffer.from(found.publicKey)).toEqual(Buffer.from(other as Uint8Array));
    const expected = {
      publicKey: other as Uint8Array,
      namespace,
      messageSha512: sha512('signed by the other\n'),
      verify: verifyEd25519,
    };
    expect(sshSignatureProblem(armored, expected)).toBeNull();
    expect(sshSignatureProblem(armored, { ...expected, publicKey })).toBe('it is by another key');
    expect(sshSignatureProblem(armored, { ...expected, namespace: 'file' })).toContain(namespace);
    expect(sshSignatureProblem(armored, { ...expected, messageSha512: sha512('other') })).toBe(
      'it is of other bytes than these',
    );
  });

  it('refuses keys of another kind, other hashes, and RSA', () => {
    const key = join(folder, 'rsa');
    expect(run('ssh-keygen', ['-t', 'rsa', '-b', '2048', '-N', '', '-q', '-f', key]).code).toBe(0);
    expect(parseSshPublicKey(readFileSync(`${key}.pub`, 'utf8').trimEnd())).toBeNull();
    const message = write('rsa-message', 'text\n');
    expect(run('ssh-keygen', ['-Y', 'sign', '-f', key, '-n', namespace, message]).code).toBe(0);
    expect(() => parseSshSignature(readFileSync(`${message}.sig`, 'utf8'))).toThrow('no Ed25519 key');
    const short = write('short-message', 'text\n');
    const args = ['-Y', 'sign', '-O', 'hashalg=sha256', '-f', join(folder, 'other'), '-n', namespace, short];
    expect(run('ssh-keygen', args).code).toBe(0);
    expect(() => parseSshSignature(readFileSync(`${short}.sig`, 'utf8'))).toThrow('not SHA-512');
  });
});

describe('the armored text', () => {
  it('has one form only: any other character is refused or another signature', async () => {
    const text = await signature('message');
    const expected = { publicKey, namespace, messageSha512: sha512('message'), verify: verifyEd25519 };
    expect(sshSignatureProblem(text, expected)).toBeNull();
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 127 }), (at, change) => {
        const changed = String.fromCharCode(text.charCodeAt(at) ^ change);
        const other = text.slice(0, at) + changed + text.slice(at + 1);
        expect(sshSignatureProblem(other, expected)).not.toBeNull();
      }),
      { numRuns: 500 },
    );
    for (const other of [`${text}\n`, ` ${text}`, text.trimEnd(), text.replaceAll('\n', '\r\n'), '', 'x\n']) {
      expect(sshSignatureProblem(other, expected)).not.toBeNull();
    }
  });

  it('never throws anything but a RangeError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const base64 = Buffer.from(bytes).toString('base64');
        const text = `-----BEGIN SSH SIGNATURE-----\n${base64}\n-----END SSH SIGNATURE-----\n`;
        expect(() => parseSshSignature(text)).toThrow(RangeError);
      }),
    );
  });
});
