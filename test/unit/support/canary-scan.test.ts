import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import PdfDocument from 'pdfkit';
import { afterAll, describe, expect, test } from 'vitest';
import { CanaryScan, canaryForms } from '#test/support/canary-scan.ts';

const value = 'pLan/ted+"se<cret&of\\this=test';
const scan = new CanaryScan([{ name: 'planted', value }]);
const found = (data: string | Uint8Array) =>
  scan.bytes('here', data).map(({ canary, form }) => [canary, form]);
const around = (middle: string) => `{"before": "${middle}", "after": 1}`;

describe('a planted value is found', () => {
  const forms: [string, string | Uint8Array][] = [
    ['plain', around(value)],
    ['beginning', around(`${value.slice(0, 18)}…`)],
    ['end', around(`…${value.slice(-17)}`)],
    ['json', JSON.stringify({ text: value })],
    ['json-in-json', JSON.stringify(JSON.stringify({ text: value }))],
    ['percent', `https://example.org/?q=${encodeURIComponent(value)}`],
    ['html', `<p>${value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</p>`],
    ['hex', Buffer.from(around(value)).toString('hex')],
    ['hex-upper', Buffer.from(around(value)).toString('hex').toUpperCase()],
    ['utf-16le', Buffer.from(around(value), 'utf16le')],
    ['utf-16be', Buffer.from(around(value), 'utf16le').swap16()],
    [
      'unicode-escapes',
      [...value].map((each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
    ],
  ];
  test.each(forms)('%s', (_form, data) => {
    expect(found(data)).toHaveLength(1);
  });

  test.each([0, 1, 2, 3, 4, 5])('in base64, after %i other bytes', (before) => {
    const data = Buffer.from(`${'x'.repeat(before)}${value} and more`);
    expect(found(data.toString('base64'))).toHaveLength(1);
    expect(found(data.toString('base64url'))).toHaveLength(1);
  });

  test('whatever the value and whatever is around it', () => {
    const text = fc.string({ minLength: 16, maxLength: 80, unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(text, fc.string(), fc.string(), (secret, before, after) => {
        const one = new CanaryScan([{ name: 'one', value: secret }]);
        const whole = `${before}${secret}${after}`;
        for (const data of [
          whole,
          JSON.stringify(whole),
          Buffer.from(whole).toString('base64'),
          Buffer.from(whole).toString('base64url'),
          Buffer.from(whole).toString('hex'),
          `${encodeURIComponent(Buffer.from(before).toString())}${encodeURIComponent(secret)}`,
          Buffer.from(whole, 'utf16le'),
        ]) {
          expect(one.bytes('here', data)).toHaveLength(1);
        }
      }),
    );
  });
});

describe('what is not there is not found', () => {
  test('other text, and too little of the value', () => {
    expect(found(around('pLan/ted and something else'))).toEqual([]);
    expect(found(value.slice(0, 15))).toEqual([]);
    expect(found('')).toEqual([]);
  });

  test('a digest of the value', async () => {
    const digest = await crypto.subtle.digest('SHA-256', Buffer.from(value));
    expect(found(new Uint8Array(digest))).toEqual([]);
  });

  test('a hit never repeats the value', () => {
    const text = JSON.stringify(scan.bytes('here', around(value)));
    expect(canaryForms(value).some(({ bytes }) => text.includes(bytes.toString()))).toBe(false);
  });

  test('a value too short to be told from chance is refused', () => {
    expect(() => new CanaryScan([{ name: 'short', value: 'hunter2' }])).toThrow('too short');
  });
});

describe('a folder', () => {
  const root = mkdtempSync(join(tmpdir(), 'rekey-scan-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('a PDF: the text on its pages, broken over lines, and what is compressed', async () => {
    const folder = join(root, 'pdf');
    mkdirSync(folder);
    const write = async (name: string, fill: (document: InstanceType<typeof PdfDocument>) => void) => {
      const document = new PdfDocument({ size: [160, 400] });
      fill(document);
      document.end();
      writeFileSync(join(folder, name), await buffer(document));
    };
    const secret = 'plantedvaluewithoutanybreakthatislongerthantheline';
    const inPdf = new CanaryScan([{ name: 'in a PDF', value: secret }]);
    await write('printed.pdf', (document) => document.text(secret));
    await write('attached.pdf', (document) => document.file(Buffer.from(secret), { name: 'attached.txt' }));
    await write('harmless.pdf', (document) => document.text('nothing'));
    const hits = inPdf.folder(folder).hits.map(({ where }) => where);
    expect([...new Set(hits)].sort()).toEqual(['what attached.pdf says', 'what printed.pdf says']);
  });

  test('contents, names and links are looked at; what is left out is told', () => {
    const safe = 'plantedvaluewithoutslash';
    const both = new CanaryScan([
      { name: 'planted', value },
      { name: 'safe', value: safe },
    ]);
    mkdirSync(join(root, 'deep', 'er'), { recursive: true });
    writeFileSync(join(root, 'deep', 'er', 'log.jsonl'), JSON.stringify({ text: value }));
    writeFileSync(join(root, 'deep', `${safe}.txt`), 'nothing');
    symlinkSync(`/nowhere/${safe}`, join(root, 'link'));
    writeFileSync(join(root, '.env'), value);
    writeFileSync(join(root, 'harmless.gz'), gzipSync('nothing'));
    const { hits, files, left_out } = both.folder(root, (path) => path === '.env' || path === 'pdf');
    expect(hits.map(({ where, canary }) => [where, canary]).sort()).toEqual([
      ['deep/er/log.jsonl', 'planted'],
      ['link', 'safe'],
      [`the name of deep/${safe}.txt`, 'safe'],
    ]);
    expect([files, left_out.sort()]).toEqual([3, ['.env', 'pdf']]);
  });
});
