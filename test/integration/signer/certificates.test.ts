import { createHash, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { certificateNames, keyUsageBits, pathLengthOf } from '#electron/services/signer/certificate-names.ts';
import { certificateRequest, pem } from '#electron/services/signer/certificates.ts';
import { cmsSignature } from '#electron/services/signer/cms.ts';
import {
  derOf,
  generateSigningKeys,
  type NewSigningKeys,
  privateKeyOf,
} from '#electron/services/signer/key-generation.ts';
import { oid } from '#electron/services/signer/object-identifiers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { run } from './tools.ts';

const installationId = '6f1c0a52-7f0b-4c3c-9a57-0d8f0c6f9a11';
const id = '0b5a6f0e-3a52-4d0d-8a54-7d2f6a1b9c33';
const now = new Date('2026-11-25T12:00:00.000Z');
const request = { installationId, id, runId: null, now, ca: { id: `${id.slice(0, -1)}4`, key: null } };

let folder: string;
let made: NewSigningKeys;
let leaf: string;
let ca: string;
const file = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content, { mode: 0o600 });
  return join(folder, name);
};
const signRsa = (key: KeyObject) => async (message: Uint8Array) => sign('sha256', message, key);
const openssl = (...args: string[]) => run('openssl', args);

beforeAll(async () => {
  folder = temporaryFolder();
  made = await generateSigningKeys(request);
  [leaf = '', ca = ''] = made.generation.chain;
});

describe('the certificates', () => {
  it('are a chain for OpenSSL, also under its strictest checks', () => {
    const anchors = file('ca.pem', ca);
    const verified = openssl('verify', '-x509_strict', '-CAfile', anchors, file('leaf.pem', leaf));
    expect(verified).toEqual({ code: 0, said: `${join(folder, 'leaf.pem')}: OK\n` });
    const said = openssl('x509', '-in', join(folder, 'leaf.pem'), '-noout', '-text').said;
    expect(said).toContain('Public-Key: (3072 bit)');
    expect(said).toContain('Signature Algorithm: sha256WithRSAEncryption');
    expect(said).toMatch(/Not Before: Nov 25 11:00:00 2026 GMT\s+Not After : Nov 25 12:00:00 2036 GMT/);
    expect(said).toMatch(/X509v3 Basic Constraints: critical\s+CA:FALSE/);
    expect(said).toMatch(/X509v3 Key Usage: critical\s+Digital Signature, Non Repudiation/);
    expect(said).not.toContain('Extended Key Usage');
    expect(openssl('x509', '-in', anchors, '-noout', '-text').said).toMatch(
      /CA:TRUE, pathlen:0[\s\S]*Certificate Sign, CRL Sign/,
    );
  });

  it('go into an NSS database, two installations beside each other', async () => {
    const other = await generateSigningKeys({
      ...request,
      installationId: id,
      ca: { id: installationId, key: null },
    });
    const database = `sql:${folder}`;
    expect(run('certutil', ['-N', '-d', database, '--empty-password']).code).toBe(0);
    [ca, other.generation.chain[1] as string].forEach((text, index) => {
      const path = file(`ca-${index}.pem`, text);
      const added = run('certutil', ['-A', '-d', database, '-n', `ca-${index}`, '-t', 'C,C,C', '-i', path]);
      expect(added).toEqual({ code: 0, said: '' });
    });
    run('certutil', ['-A', '-d', database, '-n', 'leaf', '-t', ',,', '-i', file('leaf.pem', leaf)]);
    expect(run('certutil', ['-V', '-d', database, '-n', 'leaf', '-u', 'S', '-b', '261126120000Z'])).toEqual({
      code: 0,
      said: 'certutil: certificate is valid\n',
    });
    // Names and serials differ, or NSS would take one for the other.
    expect(new X509Certificate(other.generation.chain[1] as string).subject).not.toBe(
      new X509Certificate(ca).subject,
    );
    expect(new X509Certificate(leaf).serialNumber.length).toBeGreaterThanOrEqual(16);
  });

  it('are read back part by part', () => {
    const names = certificateNames(derOf(leaf));
    const issuer = certificateNames(derOf(ca));
    expect(names.issuer.equals(issuer.subject)).toBe(true);
    expect(names.signatureAlgorithm).toBe(oid.sha256WithRsa);
    expect([...keyUsageBits(names.extensions.get(oid.keyUsage) as Buffer)]).toEqual([0, 1]);
    expect(pathLengthOf(issuer.extensions.get(oid.basicConstraints) as Buffer)).toBe(0);
    expect(pathLengthOf(names.extensions.get(oid.basicConstraints) as Buffer)).toBeNull();
    for (const bytes of [Buffer.alloc(0), Buffer.from('3000', 'hex'), derOf(leaf).subarray(1)]) {
      expect(() => certificateNames(bytes)).toThrow(RangeError);
    }
    expect(() => certificateNames(Buffer.concat([derOf(leaf), Buffer.alloc(1)]))).toThrow(RangeError);
  });

  it('are valid over the change of the century’s way of writing times', async () => {
    const late = await generateSigningKeys({ ...request, now: new Date('2045-06-01T00:00:00.000Z') });
    const said = openssl(
      'x509',
      '-in',
      file('late.pem', late.generation.chain[0] as string),
      '-noout',
      '-text',
    );
    expect(said.said).toContain('Not After : Jun  1 00:00:00 2055 GMT');
  });
});

it('the request is good for OpenSSL', async () => {
  const bytes = await certificateRequest({
    organization: 'Rekey installation',
    commonName: 'Rekey report signer',
    publicKey: certificateNames(derOf(leaf)).publicKey,
    sign: signRsa(privateKeyOf(made.keys.certificate)),
  });
  const path = file('request.pem', pem('CERTIFICATE REQUEST', bytes));
  expect(openssl('req', '-in', path, '-verify', '-noout').said).toContain('verify OK');
  const said = openssl('req', '-in', path, '-noout', '-text').said;
  expect(said).toContain('Subject: O = Rekey installation, CN = Rekey report signer');
  expect(said).toMatch(/X509v3 Key Usage: critical\s+Digital Signature, Non Repudiation/);
});

describe('the CMS signature', () => {
  const content = Buffer.from('{"kind":"key-rotation-report-binding"}');
  const signed = (bytes = content) =>
    cmsSignature({
      contentSha256: createHash('sha256').update(bytes).digest(),
      certificates: made.generation.chain.map(derOf),
      sign: signRsa(privateKeyOf(made.keys.certificate)),
    });
  const verify = (signature: string, contentPath: string) =>
    openssl(
      ...['cms', '-verify', '-cades', '-binary', '-purpose', 'any', '-inform', 'DER', '-in', signature],
      ...['-content', contentPath, '-CAfile', join(folder, 'ca.pem'), '-out', join(folder, 'out')],
    );

  it('is good for OpenSSL as CAdES, and bad for one other byte', async () => {
    file('ca.pem', ca);
    const path = file('binding.p7s', await signed());
    expect(verify(path, file('binding.json', content)).said).toContain('CAdES Verification successful');
    const changed = Buffer.from(content);
    changed[3] = (changed[3] as number) ^ 1;
    expect(verify(path, file('changed.json', changed)).code).not.toBe(0);
  });

  it('has no signing time, and the same bytes each time', async () => {
    const first = await signed();
    expect(first.equals(await signed())).toBe(true);
    const said = openssl(
      'cms',
      '-cmsout',
      '-print',
      '-inform',
      'DER',
      '-in',
      file('binding.p7s', first),
    ).said;
    expect(said).toContain('id-smime-aa-signingCertificateV2');
    expect(said).not.toContain('signingTime');
  });

  it('is not taken for another key’s', async () => {
    const stranger = generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey;
    const forged = await cmsSignature({
      contentSha256: createHash('sha256').update(content).digest(),
      certificates: made.generation.chain.map(derOf),
      sign: signRsa(stranger),
    });
    expect(verify(file('forged.p7s', forged), file('binding.json', content)).code).not.toBe(0);
  });
});
