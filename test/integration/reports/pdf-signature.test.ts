import { spawnSync } from 'node:child_process';
import { sign } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { signPdf } from '#electron/services/reports/pdf/pdf-signature.ts';
import { renderReportPdf } from '#electron/services/reports/pdf/report-pdf.ts';
import { cmsSignature } from '#electron/services/signer/cms.ts';
import { derOf, generateSigningKeys, privateKeyOf } from '#electron/services/signer/key-generation.ts';
import { sampleReport } from '#test/support/report/sample-report.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const database = join(folder, 'nss');
let unsigned: Buffer;
let signed: Buffer;

function tool(program: string, ...args: string[]): { status: number | null; output: string } {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error) throw error;
  return { status, output: stdout + stderr };
}

function pdfsig(bytes: Uint8Array): string {
  const path = join(folder, 'looked-at.pdf');
  writeFileSync(path, bytes);
  return tool('pdfsig', '-nssdir', database, path).output;
}

beforeAll(async () => {
  const report = sampleReport({ firstDay: '2026-11-16', days: 7, environments: 2, rotations: 2 });
  unsigned = await renderReportPdf(report, {
    paper: 'A4',
    reportJson: Buffer.from(JSON.stringify(report)),
    resources: join(import.meta.dirname, '..', '..', '..', 'resources', 'report'),
  });
  const { generation, keys } = await generateSigningKeys({
    installationId: '0190a000-0000-7000-8000-000000000001',
    id: '0190a000-0000-7000-8000-000000000002',
    runId: null,
    now: new Date(),
    ca: { id: '0190a000-0000-7000-8000-000000000003', key: null },
  });
  const key = privateKeyOf(keys.certificate);
  signed = await signPdf(unsigned, (contentSha256) =>
    cmsSignature({
      contentSha256,
      certificates: generation.chain.map(derOf),
      sign: async (message) => sign('sha256', message, key),
    }),
  );
  writeFileSync(join(folder, 'ca.pem'), generation.ca.certificate);
  mkdirSync(database);
  tool('certutil', '-N', '-d', database, '--empty-password');
  tool('certutil', '-A', '-d', database, '-n', 'ca', '-t', 'C,C,C', '-i', join(folder, 'ca.pem'));
});

describe('the signature of report.pdf', () => {
  it('is valid for pdfsig, over the total document, by a trusted certificate', () => {
    const said = pdfsig(signed);
    expect(said).toContain('Signature Validation: Signature is Valid.');
    expect(said).toContain('Certificate Validation: Certificate is Trusted.');
    expect(said).toContain('Total document signed');
    expect(said).toContain('Signature Type: ETSI.CAdES.detached');
    expect(said).toContain('Signing Hash Algorithm: SHA-256');
  });

  it('is a CAdES signature for openssl over exactly the byte range', () => {
    const [, a, b, c] = (/\/ByteRange \[0 (\d+) (\d+) (\d+) *\]/.exec(signed.toString('latin1')) ?? []).map(
      Number,
    );
    const content = Buffer.concat([
      signed.subarray(0, a),
      signed.subarray(b as number, (b as number) + (c as number)),
    ]);
    expect((b as number) + (c as number)).toBe(signed.length);
    const der = Buffer.from(signed.subarray((a as number) + 1, (b as number) - 1).toString('latin1'), 'hex');
    const files = { content: join(folder, 'content'), der: join(folder, 'signature.der') };
    writeFileSync(files.content, content);
    writeFileSync(files.der, der);
    const verify = [
      'cms',
      '-verify',
      '-cades',
      '-binary',
      '-purpose',
      'any',
      '-inform',
      'DER',
      '-in',
      files.der,
    ];
    const { status, output } = tool(
      'openssl',
      ...verify,
      '-content',
      files.content,
      '-CAfile',
      join(folder, 'ca.pem'),
      '-out',
      '/dev/null',
    );
    expect(output).toContain('CAdES Verification successful');
    expect(status).toBe(0);
  });

  it('changes nothing of the document but its own place', () => {
    expect(signed).toHaveLength(unsigned.length);
    const range = unsigned.indexOf('/ByteRange');
    const contents = unsigned.indexOf('/Contents <', range);
    expect(signed.subarray(0, range).equals(unsigned.subarray(0, range))).toBe(true);
    const end = unsigned.indexOf('>', contents);
    expect(signed.subarray(end).equals(unsigned.subarray(end))).toBe(true);
  });

  it('does not survive a changed byte, and shows appended ones', () => {
    const changed = Buffer.from(signed);
    const at = changed.indexOf('/Title');
    changed[at + 8] = (changed[at + 8] as number) ^ 1;
    expect(pdfsig(changed)).not.toContain('Signature is Valid');
    const appended = Buffer.concat([signed, Buffer.from('\n% more\n')]);
    expect(pdfsig(appended)).toContain('Not total document signed');
  });

  it('refuses a signature that does not fit, and a document without a place for one', async () => {
    await expect(signPdf(unsigned, async () => Buffer.alloc(20_000))).rejects.toThrow('12288 are reserved');
    await expect(signPdf(Buffer.from('%PDF-1.7'), async () => Buffer.alloc(1))).rejects.toThrow('no place');
    expect(readFileSync(join(folder, 'ca.pem'), 'utf8')).toContain('BEGIN CERTIFICATE');
  });
});
