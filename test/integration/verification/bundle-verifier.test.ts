import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BundleVerifier } from '#electron/services/verification/bundle-verifier.ts';
import { checkBundle } from '#electron/services/verification/check-bundle.ts';
import { trustOf } from '#electron/services/verification/trust.ts';
import { fingerprint, type Identity, makeIdentity } from '#test/support/bundle/identity.ts';
import { makeBundle, pem, seal } from '#test/support/bundle/make-bundle.ts';
import { writeFolder } from '#test/support/bundle/write-bundle.ts';

describe('BundleVerifier', () => {
  const verifier = new BundleVerifier(
    join(import.meta.dirname, '../../../electron/workers/bundle-verify.ts'),
  );
  let folder: string;
  let path: string;
  let identity: Identity;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rekey-verifier-'));
    identity = makeIdentity();
    path = writeFolder(makeBundle(identity).files, join(folder, 'report'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('answers from its thread what the check answers, and tells how far it is', async () => {
    const shares: number[] = [];
    const supplied = { fingerprints: [fingerprint(identity.report.publicKey)], cas: [] };
    const result = await verifier.verify(path, { supplied, onProgress: (share) => shares.push(share) });
    expect(result).toEqual(checkBundle(path, { supplied }));
    expect(result).toMatchObject({ intact: true, signer: 'known', append_only: null });
    expect(shares.length).toBeGreaterThan(3);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBeLessThanOrEqual(1);
  });

  it('can be stopped, before it begins and while it runs', async () => {
    await expect(verifier.verify(path, { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow(
      'stopped',
    );
    const stop = new AbortController();
    const verifying = verifier.verify(path, {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(verifying).rejects.toThrow('enough');
  });

  // A gigabyte of memory and many seconds: only in `npm run test:long`.
  if (process.env.REKEY_TEST_LONG === '1') {
    it('survives a report that is made to use up the memory', async () => {
      const bundle = makeBundle(identity);
      bundle.files.set('report.json', Buffer.from(`{"x":[${'{},'.repeat(40_000_000)}{}]}`));
      seal(bundle.files, identity);
      const hostile = writeFolder(bundle.files, join(folder, 'hostile'));
      const refused = { code: 'invalid-input', message: expect.stringContaining('more memory') };
      await expect(verifier.verify(hostile)).rejects.toMatchObject(refused);
    }, 600_000);
  }

  it('refuses what is no bundle with an error for people', async () => {
    await expect(verifier.verify(join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('nothing was verified'),
      details: { path: join(folder, 'nowhere') },
    });
  });
});

describe('trustOf', () => {
  const hex = 'ab'.repeat(32);
  const none = () => {
    throw new Error('no file');
  };

  it('takes the fingerprint of a key, that of a CA in any writing, and a file with CAs', () => {
    const key = `SHA256:${'A'.repeat(43)}`;
    expect(trustOf(key, none)).toEqual({ fingerprints: [key], cas: [] });
    expect(trustOf(`${key}=`, none)).toEqual({ fingerprints: [key], cas: [] });
    const either = {
      fingerprints: [`SHA256:${Buffer.from(hex, 'hex').toString('base64').slice(0, 43)}`],
      cas: [hex],
    };
    expect(trustOf(hex, none)).toEqual(either);
    const colons = hex.toUpperCase().replace(/(..)(?=.)/g, '$1:');
    expect(trustOf(colons, none)).toEqual(either);
    expect(trustOf(hex.replace(/(....)(?=.)/g, '$1 '), none)).toEqual(either);
    const certificate = pem(Buffer.from('not really, but it is only hashed')).toString('latin1');
    const file = `subject=/CN=x\r\n${certificate.replaceAll('\n', '\r\n')}\nissuer\n${certificate}`;
    expect(trustOf('ca.pem', () => Buffer.from(file)).cas).toHaveLength(2);
  });

  it('refuses everything else', () => {
    for (const given of ['', 'SHA256:short', hex.slice(1), `${hex}00`, 'MD5:00:11', 'ca.pem']) {
      expect(() => trustOf(given, none), given).toThrow(expect.objectContaining({ code: 'invalid-input' }));
    }
    expect(() => trustOf('ca.pem', () => Buffer.from('no certificate'))).toThrow(/names no signer/);
  });
});
