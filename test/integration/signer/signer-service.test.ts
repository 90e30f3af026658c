import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rolloverProblem } from '#electron/services/signer/rollover-statement.ts';
import { certificateOf, reportSignerOf } from '#electron/services/signer/signer-facts.ts';
import type { SignerFacts } from '#electron/services/signer/signing-keys.ts';
import { verifyEd25519 } from '#electron/services/signer/verify-ed25519.ts';
import { ReportSigner } from '#shared/model/report.ts';
import { RolloverStatement } from '#shared/model/signer.ts';
import { SignerWorld } from './signer-world.ts';

const message = Buffer.from('what is signed');
const code = (expected: string) => expect.objectContaining({ code: expected });

let world: SignerWorld;
beforeEach(() => {
  world = new SignerWorld();
});
afterEach(() => world.services.close());

async function expectSigns({ signer } = world.services): Promise<void> {
  const facts = signer.facts() as SignerFacts;
  expect(verifyEd25519(facts.reportKey, message, await signer.sign('report', message))).toBe(true);
  expect(verifyEd25519(facts.logKey, message, await signer.sign('log', message))).toBe(true);
  expect(verifyEd25519(facts.reportKey, message, await signer.sign('log', message))).toBe(false);
  const leaf = createPublicKey(facts.chain[0]?.pem as string);
  expect(verify('sha256', message, leaf, await signer.sign('certificate', message))).toBe(true);
}

describe('the first use', () => {
  it('makes the keys once, seals the private ones, and says so in the log', async () => {
    const { signer, log } = world.services;
    expect(signer.facts()).toBeNull();
    expect(signer.status().state).toBe('none');
    await expect(signer.sign('report', message)).rejects.toEqual(code('signer-absent'));
    const facts = await signer.ensure();
    expect(await signer.ensure()).toEqual(facts);
    await expectSigns();
    expect(world.actions()).toEqual(['signing-keys-intended', 'signing-keys-created']);
    expect(ReportSigner.parse(reportSignerOf(facts, world.now.toISOString()))).toMatchObject({
      report_key: facts.reportFingerprint,
      ca_kind: 'installation',
      rollovers: 0,
    });
    expect(new Set([facts.reportFingerprint, facts.logFingerprint]).size).toBe(2);
    // Nothing private outside of the sealed files, and nothing of the keys in those as it is.
    for (const path of [`${world.data}/signer.json`, `${world.data}/log/events.jsonl`]) {
      expect(readFileSync(path, 'utf8')).not.toMatch(/PRIVATE|MC4CAQAwBQYDK2Vw|MIIG/);
    }
    expect((await log.verify()).intact).toBe(true);
  });

  it('two processes that begin together make one signer', async () => {
    const other = world.open();
    const [one, two] = await Promise.all([world.services.signer.ensure(), other.signer.ensure()]);
    expect(one).toEqual(two);
    await expectSigns(other);
    await other.close();
    expect(world.actions().filter((action) => action === 'signing-keys-created')).toHaveLength(1);
  });

  it('goes with the rotation of the wrapping key', async () => {
    await world.services.signer.ensure();
    expect(await world.services.keychain.rotateWrappingKey()).toBe(4);
    await expectSigns();
  });
});

describe('the cryptoperiod', () => {
  it('is two years; overdue keys still sign, and are said to be overdue', async () => {
    const { signer } = world.services;
    await signer.ensure();
    world.now = new Date('2028-09-25T12:00:00.000Z');
    expect(signer.status()).toMatchObject({ state: 'ok', due_at: '2028-11-25T12:00:00.000Z', days_left: 61 });
    world.now = new Date('2028-10-01T12:00:00.000Z');
    expect(signer.status()).toMatchObject({ state: 'due-soon', days_left: 55 });
    world.now = new Date('2028-11-25T12:00:00.000Z');
    expect(signer.status().state).toBe('overdue');
    expect(signer.status().message).toContain('They still sign');
    expect(signer.facts()?.overdue).toBe(true);
    await expectSigns();
  });
});

describe('a replacement', () => {
  const request = { reason: 'two years are over', compromised: false, trustedUntil: null, runId: null };

  it('is named by the old key, countersigned by the new one, and destroys the old private keys', async () => {
    const { signer, log } = world.services;
    const before = await signer.ensure();
    world.now = new Date('2028-11-20T12:00:00.000Z');
    const after = await signer.rollover(request);
    await expectSigns();
    expect(after.reportFingerprint).not.toBe(before.reportFingerprint);
    expect(after.logFingerprint).not.toBe(before.logFingerprint);
    // The CA stays, so that who trusts it needs nothing new; the leaf is another one.
    expect(after.chain[1]).toEqual(before.chain[1]);
    expect(after.chain[0]?.fingerprint).not.toBe(before.chain[0]?.fingerprint);
    const [rollover] = after.rollovers;
    if (!rollover) throw new Error('no statement');
    expect(rolloverProblem(rollover)).toBeNull();
    expect(RolloverStatement.parse(JSON.parse(rollover.statement))).toMatchObject({
      old: { report: before.reportFingerprint, log: before.logFingerprint },
      new: { report: after.reportFingerprint, certificate: after.chain[0]?.fingerprint },
      compromised: false,
    });
    expect(world.actions().slice(2)).toEqual([
      'signing-keys-intended',
      'signing-keys-replaced',
      'signing-keys-destroyed',
    ]);
    expect([...log.scan()].at(-2)?.data).toMatchObject({ rollover: { statement: rollover.statement } });
    expect(await world.services.keychain.rotateWrappingKey()).toBe(4);
    const known = world.services.trustedSigners.known();
    expect(known.fingerprints.map(({ fingerprint, compromised }) => [fingerprint, compromised])).toEqual([
      [after.reportFingerprint, null],
      [before.reportFingerprint, null],
    ]);
    expect(known.cas).toHaveLength(1);
  });

  it('after a compromise has no word of the old key, another CA, and says what stays trusted', async () => {
    const { signer, trustedSigners } = world.services;
    const before = await signer.ensure();
    const trustedUntil = { origin: 'rekey/log/x', size: 12, root: 'ab'.repeat(32) };
    const after = await signer.rollover({ ...request, compromised: true, trustedUntil });
    const [rollover] = after.rollovers;
    if (!rollover) throw new Error('no statement');
    expect(rollover.oldSignature).toBeNull();
    expect(rolloverProblem(rollover)).toBeNull();
    expect(RolloverStatement.parse(JSON.parse(rollover.statement)).trusted_until).toEqual(trustedUntil);
    expect(after.chain[1]?.fingerprint).not.toBe(before.chain[1]?.fingerprint);
    const { fingerprints, cas } = trustedSigners.known();
    expect(fingerprints[1]).toMatchObject({
      fingerprint: before.reportFingerprint,
      compromised: { trustedUntil },
    });
    expect(cas[1]).toMatchObject({
      fingerprint: before.chain[1]?.fingerprint,
      compromised: { trustedUntil },
    });
    await expectSigns();
  });

  it('is done once for a run, however often the run asks', async () => {
    const { signer } = world.services;
    await signer.ensure();
    expect(await signer.replacedBy('run-1')).toBe(false);
    const first = await signer.rollover({ ...request, runId: 'run-1' });
    expect(await signer.rollover({ ...request, runId: 'run-1' })).toEqual(first);
    expect(await signer.replacedBy('run-1')).toBe(true);
    await signer.rollover({ ...request, runId: 'run-2' });
    expect(await signer.replacedBy('run-1')).toBe(true);
    expect(signer.facts()?.rollovers).toHaveLength(2);
  });

  it('makes a new CA when the present one would end before the certificate', async () => {
    const { signer } = world.services;
    const before = await signer.ensure();
    world.now = new Date('2037-01-01T00:00:00.000Z');
    const after = await signer.rollover(request);
    expect(after.chain[1]?.fingerprint).not.toBe(before.chain[1]?.fingerprint);
    expect(certificateOf(after.chain[1]?.pem as string).notAfter).toBe('2057-01-01T00:00:00.000Z');
    expect(await world.services.keychain.rotateWrappingKey()).toBe(4);
  });

  it('with a locked keychain changes nothing', async () => {
    const { signer, keychain } = world.services;
    const before = await signer.ensure();
    keychain.lock();
    world.write('passphrase', 'another passphrase altogether\n');
    await expect(signer.rollover(request)).rejects.toEqual(code('vault-wrong-passphrase'));
    expect(signer.facts()).toEqual(before);
    world.write('passphrase', 'correct horse battery staple\n');
    await expectSigns();
    expect(world.actions()).toEqual(['signing-keys-intended', 'signing-keys-created']);
  });
});
