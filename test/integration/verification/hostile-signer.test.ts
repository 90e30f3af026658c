import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sshBlob } from '#test/support/bundle/identity.ts';
import { type BundleFiles, putPdf } from '#test/support/bundle/make-bundle.ts';
import { signedCheckpoint, sshSignature } from '#test/support/bundle/signatures.ts';
import { failed, reasonOf, VerificationWorld } from './verification-world.ts';

let world: VerificationWorld;
beforeAll(() => {
  world = new VerificationWorld();
});
afterAll(() => world.close());

describe('a bundle whose signer is its enemy', () => {
  it('holds when it is only sealed anew', async () => {
    expect(failed(await world.verifySealed(() => {}))).toEqual(['signer']);
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
    const result = await world.verifySealed((files) => {
      const changed = change((files.get('report.json') as Buffer).toString('utf8'));
      expect(changed).not.toBe((files.get('report.json') as Buffer).toString('utf8'));
      files.set('report.json', Buffer.from(changed));
    });
    expect(failed(result)).toContain(id);
  });

  it('a key of small order as the report key', async () => {
    const weak = Buffer.alloc(32);
    weak[0] = 1;
    const result = await world.verifySealed((files) => {
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
    const files: BundleFiles = new Map(world.bundle.files);
    const armored = (files.get('SHA256SUMS.sig') as Buffer).toString('latin1');
    expect(change(armored)).not.toBe(armored);
    files.set('SHA256SUMS.sig', Buffer.from(change(armored), 'latin1'));
    const path = world.zipped(files);
    expect(failed(await world.verify(path))).toEqual(['signature']);
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
      const files: BundleFiles = new Map(world.bundle.files);
      const list = Buffer.from(change((files.get('SHA256SUMS') as Buffer).toString('latin1')), 'latin1');
      files.set('SHA256SUMS', list);
      files.set('SHA256SUMS.sig', sshSignature(world.identity.report, 'key-rotation-report', list));
      const path = world.zipped(files);
      expect(failed(await world.verify(path))).toContain('sums');
    }
  });

  it('a checkpoint by another key that takes the log key’s id, or its name', async () => {
    const { log } = world.bundle;
    const honest = (world.bundle.files.get('log/checkpoint') as Buffer).toString('utf8');
    const body = honest.slice(0, honest.lastIndexOf('\n\n') + 1);
    const foreign = signedCheckpoint(world.former.log, log.origin, log.lines.length, log.root).toString(
      'utf8',
    );
    const id = Buffer.from(honest.trimEnd().split(' ').at(-1) as string, 'base64').subarray(0, 4);
    const signature = Buffer.from(foreign.trimEnd().split(' ').at(-1) as string, 'base64').subarray(4);
    const confused = `${body}\n— ${log.origin} ${Buffer.concat([id, signature]).toString('base64')}\n`;
    for (const [text, reason] of [
      [foreign, 'not signed by the log'],
      [confused, 'does not fit'],
      [`${confused}${honest.slice(body.length + 1)}`, 'does not fit'],
    ] as const) {
      const result = await world.verifySealed((files) => files.set('log/checkpoint', Buffer.from(text)));
      expect(reasonOf(result, 'checkpoint')).toContain(reason);
    }
    // A line by somebody unknown, a cosigner for example, proves nothing and hinders nothing.
    const cosigned = await world.verifySealed((files) =>
      files.set('log/checkpoint', Buffer.from(honest + foreign.slice(body.length + 1))),
    );
    expect(failed(cosigned)).toEqual(['signer']);
  });

  it('a PDF with a bomb as its attachment', async () => {
    const result = await world.verifySealed((files) => {
      const small = files.get('report.json') as Buffer;
      files.set('report.json', Buffer.alloc(64 * 1024 * 1024, ' '));
      putPdf(files, world.identity);
      files.set('report.json', small);
    });
    expect(reasonOf(result, 'pdf')).toContain('longer than expected');
  });

  it('an event that two readers would read differently', async () => {
    const lines = (world.bundle.files.get('log/events.jsonl') as Buffer).toString('utf8');
    for (const change of [
      (text: string) => text.replace('"seq":7', '"seq":7,"seq":7'),
      (text: string) => text.replace('"seq":7', '"seq":"7"'),
      (text: string) => text.replace('"seq":7', '"seq":7.5'),
      (text: string) => text.replace('"seq":7', `"seq":${'['.repeat(100_000)}`),
    ]) {
      expect(change(lines)).not.toBe(lines);
      const result = await world.verifySealed((files) =>
        files.set('log/events.jsonl', Buffer.from(change(lines))),
      );
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
