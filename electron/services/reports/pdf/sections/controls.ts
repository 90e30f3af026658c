import type { Report } from '#shared/model/report.ts';
import type { PageFlow } from '../page-flow.ts';
import { drawTable } from '../page-table.ts';

export function controls(flow: PageFlow, report: Report): void {
  flow.chapter('Controls', { newPage: false });
  flow.paragraph(
    'What this report holds in support of common controls. The intervals are the organisation’s own policy: none of these frameworks prescribes them.',
  );
  const applicable = report.controls.filter(({ applies }) => applies);
  drawTable(
    flow,
    [
      {
        title: 'Framework',
        share: 22,
        value: ({ framework, control }) => `${control}\n${framework}`,
        role: 'strong',
      },
      { title: 'Asks', share: 29, value: ({ asks }) => asks },
      { title: 'Evidence here', share: 34, value: ({ evidence }) => evidence },
      { title: 'Sections', share: 15, value: ({ sections }) => sections.join(', ') },
    ],
    applicable,
  );
  const others = report.controls.filter(({ applies }) => !applies);
  if (others.length > 0) {
    flow.heading('Not applicable');
    flow.list(
      others.map(({ framework, control, note }) => `${framework} ${control}: ${note ?? 'not applicable'}`),
    );
  }
}
