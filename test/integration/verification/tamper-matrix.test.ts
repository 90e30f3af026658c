import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkBundle } from '#electron/services/verification/check-bundle.ts';
import { type BundleVerification, isTrusted } from '#shared/model/verification.ts';
import { askTools } from '#test/support/bundle/auditor-tools.ts';
import { fingerprint, makeIdentity, mixed } from '#test/support/bundle/identity.ts';
import { type BundleOptions, makeBundle } from '#test/support/bundle/make-bundle.ts';
import { PythonVerifier, verdictOf } from '#test/support/bundle/python-verifier.ts';
import { damageEach, forgeries, type Tampering, type TamperWorld } from '#test/support/bundle/tampering.ts';
import { writeFolder } from '#test/support/bundle/write-bundle.ts';

const page = 'docs/verification.md';
const begin = '<!-- measured: begin -->\n';
const end = '<!-- measured: end -->\n';

/** What each said about one bundle. `ca`: what Rekey says to whom has the CA instead of the fingerprint. */
interface Measured {
  readonly rekey: string;
  readonly python: string;
  readonly sums: string;
  readonly pdfsig: string;
  readonly openssl: string;
}

/** Hundreds of bundles, and several processes for each. */
const longEnough = 600_000;

describe('the tamper matrix', { timeout: longEnough }, () => {
  let folder: string;
  let world: TamperWorld;
  let python: PythonVerifier;
  let trusted: string;
  let ca: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rekey-tamper-'));
    const identity = makeIdentity();
    const foreign = makeIdentity();
    const late = makeIdentity({ leafValidity: { from: '20240101000000Z', to: '20261001000000Z' } });
    const make = (by = identity, options: BundleOptions = {}) =>
      makeBundle(by, { full: true, former: foreign, other: foreign, ...options });
    const bundle = make();
    world = {
      bundle,
      other: make(identity, { name: 'another' }),
      foreign,
      expired: mixed(identity, late),
      make,
    };
    python = new PythonVerifier();
    trusted = fingerprint(identity.report.publicKey);
    ca = bundle.report.signer.ca;
  });
  afterAll(() => {
    python.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function measure({
    files,
    at = world.bundle.report.generated.at,
  }: Tampering): Promise<Measured & { result: BundleVerification }> {
    const root = join(folder, 'bundle');
    rmSync(root, { recursive: true, force: true });
    mkdirSync(root);
    writeFolder(files, root);
    const supplied = { fingerprints: [trusted], cas: [] };
    const result = checkBundle(root, { supplied });
    const asked = await python.verify(root, { trust: trusted });
    expect(verdictOf(asked)).toEqual(verdictOf(result));
    const { sums, pdfsig, openssl } = askTools(root, trusted, at);
    return { result, rekey: words(result), python: words(asked), sums, pdfsig, openssl };
  }

  it('finds nothing in a bundle that nobody touched', async () => {
    const { result, ...said } = await measure({ what: '', files: world.bundle.files });
    expect(isTrusted(result)).toBe(true);
    expect(said).toEqual({
      rekey: 'intact, known',
      python: 'intact, known',
      sums: 'sums good; signature good',
      pdfsig: 'valid',
      openssl: 'good',
    });
  });

  it('finds every damage to every file and every forgery, as docs/verification.md has it', async () => {
    const damaged: string[][] = [];
    const forged: string[][] = [];
    for (const damage of damageEach(world)) {
      const { result, ...said } = await measure(damage);
      expect(result.intact, damage.what).toBe(false);
      addDamage(damaged, damage.path, damage.how, said);
    }
    for (const forgery of forgeries(world)) {
      const { result, ...said } = await measure(forgery);
      expect(isTrusted(result), forgery.what).toBe(false);
      forged.push([forgery.what, ...cellsOf(said)]);
    }
    const text = `${table(['file', 'damage'], shared(damaged))}\n${table(['forgery'], forged)}`;
    const present = readFileSync(page, 'utf8');
    const [before = '', rest = ''] = present.split(begin);
    const [measured, after] = rest.split(end);
    if (process.env.UPDATE_DOCS === '1') writeFileSync(page, [before, begin, text, end, after].join(''));
    else expect(text, 'run it with UPDATE_DOCS=1 and look at what changed').toBe(measured);
  });

  it('leads from a CA to the report key only through the binding', async () => {
    const forged = forgeries(world).find(({ what }) => what.startsWith('all Ed25519 keys')) as Tampering;
    const expected = [
      { files: world.bundle.files, intact: true, signer: 'known', failed: [] },
      { files: forged.files, intact: false, signer: 'wrong', failed: ['binding', 'pdf', 'signer'] },
      { files: world.make(world.foreign).files, intact: true, signer: 'wrong', failed: ['signer'] },
    ];
    for (const [index, { files, ...outcome }] of expected.entries()) {
      const root = writeFolder(files, join(folder, `ca-${index}`));
      const result = checkBundle(root, { supplied: { fingerprints: [], cas: [ca] } });
      expect({
        intact: result.intact,
        signer: result.signer,
        failed: result.checks.filter(({ ok }) => ok === false).map(({ id }) => id),
      }).toEqual(outcome);
      expect(verdictOf(await python.verify(root, { trust: ca }))).toEqual(verdictOf(result));
    }
  });

  it('calls a bundle that was made anew by somebody else intact, and its signer unknown or wrong', async () => {
    const root = writeFolder(world.make(world.foreign).files, join(folder, 'anew'));
    for (const [trust, signer] of [
      [undefined, 'unknown'],
      [trusted, 'wrong'],
      [fingerprint(world.foreign.report.publicKey), 'known'],
    ] as const) {
      const supplied = trust === undefined ? null : { fingerprints: [trust], cas: [] };
      const result = checkBundle(root, { supplied });
      expect({ intact: result.intact, signer: result.signer }).toEqual({ intact: true, signer });
      expect(verdictOf(await python.verify(root, trust === undefined ? {} : { trust }))).toEqual(
        verdictOf(result),
      );
    }
  });

  it('knows whom this installation enrolled, when nobody was supplied', () => {
    const root = writeFolder(world.bundle.files, join(folder, 'enrolled'));
    const known = { fingerprints: [trusted], cas: [] };
    const stranger = { fingerprints: [fingerprint(world.foreign.report.publicKey)], cas: [] };
    expect(checkBundle(root, { enrolled: known }).signer).toBe('known');
    expect(checkBundle(root, { enrolled: { fingerprints: [], cas: [ca] } }).signer).toBe('known');
    expect(checkBundle(root, { enrolled: stranger }).signer).toBe('unknown');
    expect(checkBundle(root, { enrolled: known, supplied: stranger }).signer).toBe('wrong');
  });
});

/** `intact, known`, or the checks that fail; those that were not reached follow from them. */
function words({ intact, signer, checks }: BundleVerification): string {
  const failed = checks.filter(({ ok }) => ok === false).map(({ id }) => id);
  return failed.length === 0 ? `${intact ? 'intact' : 'not intact'}, ${signer}` : failed.join(', ');
}

const cellsOf = (said: Measured) => [said.rekey, said.python, said.sums, said.pdfsig, said.openssl];

/** Adds a damage to the row of the same file of which everybody says the same, or a row. */
function addDamage(rows: string[][], path: string, how: string, said: Measured): void {
  const cells = cellsOf(said);
  const row = rows.find(([file, , ...found]) => file === path && found.join() === cells.join());
  if (row) row[1] += `, ${how}`;
  else rows.push([path, how, ...cells]);
}

/** Files of which everybody says the same throughout share their rows. */
function shared(rows: string[][]): string[][] {
  const files = new Map<string, string[]>();
  for (const path of new Set(rows.map(([file]) => file as string))) {
    const said = JSON.stringify(rows.filter(([file]) => file === path).map(([, ...cells]) => cells));
    files.set(said, [...(files.get(said) ?? []), path]);
  }
  return [...files].flatMap(([said, paths]) =>
    (JSON.parse(said) as string[][]).map((cells) => [paths.join(', '), ...cells]),
  );
}

function table(firstColumns: string[], rows: string[][]): string {
  const head = [
    ...firstColumns,
    'Rekey: fails',
    'verify.py: fails',
    'sha256sum; ssh-keygen',
    'pdfsig',
    'openssl',
  ];
  const line = (cells: string[]) => `| ${cells.join(' | ')} |\n`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('');
}
