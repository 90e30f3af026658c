import { expect, it } from 'vitest';
import { reportOutline } from '#shared/logic/report/report-outline.ts';
import { ReportOutline } from '#shared/model/report-outline.ts';
import { sampleReport } from '#test/support/report/sample-report.ts';

it('says of a large report what it holds, and stays small', () => {
  const report = sampleReport({ firstDay: '2026-01-01', days: 365, environments: 300, rotations: 3_000 });
  const outline = ReportOutline.parse(reportOutline(report));
  expect(outline.verdict).toEqual(report.verdict);
  expect(outline.findings_total).toBe(report.findings.length);
  const { rotated, rolled_back, abandoned, open, total } = outline.rotations;
  expect(rotated + rolled_back + abandoned + open).toBe(total);
  expect(total).toBe(3_000);
  expect(outline.findings).toEqual(report.findings.slice(0, outline.findings.length));
  expect(JSON.stringify(outline).length).toBeLessThan(80_000);
});
