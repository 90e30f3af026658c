import type { Report, ReportFinding } from '#shared/model/report.ts';
import type { PageFlow } from '../page-flow.ts';
import { drawTable } from '../page-table.ts';
import { counted, severityWords } from '../report-words.ts';

/** More than this are listed in the appendix only. */
const shown = 60;

export function findings(flow: PageFlow, report: Report): void {
  flow.chapter('Findings');
  const open = report.findings.filter(({ exception }) => exception === null);
  const accepted = report.findings.filter(({ exception }) => exception !== null);
  if (open.length === 0) {
    flow.callout('No open findings', 'Nothing in the log or in the environments asked for one.', 'success');
  } else {
    flow.paragraph(
      `${counted(open.length, 'open finding')}, the most severe first. The numbers on the right are the events from which each was computed.`,
    );
    table(flow, open.slice(0, shown));
    if (open.length > shown)
      flow.paragraph(`${counted(open.length - shown, 'more finding')} of lower severity: see report.json.`);
  }
  if (accepted.length > 0) {
    flow.heading('Accepted by an exception');
    table(flow, accepted.slice(0, shown));
    if (accepted.length > shown) flow.paragraph(`${accepted.length - shown} more: see report.json.`);
  }
}

function table(flow: PageFlow, rows: readonly ReportFinding[]): void {
  drawTable(
    flow,
    [
      {
        title: 'Severity',
        share: 12,
        value: ({ severity }) => severityWords[severity].word,
        tone: ({ severity }) => severityWords[severity].tone,
      },
      { title: 'Where', share: 25, value: whereOf },
      { title: 'Finding', share: 52, value: ({ title, detail }) => `${title}\n${detail}` },
      { title: 'Events', share: 11, role: 'mono', value: eventsOf },
    ],
    rows,
  );
}

function whereOf({ environment, key }: ReportFinding): string {
  return (
    [key, environment && `${environment.name} (${environment.stage})`].filter(Boolean).join('\n') || 'Log'
  );
}

/** Sequence numbers; of another log with its name. */
export function eventsOf({ log, events }: { log: string; events: readonly number[] }): string {
  const first = events.slice(0, 3).join(', ');
  const more = events.length > 3 ? ` +${events.length - 3}` : '';
  return `${log === 'own' ? '' : `${log}: `}${first}${more}` || '–';
}
