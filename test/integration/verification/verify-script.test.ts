import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkBundle } from '#electron/services/verification/check-bundle.ts';
import { readableFingerprint } from '#shared/logic/readable-fingerprint.ts';
import type { BundleVerification } from '#shared/model/verification.ts';
import { fingerprint, type Identity, makeIdentity } from '#test/support/bundle/identity.ts';
import { makeBundle, pem, type SampleBundle } from '#test/support/bundle/make-bundle.ts';
import { verdictOf } from '#test/support/bundle/python-verifier.ts';
import { writeFolder, zipOf } from '#test/support/bundle/write-bundle.ts';

describe('verify.py, started as a program', () => {
  let folder: string;
  let root: string;
  let identity: Identity;
  let bundle: SampleBundle;
  let trusted: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rekey-script-'));
    identity = makeIdentity();
    bundle = makeBundle(identity);
    root = writeFolder(bundle.files, join(folder, 'report'));
    trusted = fingerprint(identity.report.publicKey);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function run(words: string[], from = folder) {
    const script = join(root, 'verify.py');
    const { status, stdout, stderr } = spawnSync('python3', ['-B', script, ...words], {
      cwd: from,
      encoding: 'utf8',
    });
    return { code: status, last: stdout.trimEnd().split('\n').at(-1), stdout, stderr };
  }

  it('takes the folder in which it lies, and says that it does not know the signer: 1', () => {
    expect(run([])).toMatchObject({ code: 1, last: 'intact, signer unknown', stderr: '' });
    expect(run([], root)).toMatchObject({ code: 1, last: 'intact, signer unknown' });
  });

  it('says 0 only to whom has named the signer: by fingerprint, by telephone, by CA or by its file', () => {
    const file = join(folder, 'ca.pem');
    writeFileSync(file, pem(identity.chain[0] as Buffer));
    const zip = join(folder, 'report.zip');
    writeFileSync(zip, zipOf(bundle.files));
    for (const signer of [trusted, readableFingerprint(trusted).join(' '), bundle.report.signer.ca, file]) {
      expect(run([zip, '--trust', signer]), signer).toMatchObject({ code: 0, last: 'intact, signer known' });
    }
    const other = `SHA256:${'A'.repeat(43)}`;
    expect(run([zip, '--trust', other])).toMatchObject({ code: 1, last: 'intact, WRONG SIGNER' });
  });

  it('holds a kept checkpoint against the log', () => {
    const kept = join(folder, 'kept');
    writeFileSync(kept, bundle.checkpointAt(9));
    const words = ['--trust', trusted, '--checkpoint', kept];
    expect(run(words)).toMatchObject({
      code: 0,
      last: 'intact, signer known, log only grew since the checkpoint',
    });
    writeFileSync(kept, bundle.checkpointAt(9).toString('utf8').replace('\n9\n', '\n8\n'));
    expect(run(words)).toMatchObject({ code: 1, last: 'intact, signer known, CHECKPOINT DOES NOT HOLD' });
  });

  it('gives every check as JSON, as Rekey does', () => {
    const { code, stdout } = run(['--trust', trusted, '--json']);
    expect(code).toBe(0);
    const supplied = { fingerprints: [trusted], cas: [] };
    expect(verdictOf(JSON.parse(stdout) as BundleVerification)).toEqual(
      verdictOf(checkBundle(root, { supplied })),
    );
  });

  it('says NOT INTACT and names the file: 1', () => {
    const damaged = writeFolder(bundle.files, join(folder, 'damaged'));
    writeFileSync(
      join(damaged, 'report.pdf'),
      Buffer.concat([bundle.files.get('report.pdf') as Buffer, Buffer.from('x')]),
    );
    const said = run([damaged, '--trust', trusted]);
    expect(said).toMatchObject({ code: 1, last: 'NOT INTACT' });
    expect(said.stdout).toMatch(/^FAIL {2}sums +not as listed in SHA256SUMS: report\.pdf$/m);
    expect(said.stdout).toMatch(/^- +pdf +not checked: report\.pdf is not the file that was signed$/m);
  });

  it('refuses wrong usage with a sentence: 2', () => {
    for (const words of [
      [join(folder, 'nowhere')],
      ['/dev/null'],
      [root, '--trust', 'me'],
      [root, '--trust', join(root, 'VERIFY.md')],
      [root, '--checkpoint', join(folder, 'nowhere')],
      [root, 'more'],
      [root, '--unknown'],
    ]) {
      const { code, stdout, stderr } = run(words);
      expect(code, words.join(' ')).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).not.toContain('Traceback');
      expect(stderr.length).toBeGreaterThan(20);
    }
  });

  it('writes out the parts of the PDF, which openssl verifies', () => {
    const parts = join(folder, 'parts');
    expect(run([root, '--extract', parts]).code).toBe(0);
    expect(readFileSync(join(parts, 'report.json')).equals(bundle.files.get('report.json') as Buffer)).toBe(
      true,
    );
    const words = [
      'cms',
      '-verify',
      '-binary',
      '-cades',
      '-purpose',
      'any',
      '-CAfile',
      join(root, 'keys/ca.pem'),
      '-inform',
      'DER',
      '-in',
      join(parts, 'report.pdf.p7s'),
      '-content',
      join(parts, 'report.pdf.signed'),
      '-out',
      '/dev/null',
    ];
    expect(spawnSync('openssl', words, { encoding: 'utf8' })).toMatchObject({ status: 0 });
  });

  it('is of the language that Python 3.9 reads', () => {
    const parse = 'import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 9))';
    expect(spawnSync('python3', ['-c', parse, join(root, 'verify.py')], { encoding: 'utf8' })).toMatchObject({
      status: 0,
    });
  });
});
