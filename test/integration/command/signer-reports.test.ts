import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignerView } from '#shared/model/signer.ts';
import type { BundleVerification } from '#shared/model/verification.ts';
import { run } from '../signer/tools.ts';
import { RekeyWorld, strong } from './rekey-command.ts';

interface Created {
  bundle: string;
  verified: boolean;
}

let world: RekeyWorld;
const bundles: Record<string, string> = {};
const fingerprints: Record<string, string> = {};
const cas: Record<string, string> = {};

/** Makes a report with the present keys. */
async function report(name: string): Promise<void> {
  const day = new Date().toISOString().slice(0, 10);
  const args = ['--from', day, '--to', day, '--time-zone', 'UTC', '--out', name];
  const { document, stderr } = await world.json<Created>('report create', args);
  expect(document.verified, `${JSON.stringify(document)}\n${stderr}`).toBe(true);
  bundles[name] = document.bundle;
  const { keys } = (await world.json<SignerView>('signer show', [])).document;
  fingerprints[name] = keys?.report.fingerprint ?? '';
  cas[name] = keys?.ca.fingerprint ?? '';
}

const verify = async (name: string, ...trust: string[]) =>
  world.json<BundleVerification>('report verify', [bundles[name] ?? '', ...trust]);

/** The same by the verifier in the bundle. */
function verifyInBundle(
  name: string,
  ...trust: string[]
): { code: number | null; document: BundleVerification } {
  const { code, said } = run('python3', [join(bundles[name] ?? '', 'verify.py'), '--json', ...trust]);
  return { code, document: JSON.parse(said) };
}

const checkOf = ({ checks }: BundleVerification, id: string) => checks.find((check) => check.id === id);

beforeAll(async () => {
  world = new RekeyWorld();
  await world.add('api', { JWT_SECRET_KEY: strong.jwt });
  await report('first');
  expect((await world.call(['signer', 'rollover', '--reason', 'due', '--yes'])).code).toBe(0);
  await report('second');
  const compromised = ['--reason', 'stolen', '--compromised', '--trusted-until', '2', '--yes'];
  expect((await world.call(['signer', 'rollover', ...compromised])).code).toBe(0);
  await report('third');
}, 240_000);
afterAll(() => world.remove());

describe('reports before and after a replacement of the keys', () => {
  it('are intact, each under the fingerprint of its time, for Rekey and for the verifier in the bundle', async () => {
    for (const name of ['first', 'second', 'third']) {
      const trust = ['--trust', fingerprints[name] ?? ''];
      const rekey = await verify(name, ...trust);
      const python = verifyInBundle(name, ...trust);
      for (const { code, document } of [rekey, python]) {
        expect(document.checks.filter(({ ok }) => ok === false)).toEqual([]);
        expect(document).toMatchObject({ intact: true, signer: 'known' });
        expect(code).toBe(0);
      }
      expect(readdirSync(join(bundles[name] ?? '', 'keys'))).toContain('binding.p7s');
    }
  });

  it('prove the way from the former keys by themselves, the former log key included', async () => {
    for (const name of ['second', 'third']) {
      const { document } = await verify(name);
      expect(checkOf(document, 'rollovers')?.ok).toBe(true);
      // The checkpoint of the report before was signed by a key that is gone.
      expect(checkOf(document, 'consistency')?.ok).toBe(true);
    }
    expect(checkOf((await verify('first')).document, 'rollovers')?.ok).toBeNull();
  });

  it('are not mistaken for one another', async () => {
    const rekey = await verify('second', '--trust', fingerprints.first ?? '');
    const python = verifyInBundle('second', '--trust', fingerprints.first ?? '');
    for (const { code, document } of [rekey, python]) {
      expect(document).toMatchObject({ intact: true, signer: 'wrong' });
      expect(code).toBe(1);
    }
  });

  it('under a CA the ordinary replacement needs nothing new, and the compromise does', async () => {
    expect(cas.second).toBe(cas.first);
    expect(cas.third).not.toBe(cas.second);
    expect((await verify('second', '--trust', cas.first ?? '')).document.signer).toBe('known');
    expect((await verify('third', '--trust', cas.first ?? '')).document.signer).toBe('wrong');
  });

  it('without a word of the person only keys that are not compromised count as known', async () => {
    expect((await verify('third')).document.signer).toBe('known');
    expect((await verify('first')).document.signer).toBe('known');
    expect((await verify('second')).document.signer).toBe('unknown');
  });
});
