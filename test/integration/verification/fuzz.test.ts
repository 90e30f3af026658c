import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkBundle } from '#electron/services/verification/check-bundle.ts';
import { ZipSource } from '#electron/services/verification/zip-source.ts';
import { makeIdentity } from '#test/support/bundle/identity.ts';
import { makeBundle } from '#test/support/bundle/make-bundle.ts';
import { type MutationSource, mutate } from '#test/support/bundle/mutate-bundle.ts';
import { PythonVerifier, verdictOf } from '#test/support/bundle/python-verifier.ts';
import { Random } from '#test/support/bundle/random.ts';

const long = process.env.REKEY_TEST_LONG === '1';
const count = long ? 24_000 : 400;
/** Each of so many is given to verify.py too. */
const pythonEach = long ? 8 : 8;
const seed = Number(process.env.REKEY_FUZZ_SEED ?? (long ? Date.now() % 2 ** 32 : 20_261_125));
/** Processor time in milliseconds: no mutated bundle is large, so whatever takes so long would take for ever. */
const hang = 5_000;

describe('mutated bundles', { timeout: long ? 3_600_000 : 600_000 }, () => {
  let folder: string;
  let source: MutationSource;
  let python: PythonVerifier;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rekey-fuzz-'));
    const identity = makeIdentity();
    const former = makeIdentity({ middleCa: 'ec' });
    const options = { full: true, former, other: former };
    const { files } = makeBundle(identity, options);
    source = { files, other: makeBundle(identity, { ...options, name: 'another' }).files, identity };
    python = new PythonVerifier();
  });
  afterAll(() => {
    python.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are never called intact, never crash a verifier, and verify.py agrees', async () => {
    const random = new Random(seed);
    const path = join(folder, 'mutant.zip');
    const counts = { intact: 0, broken: 0, 'given to verify.py': 0 };
    let slowest = 0;
    for (let number = 0; number < count; number += 1) {
      const { what, zip, mayBeIntact } = mutate(source, random);
      const name = `seed ${seed}, number ${number}: ${what}`;
      writeFileSync(path, zip);
      const begun = process.cpuUsage();
      const result = expectAnswer(name, () => checkBundle(path));
      slowest = Math.max(slowest, process.cpuUsage(begun).user / 1000);
      counts[result.intact ? 'intact' : 'broken'] += 1;
      if (result.intact && mayBeIntact !== null) {
        expect(mayBeIntact, name).toBe(true);
        if (what.startsWith('zip')) expectSameFiles(name, path, source);
      }
      if (number % pythonEach !== 0) continue;
      counts['given to verify.py'] += 1;
      const answer = await python.verify(path);
      expect(verdictOf(answer), name).toEqual(verdictOf(result));
    }
    console.log(
      `seed ${seed}: ${count} mutated bundles`,
      counts,
      `slowest ${Math.round(slowest)} ms of processor time`,
    );
    expect(slowest).toBeLessThan(hang);
    expect(counts.broken).toBeGreaterThan(count / 2);
  });
});

function expectAnswer<T>(name: string, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw new Error(`The verifier crashed, ${name}`, { cause: error });
  }
}

/** What the reader hands out of a zip that was called intact is what was in it, whatever its headers say. */
function expectSameFiles(name: string, path: string, { files }: MutationSource): void {
  const zip = new ZipSource(path);
  try {
    expect([...zip.paths], name).toEqual([...files.keys()].sort());
    for (const [file, bytes] of files) {
      const found = Buffer.concat([...zip.chunks(file)].map((chunk) => Buffer.from(chunk)));
      expect(found.equals(bytes), `${name}, ${file}`).toBe(true);
    }
  } finally {
    zip.close();
  }
}
