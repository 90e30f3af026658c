import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readableFingerprint } from '#shared/logic/readable-fingerprint.ts';
import { SignerWorld } from './signer-world.ts';

const fingerprint = `SHA256:${'A'.repeat(43)}`;
const invalid = expect.objectContaining({ code: 'invalid-input' });

let world: SignerWorld;
beforeAll(async () => {
  world = new SignerWorld();
  await world.services.signer.ensure();
});
afterAll(() => world.services.close());

describe('trusted signers', () => {
  it('enrols a report key and a CA, as a file or by its fingerprint, once each', () => {
    const { trustedSigners, signer } = world.services;
    trustedSigners.trust(` ${fingerprint} `, 'Payments');
    const ca = signer.facts()?.chain[1];
    if (!ca) throw new Error('no CA');
    expect(trustedSigners.trust(ca.pem, 'Ours')).toMatchObject({ kind: 'ca', fingerprint: ca.fingerprint });
    const asWritten = (ca.fingerprint.match(/../g) ?? []).join(':').toUpperCase();
    trustedSigners.trust(asWritten, 'Ours by phone');
    trustedSigners.trust(readableFingerprint(ca.fingerprint).join('\n'), 'Ours again');
    expect(trustedSigners.list()).toMatchObject([
      { kind: 'report-key', fingerprint, name: 'Payments', addedBy: 'ada@example.org' },
      { kind: 'ca', fingerprint: ca.fingerprint, name: 'Ours again' },
    ]);
    const known = trustedSigners.known();
    expect(known.fingerprints.map(({ own, name }) => [own, name])).toEqual([
      [true, 'this installation'],
      [false, 'Payments'],
    ]);
    expect(known.cas.map(({ fingerprint: one }) => one)).toContain(ca.fingerprint);
    expect(world.actions().slice(-4)).toEqual(Array(4).fill('signer-trusted'));
  });

  it('takes one away by name or fingerprint, and is seen by other processes', async () => {
    const { trustedSigners } = world.services;
    const other = world.open();
    expect(trustedSigners.remove('Payments').fingerprint).toBe(fingerprint);
    expect(other.trustedSigners.list()).toHaveLength(1);
    await other.close();
    expect(() => trustedSigners.remove('Payments')).toThrow(invalid);
    expect(world.actions().at(-1)).toBe('signer-trust-removed');
  });

  it('refuses what is neither a fingerprint nor one CA', () => {
    const { trustedSigners, signer } = world.services;
    const [leaf, ca] = signer.facts()?.chain ?? [];
    const before = trustedSigners.list();
    for (const given of [
      '',
      'SHA256:short',
      `${fingerprint}A`,
      'ab'.repeat(31),
      'MD5:00:11',
      leaf?.pem ?? '',
      `${ca?.pem}${ca?.pem}`,
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      '-----BEGIN OTHER-----',
    ]) {
      expect(() => trustedSigners.trust(given, 'X'), given).toThrow(invalid);
    }
    expect(() => trustedSigners.trust(fingerprint, '  ')).toThrow(invalid);
    expect(trustedSigners.list()).toEqual(before);
  });
});
