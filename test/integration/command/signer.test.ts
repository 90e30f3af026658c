import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SignerView } from '#shared/model/signer.ts';
import { run } from '../signer/tools.ts';
import { RekeyWorld } from './rekey-command.ts';

let world: RekeyWorld;
beforeAll(() => {
  world = new RekeyWorld();
});
afterAll(() => world.remove());

const show = async () => (await world.json<SignerView>('signer show', [])).document;

describe('rekey signer', () => {
  it('says that there are none, exports them, and explains the first use in three sentences', async () => {
    expect(await show()).toMatchObject({ state: 'none', keys: null, former: [] });
    const exported = await world.json<{ folder: string; files: string[] }>('signer export', [
      '--out',
      'keys',
    ]);
    expect(exported.code).toBe(0);
    expect(exported.stderr.trim().split('\n')).toHaveLength(3);
    expect(exported.document.files).toEqual([
      'allowed_signers',
      'ca.pem',
      'certificate.pem',
      'fingerprints.txt',
      'log.vkey',
      'report.pub',
      'verify.py',
    ]);
    const hash = run('sha256sum', [world.path('keys', 'verify.py')]).said.split(' ')[0] as string;
    expect(world.read('keys/fingerprints.txt')).toContain(`verify.py, SHA-256\n    ${hash}`);
    const { keys } = await show();
    const listed = run('ssh-keygen', ['-l', '-f', world.path('keys', 'report.pub')]).said;
    expect(listed).toContain(keys?.report.fingerprint);
    const sheet = world.read('keys/fingerprints.txt');
    for (const line of [...(keys?.report.readable ?? []), ...(keys?.ca.readable ?? [])]) {
      expect(sheet).toContain(line);
    }
    expect((await world.call(['signer', 'show'])).stdout).toContain(keys?.ca.readable[1]);
    const again = await world.json('signer export', ['--out', 'keys']);
    expect(again.code).toBe(2);
    expect(again.document).toMatchObject({ error: { code: 'file-exists' } });
    expect((await world.call(['signer', 'export', '--out', 'keys-again'])).stderr).toBe('');
  });

  it('requests a certificate, and takes the organisation’s', async () => {
    expect((await world.call(['signer', 'csr', '--out', 'request.pem'])).code).toBe(0);
    const printed = await world.call(['signer', 'csr']);
    expect(printed.stdout).toBe(world.read('request.pem'));
    const openssl = (...args: string[]) => expect(run('openssl', args)).toMatchObject({ code: 0 });
    const [key, root, leaf] = ['ca.key', 'ca.pem', 'leaf.pem'].map((name) => world.path(name)) as [
      string,
      string,
      string,
    ];
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '7300',
      '-subj',
      '/O=Acme/CN=Root',
      '-keyout',
      key,
      '-out',
      root,
    );
    openssl(
      'x509',
      '-req',
      '-in',
      world.path('request.pem'),
      '-days',
      '3660',
      '-CA',
      root,
      '-CAkey',
      key,
      '-CAcreateserial',
      '-copy_extensions',
      'copy',
      '-out',
      leaf,
    );
    writeFileSync(world.path('chain.pem'), readFileSync(leaf, 'utf8') + readFileSync(root, 'utf8'));
    const imported = await world.json<SignerView & { warnings: string[] }>('signer import', ['chain.pem']);
    expect(imported.code).toBe(0);
    expect(imported.document).toMatchObject({
      warnings: [],
      keys: { ca: { kind: 'organisation' }, rollovers: 1 },
    });
    const refused = await world.json('signer import', ['leaf.pem']);
    expect(refused).toMatchObject({ code: 2, document: { error: { code: 'invalid-input' } } });
  });

  it('replaces the keys only when it is told to, and keeps the former ones known', async () => {
    const before = await show();
    expect((await world.call(['signer', 'rollover', '--reason', 'due'])).code).toBe(2);
    expect((await show()).keys).toEqual(before.keys);
    const replaced = await world.json<SignerView>('signer rollover', ['--reason', 'due', '--yes']);
    expect(replaced.code).toBe(0);
    expect(replaced.document.former).toMatchObject([
      { report_key: before.keys?.report.fingerprint, reason: 'due', compromised: false },
    ]);
    expect(replaced.document.former[0]?.destroyed_at).not.toBeNull();
    expect((await world.call(['signer', 'export', '--out', 'after'])).code).toBe(0);
    expect(existsSync(world.path('after', 'rollovers', '002.new.sig'))).toBe(true);
    // What the statement says is checked by the auditor's own tool.
    const signers = world.file(
      'signers',
      `old namespaces="key-rotation-signer-rollover" ${world.read('keys/report.pub').split(' ').slice(0, 2).join(' ')}\n`,
    );
    const verified = run(
      'ssh-keygen',
      [
        '-Y',
        'verify',
        '-f',
        signers,
        '-I',
        'old',
        '-n',
        'key-rotation-signer-rollover',
        '-s',
        world.path('after', 'rollovers', '002.old.sig'),
      ],
      world.read('after/rollovers/002.json'),
    );
    expect(verified.said).toContain('Good "key-rotation-signer-rollover" signature for old');
  });

  it('after a compromise asks what stays trusted, and says so in the statement', async () => {
    const compromised = ['--reason', 'the laptop was stolen', '--compromised', '--yes'];
    const refused = await world.json('signer rollover', compromised);
    expect(refused).toMatchObject({ code: 2, document: { error: { code: 'usage' } } });
    for (const given of ['999999', '0', 'no-such-file']) {
      const answer = await world.json('signer rollover', [...compromised, '--trusted-until', given]);
      expect(answer).toMatchObject({ code: 2, document: { error: { code: 'invalid-input' } } });
    }
    const replaced = await world.json<SignerView>('signer rollover', [
      ...compromised,
      '--trusted-until',
      '2',
    ]);
    expect(replaced.document.former[0]).toMatchObject({ compromised: true, trusted_until: { size: 2 } });
    const nothing = await world.json<SignerView>('signer rollover', [
      ...compromised,
      '--trusted-until',
      'nothing',
    ]);
    expect(nothing.document.former[0]).toMatchObject({ compromised: true, trusted_until: null });
    expect((await world.json('events verify', [])).document).toMatchObject({ intact: true });
  });

  it('enrols, lists and removes the signers of others', async () => {
    const fingerprint = `SHA256:${'b'.repeat(43)}`;
    expect((await world.json('signer trust', [fingerprint, '--name', 'Payments'])).code).toBe(0);
    expect((await world.json('signer trust', ['ca.pem', '--name', 'Acme'])).code).toBe(0);
    const listed = await world.json<{ signers: { name: string }[] }>('signer trusted', []);
    expect(listed.document.signers.map(({ name }) => name)).toEqual(['Payments', 'Acme']);
    expect((await world.call(['signer', 'trusted'])).stdout).toContain(fingerprint);
    expect((await world.json('signer distrust', ['Payments'])).code).toBe(0);
    expect((await world.json('signer distrust', ['Payments'])).code).toBe(2);
    expect((await world.json('signer trust', ['leaf.pem', '--name', 'X'])).code).toBe(2);
  });
});
