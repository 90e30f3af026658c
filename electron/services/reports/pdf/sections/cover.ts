import type { Report } from '#shared/model/report.ts';
import type { PageFlow } from '../page-flow.ts';
import { colors, fontSizes, toneColors } from '../page-style.ts';
import { counted, groupedFingerprint, minuteOf, verdictTitles, verdictTones } from '../report-words.ts';

/** What it is, of what, by whom, and how it came out: everything that a reader needs to know whether to read on. */
export function cover(flow: PageFlow, report: Report): void {
  const { doc } = flow;
  const { period, verdict, scope, generated, signer } = report;
  doc.addPage();
  flow.decorate(() => doc.rect(0, 0, doc.page.width, 8).fill(colors.accent));
  flow.y = 96;
  flow.text('Rekey', { role: 'strong', size: fontSizes.subheading, color: colors.accent }, 'P');
  flow.space(10);
  flow.text('Key rotation report', { role: 'strong', size: fontSizes.title }, 'H1');
  flow.space(2);
  flow.text(
    `${period.first_day} to ${period.last_day}, ${period.time_zone}`,
    { size: fontSizes.heading, color: colors.soft },
    'P',
  );
  flow.space(34);

  const { ink, soft } = toneColors[verdictTones[verdict.level]];
  const inner = flow.width - 48;
  const sentenceStyle = { size: fontSizes.subheading, lineGap: 2 };
  const height = 62 + flow.measure(verdict.sentence, inner, sentenceStyle);
  const top = flow.y;
  flow.decorate(() => {
    doc.rect(flow.left, top, flow.width, height).fill(soft);
    doc.rect(flow.left, top, 4, height).fill(ink);
  });
  flow.draw(
    verdictTitles[verdict.level],
    flow.left + 24,
    top + 18,
    inner,
    { role: 'strong', size: fontSizes.figure, color: ink },
    { type: 'P' },
  );
  flow.draw(verdict.sentence, flow.left + 24, top + 46, inner, sentenceStyle, { type: 'P' });
  flow.y = top + height + 34;

  flow.facts(
    [
      ['Scope', scope.statement],
      [
        'Environments',
        scope.chosen === null
          ? `${counted(scope.environments, 'environment')}, all that are known to the installation`
          : scope.chosen.map(({ name, stage }) => `${name} (${stage})`).join(', '),
      ],
      ['Installations', scope.installations.join(', ')],
      ['Made', `${minuteOf(generated.at)} UTC, as claimed by the machine that made it (${generated.host})`],
      ['By', `${generated.by}${generated.by_source === 'declared' ? '' : ' (no person declared)'}`],
      ['Report', report.report_id, 'mono'],
      ['Signed by', groupedFingerprint(signer.report_key), 'mono'],
    ],
    96,
  );
  flow.space(12);
  flow.paragraph(
    'This report is evidence for people who assess controls. It does not say that anything is compliant with a standard: that is the auditor’s judgement. Whoever received it should check its signature against a fingerprint obtained separately; how is on the last pages and in VERIFY.md.',
    { color: colors.soft },
  );
}
