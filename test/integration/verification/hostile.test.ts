import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalize } from 'json-canonicalize';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkBundle } from '#electron/services/verification/check-bundle.ts';
import { type BundleVerification, verificationCheckIds } from '#shared/model/verification.ts';
import { type Identity, makeIdentity, sshBlob } from '#test/support/bundle/identity.ts';
import {
  type BundleFiles,
  makeBundle,
  putPdf,
  type SampleBundle,
  seal,
} from '#test/support/bundle/make-bundle.ts';
import { root } from '#test/support/bundle/plain-tree.ts';
import { PythonVerifier, verdictOf } from '#test/support/bundle/python-verifier.ts';
import { signedCheckpoint, sshSignature } from '#test/support/bundle/signatures.ts';
import { writeFolder, type ZipEntry, zip, zipOf } from '#test/support/bundle/write-bundle.ts';

let folder: string;
let identity: Identity;
let former: Identity;
let bundle: SampleBundle;
let python: PythonVerifier;
let number = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rekey-hostile-'));
  identity = makeIdentity();
  former = makeIdentity({ middleCa: 'ec' });
  bundle = makeBundle(identity, { full: true, former, other: former });
  python = new PythonVerifier();
});
afterAll(() => {
  python.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A place that nothing was written to yet. */
function fresh(): string {
  number += 1;
  return join(folder, String(number));
}

const failed = ({ checks }: BundleVerification) =>
  checks.filter(({ ok }) => ok === false).map(({ id }) => id);
const reasonOf = (result: BundleVerification, id: string) =>
  result.checks.find((check) => check.id === id)?.reason ?? '';

/** Both verifiers' answer, which must be one. */
async function verify(path: string, checkpoint?: Uint8Array): Promise<BundleVerification> {
  const result = checkBundle(path, checkpoint ? { checkpoint } : {});
  expect(verdictOf(await python.verify(path, checkpoint ? { checkpoint } : {}))).toEqual(verdictOf(result));
  expect(result.checks.map(({ id }) => id)).toEqual(verificationCheckIds);
  return result;
}

/** The bundle with changes, sealed anew by the report key. */
async function verifySealed(
  change: (files: BundleFiles) => void,
  by = identity,
): Promise<BundleVerification> {
  const files: BundleFiles = new Map(bundle.files);
  change(files);
  seal(files, by);
  const path = fresh();
  writeFileSync(path, zipOf(files));
  return verify(path);
}

describe('a folder with something else in it', () => {
  it.each([
    ['a link', (at: string) => symlinkSync('/etc/passwd', join(at, 'log/proofs/inclusion-99.json'))],
    [
      'a link in place of a file',
      (at: string) => replaced(at, 'report.pdf', (path) => symlinkSync('/dev/zero', path)),
    ],
    ['a link in place of a folder', (at: string) => replaced(at, 'keys', (path) => symlinkSync('/', path))],
    ['a pipe', (at: string) => replaced(at, 'report.json', (path) => execFileSync('mkfifo', [path]))],
    ['a file that nobody expects', (at: string) => writeFileSync(join(at, '.DS_Store'), 'x')],
    ['a name with a line break', (at: string) => writeFileSync(join(at, 'a\nb'), 'x')],
    ['an empty folder', (at: string) => mkdirSync(join(at, 'more'))],
    ['folders in folders', (at: string) => mkdirSync(join(at, 'a/b/c/d/e/f/g/h/i/j/k'), { recursive: true })],
    ['a folder in place of a file', (at: string) => replaced(at, 'VERIFY.md', (path) => mkdirSync(path))],
  ])('%s', async (_, change) => {
    const at = writeFolder(bundle.files, fresh());
    change(at);
    const result = await verify(at);
    expect(result.intact).toBe(false);
    expect(failed(result)[0]).toBe('files');
  });

  it('a socket in place of a file', async () => {
    const at = writeFolder(bundle.files, fresh());
    const server = createServer();
    replaced(at, 'population.csv', () => {});
    await new Promise<void>((resolve) => server.listen(join(at, 'population.csv'), resolve));
    try {
      expect(failed(await verify(at))[0]).toBe('files');
    } finally {
      server.close();
    }
  });

  it('more files than a report may have', async () => {
    const at = writeFolder(bundle.files, fresh());
    for (let index = 0; index < 2_000; index += 1)
      writeFileSync(join(at, `log/proofs/inclusion-${index}.json`), '');
    const result = await verify(at);
    expect(reasonOf(result, 'files')).toContain('more than 2,000');
    expect(reasonOf(result, 'signature')).toContain('not checked');
  });

  it('is refused when there is nothing to read', () => {
    expect(() => checkBundle(join(folder, 'nowhere'))).toThrow(
      expect.objectContaining({ code: 'invalid-input' }),
    );
    expect(() => checkBundle('/dev/null')).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  });
});

function replaced(at: string, path: string, make: (full: string) => void): void {
  rmSync(join(at, path), { recursive: true, force: true });
  make(join(at, path));
}

describe('a zip that Rekey does not write', () => {
  const entries = (): ZipEntry[] =>
    [...bundle.files].map(([path, content]) => ({ name: `top/${path}`, content }));
  const first = (change: Partial<ZipEntry>) =>
    entries().map((entry, index) => (index === 0 ? { ...entry, ...change } : entry));
  const more = (entry: Partial<ZipEntry>) => [
    ...entries(),
    { name: 'top/x', content: Buffer.from('x'), ...entry },
  ];

  it('is a zip that is read, as the ones below are but for their one difference', async () => {
    const path = fresh();
    writeFileSync(path, zip(entries()));
    expect((await verify(path)).intact).toBe(true);
  });

  it.each<[string, () => Buffer]>([
    ['climbs out of its folder', () => zip(more({ name: 'top/../../../tmp/x' }))],
    ['climbs out of the folder above', () => zip(more({ name: '../x' }))],
    ['has an absolute name', () => zip(more({ name: '/etc/x' }))],
    ['has a name with a backslash', () => zip(more({ name: 'top\\..\\x' }))],
    ['has a name with a NUL', () => zip(more({ name: 'top/x\0.json' }))],
    ['has no folder', () => zip(entries().map(({ name, content }) => ({ name: name.slice(4), content })))],
    ['has two folders', () => zip(more({ name: 'other/x' }))],
    ['holds a file twice', () => zip(more({ name: 'top/report.json' }))],
    ['holds a link', () => zip(first({ mode: 0o120777 }))],
    ['holds a device', () => zip(first({ mode: 0o060666 }))],
    ['holds a folder', () => zip(more({ name: 'top/more', mode: 0o040755 }))],
    ['is encrypted', () => zip(first({ flags: 1 }))],
    ['has data descriptors', () => zip(first({ flags: 8 }))],
    ['is compressed', () => zip(first({ method: 8 }))],
    ['claims another size than it stores', () => zip(first({ size: 1 }))],
    ['claims to expand to 4 GiB', () => zip(first({ size: 0xffffffff }))],
    ['has a comment', () => Buffer.concat([zip(entries()).subarray(0, -2), Buffer.from([1, 0, 0x78])])],
    ['has something in front', () => Buffer.concat([Buffer.from('#!/bin/sh\n'), zip(entries())])],
    ['has something behind', () => Buffer.concat([zip(entries()), Buffer.from('x')])],
    ['is cut off', () => zip(entries()).subarray(0, -1)],
    ['is empty', () => Buffer.alloc(0)],
    ['is no zip', () => Buffer.alloc(5_000, 'PK')],
    ['has no entries', () => zip([])],
    ['hides bytes between its entries', () => hidden(zip(entries()))],
    ['has another checksum than its content', () => wrongChecksum(zip(entries()))],
  ])('%s', async (_, make) => {
    const path = fresh();
    writeFileSync(path, make());
    const result = await verify(path);
    expect(result.intact).toBe(false);
    expect(['files', 'sums']).toContain(failed(result)[0]);
  });
});

/** Bytes between the last entry and the directory, with the end record mended. */
function hidden(bytes: Buffer): Buffer {
  const start = bytes.readUInt32LE(bytes.length - 6);
  const changed = Buffer.concat([bytes.subarray(0, start), Buffer.from('hidden'), bytes.subarray(start)]);
  changed.writeUInt32LE(start + 6, changed.length - 6);
  return changed;
}

function wrongChecksum(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const start = changed.readUInt32LE(changed.length - 6);
  changed.writeUInt32LE(1, 14);
  changed.writeUInt32LE(1, start + 16);
  return changed;
}

describe('a bundle whose signer is its enemy', () => {
  it('holds when it is only sealed anew', async () => {
    expect(failed(await verifySealed(() => {}))).toEqual(['signer']);
  });

  it.each<[string, string, (text: string) => string]>([
    ['a name that occurs twice', 'report', (text) => text.replace('{', '{"title":"x",')],
    ['space', 'report', (text) => `${text}\n`],
    ['a byte order mark', 'report', (text) => `\ufeff${text}`],
    ['a fraction', 'report', (text) => text.replace('"keys_listed":5', '"keys_listed":5.5')],
    ['a number written otherwise', 'report', (text) => text.replace('"keys_listed":5', '"keys_listed":5e0')],
    [
      'a number beyond all',
      'report',
      (text) => text.replace('"keys_listed":5', `"keys_listed":${'9'.repeat(100_000)}`),
    ],
    [
      'a thousand levels',
      'report',
      (text) => text.replace('"keys_listed":5', `"keys_listed":${'['.repeat(1_000)}${']'.repeat(1_000)}`),
    ],
    ['a million levels', 'report', () => '['.repeat(1_000_000)],
    ['half of a surrogate pair', 'report', (text) => text.replace('"title":"', '"title":"\\ud800')],
    [
      'a name that means something to JavaScript',
      'report',
      (text) => text.replace('{', '{"__proto__":{"x":1},'),
    ],
    ['another version', 'report', (text) => text.replace('"schema_version":1', '"schema_version":2')],
  ])('report.json with %s', async (_, id, change) => {
    const result = await verifySealed((files) => {
      const changed = change((files.get('report.json') as Buffer).toString('utf8'));
      expect(changed).not.toBe((files.get('report.json') as Buffer).toString('utf8'));
      files.set('report.json', Buffer.from(changed));
    });
    expect(failed(result)).toContain(id);
  });

  it('a key of small order as the report key', async () => {
    const weak = Buffer.alloc(32);
    weak[0] = 1;
    const result = await verifySealed((files) => {
      const text = `ssh-ed25519 ${sshBlob(weak).toString('base64')}`;
      files.set('keys/report.pub', Buffer.from(`${text} rekey-report\n`));
      files.set(
        'keys/allowed_signers',
        Buffer.from(`rekey-report namespaces="key-rotation-report" ${text}\n`),
      );
    });
    expect(reasonOf(result, 'signature')).toContain('usable key');
  });

  it.each<[string, (armored: string) => string]>([
    [
      'another algorithm of the same length',
      (armored) =>
        edited(armored, (blob) => blob.write('ssh-ed25518', blob.indexOf('ssh-ed25519'), 'latin1')),
    ],
    [
      'another hash',
      (armored) => edited(armored, (blob) => blob.write('sha256', blob.indexOf('sha512'), 'latin1')),
    ],
    ['another version', (armored) => edited(armored, (blob) => blob.writeUInt32BE(2, 6))],
    ['other line lengths', (armored) => armored.replace(/\n([^-]{60})/, '\n$1\n')],
    ['Windows line ends', (armored) => armored.replaceAll('\n', '\r\n')],
    ['something behind it', (armored) => `${armored}\n`],
    ['something before it', (armored) => `x\n${armored}`],
  ])('a signature with %s', async (_, change) => {
    const files: BundleFiles = new Map(bundle.files);
    const armored = (files.get('SHA256SUMS.sig') as Buffer).toString('latin1');
    expect(change(armored)).not.toBe(armored);
    files.set('SHA256SUMS.sig', Buffer.from(change(armored), 'latin1'));
    const path = fresh();
    writeFileSync(path, zipOf(files));
    expect(failed(await verify(path))).toEqual(['signature']);
  });

  it('SHA256SUMS in other forms than sha256sum writes', async () => {
    for (const change of [
      (text: string) => text.replace('  ', ' *'),
      (text: string) => text.toUpperCase(),
      (text: string) => text.replaceAll('\n', '\r\n'),
      (text: string) => text.replace(/ {2}(\S+)\n/, '  ./$1\n'),
      (text: string) => text.split('\n').toReversed().join('\n').trimStart().concat('\n'),
      (text: string) => text.replace(/^(.*\n)/, '$1$1'),
      (text: string) => `${text}${'0'.repeat(64)}  SHA256SUMS\n`,
      (text: string) => text.slice(0, -1),
    ]) {
      const files: BundleFiles = new Map(bundle.files);
      const list = Buffer.from(change((files.get('SHA256SUMS') as Buffer).toString('latin1')), 'latin1');
      files.set('SHA256SUMS', list);
      files.set('SHA256SUMS.sig', sshSignature(identity.report, 'key-rotation-report', list));
      const path = fresh();
      writeFileSync(path, zipOf(files));
      expect(failed(await verify(path))).toContain('sums');
    }
  });

  it('a checkpoint by another key that takes the log key’s id, or its name', async () => {
    const { log } = bundle;
    const honest = (bundle.files.get('log/checkpoint') as Buffer).toString('utf8');
    const body = honest.slice(0, honest.lastIndexOf('\n\n') + 1);
    const foreign = signedCheckpoint(former.log, log.origin, log.lines.length, log.root).toString('utf8');
    const id = Buffer.from(honest.trimEnd().split(' ').at(-1) as string, 'base64').subarray(0, 4);
    const signature = Buffer.from(foreign.trimEnd().split(' ').at(-1) as string, 'base64').subarray(4);
    const confused = `${body}\n— ${log.origin} ${Buffer.concat([id, signature]).toString('base64')}\n`;
    for (const [text, reason] of [
      [foreign, 'not signed by the log'],
      [confused, 'does not fit'],
      [`${confused}${honest.slice(body.length + 1)}`, 'does not fit'],
    ] as const) {
      const result = await verifySealed((files) => files.set('log/checkpoint', Buffer.from(text)));
      expect(reasonOf(result, 'checkpoint')).toContain(reason);
    }
    // A line by somebody unknown, a cosigner for example, proves nothing and hinders nothing.
    const cosigned = await verifySealed((files) =>
      files.set('log/checkpoint', Buffer.from(honest + foreign.slice(body.length + 1))),
    );
    expect(failed(cosigned)).toEqual(['signer']);
  });

  it('a PDF with a bomb as its attachment', async () => {
    const result = await verifySealed((files) => {
      const small = files.get('report.json') as Buffer;
      files.set('report.json', Buffer.alloc(64 * 1024 * 1024, ' '));
      putPdf(files, identity);
      files.set('report.json', small);
    });
    expect(reasonOf(result, 'pdf')).toContain('longer than expected');
  });

  it('an event that two readers would read differently', async () => {
    const lines = (bundle.files.get('log/events.jsonl') as Buffer).toString('utf8');
    for (const change of [
      (text: string) => text.replace('"seq":7', '"seq":7,"seq":7'),
      (text: string) => text.replace('"seq":7', '"seq":"7"'),
      (text: string) => text.replace('"seq":7', '"seq":7.5'),
      (text: string) => text.replace('"seq":7', `"seq":${'['.repeat(100_000)}`),
    ]) {
      expect(change(lines)).not.toBe(lines);
      const result = await verifySealed((files) => files.set('log/events.jsonl', Buffer.from(change(lines))));
      expect(failed(result)).toEqual(['events', 'signer']);
    }
  });
});

function edited(armored: string, edit: (blob: Buffer) => void): string {
  const blob = Buffer.from(armored.replace(/-----.*-----|\n/g, ''), 'base64');
  edit(blob);
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}

describe('a supplied checkpoint', () => {
  it('holds at every size that the bundle can prove, and says which ones when it cannot', async () => {
    const path = fresh();
    writeFileSync(path, zipOf(bundle.files));
    const size = bundle.log.lines.length;
    // Events 0, 7…18 and 22…24 are there; hashes cover 1…6 as 1, 2–3, 4–5, 6 and 19…21 as 19, 20–21.
    const unprovable = [3, 5, 21];
    for (let at = 0; at <= size; at += 1) {
      const result = await verify(path, bundle.checkpointAt(at));
      expect(result.append_only, String(at)).toBe(!unprovable.includes(at));
    }
    const result = await verify(path, bundle.checkpointAt(21));
    expect(reasonOf(result, 'append-only')).toContain('only what it was at 20 and at 22');
  });

  it('fails when the log was rewritten, cut off, is another one, or when somebody else signed it', async () => {
    const path = fresh();
    writeFileSync(path, zipOf(bundle.files));
    const { origin, leaves } = bundle.log;
    const other = root(leaves.slice(0, 11));
    for (const [checkpoint, reason] of [
      [signedCheckpoint(identity.log, origin, 10, other), 'rewritten'],
      [signedCheckpoint(identity.log, origin, leaves.length, other), 'rewritten'],
      [signedCheckpoint(identity.log, origin, leaves.length + 1, other), 'cut off'],
      [signedCheckpoint(identity.log, `${origin}0`, 10, other), 'another one'],
      [signedCheckpoint(identity.report, origin, 10, root(leaves.slice(0, 10))), 'not signed'],
      [Buffer.from('nothing'), 'no signed note'],
      [Buffer.alloc(0), 'no signed note'],
    ] as const) {
      const result = await verify(path, checkpoint);
      expect({ intact: result.intact, appendOnly: result.append_only }).toEqual({
        intact: true,
        appendOnly: false,
      });
      expect(reasonOf(result, 'append-only')).toContain(reason);
    }
  });

  it('may be by a key that a rollover statement names', async () => {
    const path = fresh();
    writeFileSync(path, zipOf(bundle.files));
    const { origin, leaves } = bundle.log;
    const result = await verify(path, signedCheckpoint(former.log, origin, 10, root(leaves.slice(0, 10))));
    expect(result.append_only).toBe(true);
  });
});

describe('certificates', () => {
  it.each([
    ['is a CA', 'basicConstraints = critical, CA:TRUE\nkeyUsage = critical, digitalSignature\n'],
    ['is for encryption', 'basicConstraints = critical, CA:FALSE\nkeyUsage = critical, keyEncipherment\n'],
    ['has no key usage', 'basicConstraints = critical, CA:FALSE\n'],
    [
      'is for web servers',
      'basicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature\nextendedKeyUsage = serverAuth\n',
    ],
    [
      'has a critical part that nobody knows',
      'keyUsage = critical, digitalSignature\n1.2.3.4 = critical, DER:0500\n',
    ],
  ])('a leaf that %s', async (_, leafExtensions) => {
    const path = fresh();
    writeFileSync(path, zipOf(makeBundle(makeIdentity({ leafExtensions })).files));
    expect(failed(await verify(path))).toEqual(['certificate', 'signer']);
  });

  it('a leaf for documents or e-mail, under an organisation’s CA on an elliptic curve', async () => {
    const leafExtensions =
      'keyUsage = critical, nonRepudiation\nextendedKeyUsage = emailProtection, 1.3.6.1.5.5.7.3.36\n';
    const path = fresh();
    writeFileSync(path, zipOf(makeBundle(makeIdentity({ leafExtensions, middleCa: 'ec' })).files));
    expect(failed(await verify(path))).toEqual(['signer']);
  });

  it('a chain that is out of order, has too many, or does not end', async () => {
    const [middle, top] = former.chain as [Buffer, Buffer];
    const stranger = identity.chain[0] as Buffer;
    for (const chain of [[top, middle], [middle], [middle, top, stranger], [middle, stranger]]) {
      const path = fresh();
      writeFileSync(path, zipOf(makeBundle({ ...former, chain }).files));
      expect(failed(await verify(path))).toContain('certificate');
    }
  });
});

describe('rollover statements', () => {
  const statement = () =>
    JSON.parse((bundle.files.get('keys/rollovers/001.json') as Buffer).toString('utf8'));
  const put = (files: BundleFiles, changed: unknown, by: { old?: Identity; new: Identity }) => {
    const bytes = Buffer.from(canonicalize(changed));
    files.set('keys/rollovers/001.json', bytes);
    files.set(
      'keys/rollovers/001.new.sig',
      sshSignature(by.new.report, 'key-rotation-signer-rollover', bytes),
    );
    if (by.old)
      files.set(
        'keys/rollovers/001.old.sig',
        sshSignature(by.old.report, 'key-rotation-signer-rollover', bytes),
      );
    else files.delete('keys/rollovers/001.old.sig');
  };

  it('of a compromised key need no signature by it, and may have none', async () => {
    const compromised = { ...statement(), compromised: true };
    expect(failed(await verifySealed((files) => put(files, compromised, { new: identity })))).toEqual([
      'signer',
    ]);
    const signed = await verifySealed((files) => put(files, compromised, { old: former, new: identity }));
    expect(failed(signed)).toEqual(['rollovers', 'signer']);
    const unsigned = await verifySealed((files) => put(files, statement(), { new: identity }));
    expect(failed(unsigned)).toEqual(['rollovers', 'signer']);
  });

  it('must be signed by the keys that they name, and lead to those of the bundle', async () => {
    const stolen = { ...statement(), reason: 'another' };
    expect(
      failed(await verifySealed((files) => put(files, stolen, { old: identity, new: identity }))),
    ).toContain('rollovers');
    const elsewhere = { ...statement(), installation_id: 'another' };
    expect(
      failed(await verifySealed((files) => put(files, elsewhere, { old: former, new: identity }))),
    ).toContain('rollovers');
    const { old, new: next } = statement();
    const backwards = { ...statement(), new: { ...next, log: old.log } };
    expect(
      failed(await verifySealed((files) => put(files, backwards, { old: former, new: identity }))),
    ).toContain('rollovers');
  });
});
