import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderReportPdf } from '#electron/services/reports/pdf/report-pdf.ts';
import type { Report } from '#shared/model/report.ts';
import { sampleReport } from '#test/support/report/sample-report.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const resources = join(import.meta.dirname, '..', '..', '..', 'resources', 'report');
const folder = temporaryFolder();

async function render(
  report: Report,
  paper: 'A4' | 'Letter' = 'A4',
): Promise<{ bytes: Buffer; path: string }> {
  const reportJson = Buffer.from(JSON.stringify(report));
  const bytes = await renderReportPdf(report, { paper, reportJson, resources });
  const path = join(folder, `${paper}-${report.rotations.length}.pdf`);
  writeFileSync(path, bytes);
  return { bytes, path };
}

function tool(program: string, ...args: string[]): string {
  const done = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (done.error) throw done.error;
  return done.stdout;
}

const week = () => sampleReport({ firstDay: '2026-11-16', days: 7, environments: 3, rotations: 4 });
const year = () => sampleReport({ firstDay: '2026-01-01', days: 365, environments: 50, rotations: 900 });

describe('report.pdf', () => {
  it('is tagged, in the paper that was asked for, with embedded fonts only', async () => {
    for (const [paper, size] of [
      ['A4', '595.28 x 841.89 pts (A4)'],
      ['Letter', '612 x 792 pts (letter)'],
    ] as const) {
      const { path } = await render(week(), paper);
      const info = tool('pdfinfo', path);
      expect(info).toMatch(/Tagged: +yes/);
      expect(info).toContain(`Page size:       ${size}`);
      const fonts = tool('pdffonts', path).trim().split('\n').slice(2);
      expect(fonts.length).toBeGreaterThan(2);
      for (const line of fonts) expect(line).toMatch(/ yes yes yes +\d+ +0$/);
    }
  });

  it('says on paper what the data say: verdict, findings, fingerprints, the checkpoint', async () => {
    const report = week();
    const { path } = await render(report);
    const text = tool('pdftotext', '-layout', path, '-').replace(/\s+/g, ' ');
    expect(text).toContain(report.verdict.sentence);
    expect(text).toContain('Compromised and still in place');
    expect(text).toContain(report.signer.report_key);
    expect(text).toContain((String(report.logs[0]?.root).match(/.{4}/g) ?? []).slice(0, 8).join(' '));
    expect(text).toContain('service is being retired in spring');
    expect(text).toContain('Партнёры');
    for (const { rotation_id } of report.sample.rotations) expect(text).toContain(rotation_id);
  });

  it('reads well to a screen reader: headings, tables and figures with words', async () => {
    const { path } = await render(week());
    const structure = tool('pdfinfo', '-struct-text', path);
    for (const heading of ['Summary', 'Findings', 'Population', 'Rotations', 'How to verify this report']) {
      expect(structure).toMatch(new RegExp(`H1[^\\n]*\\n\\s*"${heading}"`));
    }
    expect(structure.match(/^\s*Table/gm)?.length).toBeGreaterThan(4);
    expect(structure.match(/^\s*Figure/gm)?.length).toBe(4);
    expect(structure).toContain('TH');
  });

  it('carries the data as an associated file', async () => {
    const report = week();
    const { path } = await render(report);
    const saved = join(folder, 'attached.json');
    tool('pdfdetach', '-save', '1', '-o', saved, path);
    expect(JSON.parse(readFileSync(saved, 'utf8'))).toEqual(report);
  });

  it('is the same to the byte for the same report', async () => {
    const [one, two] = [await render(week()), await render(week())];
    expect(one.bytes.equals(two.bytes)).toBe(true);
  });

  it('keeps a year of fifty environments readable: the long lists stand in an appendix', async () => {
    const { path } = await render(year());
    const text = tool('pdftotext', '-layout', path, '-');
    const page = text.split('\f').findIndex((one) => one.includes('Appendix: all keys'));
    expect(page).toBeGreaterThan(5);
    expect(page).toBeLessThan(20);
    expect(text).toContain('Appendix: all rotations');
    expect(text).toContain('Those that need a look');
    const pages = Number(/Pages: +(\d+)/.exec(tool('pdfinfo', path))?.[1]);
    expect(text).toContain(`Page ${pages} of ${pages}`);
    expect(pages).toBeLessThan(60);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const report = year();
    const rendering = renderReportPdf(report, {
      paper: 'A4',
      reportJson: Buffer.from('{}'),
      resources,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('stopped')),
    });
    await expect(rendering).rejects.toThrow('stopped');
  });
});
