import type { Report, ReportLog } from '#shared/model/report.ts';
import type { PageFlow } from '../page-flow.ts';
import { drawTable } from '../page-table.ts';
import { counted, grouped, metricValue, minuteOf } from '../report-words.ts';

export function integrity(flow: PageFlow, report: Report): void {
  flow.chapter('Log integrity and metrics');
  flow.paragraph(
    'Everything in this report was computed from event logs. Each is a Merkle tree (RFC 6962): its root stands for every event and their order. A root that is kept elsewhere, for example on this page, makes a later change or a missing end visible.',
  );
  for (const log of report.logs) logFacts(flow, log);
  flow.heading('Sample to check by hand');
  const { sample } = report;
  if (sample.rotations.length === 0)
    flow.paragraph('No rotation was completed in the period, so there is no sample.');
  else {
    flow.paragraph(
      `${counted(sample.size, 'rotation')} of ${sample.population}. ${sample.method} Seed: the root of the own log.`,
    );
    drawTable(
      flow,
      [
        { title: 'Rotation', share: 42, role: 'mono', value: ({ rotation_id }) => rotation_id },
        { title: 'Closing event', share: 18, align: 'right', value: ({ seq }) => String(seq) },
        { title: 'Inclusion proof', share: 40, role: 'mono', value: ({ proof }) => proof },
      ],
      sample.rotations,
    );
  }
  flow.heading('Metrics and how they were computed');
  drawTable(
    flow,
    [
      { title: 'Metric', share: 26, value: ({ title }) => title },
      { title: 'Value', share: 18, value: metricValue },
      { title: 'Formula', share: 36, value: ({ formula }) => formula },
      {
        title: 'Inputs',
        share: 30,
        value: ({ inputs }) => inputs.map(({ name, value }) => `${name}: ${value}`).join('\n'),
      },
    ],
    report.metrics,
  );
}

function logFacts(flow: PageFlow, log: ReportLog): void {
  const kinds = {
    own: 'The log of this installation',
    earlier: 'An earlier log of this installation',
    imported: 'The log of another installation',
  };
  const anchors = {
    checkpoint: 'a signed checkpoint',
    'moved-event': 'the event by which its successor names it',
    nothing: 'nothing: it is shown as it was read',
  };
  flow.heading(`${kinds[log.kind]}: ${log.name}`);
  flow.facts([
    ['Origin', log.origin, 'mono'],
    ['Size', counted(log.size, 'event')],
    ['Root', grouped(log.root), 'mono'],
    ['Vouched for by', anchors[log.anchored_by]],
    ['Events', log.first_seq === null ? 'none' : `${log.first_seq} to ${log.last_seq}`],
    [
      'Gaps',
      log.gaps.length === 0 ? 'none' : log.gaps.map(({ first, last }) => `${first}–${last}`).join(', '),
    ],
    [
      'Clock jumps',
      listOf(
        log.clock_jumps.map(
          ({ at, milliseconds }) => `${minuteOf(at)} by ${Math.round(milliseconds / 1000)} s`,
        ),
      ),
    ],
    ['Repairs', listOf(log.repairs.map(({ at, what }) => `${minuteOf(at)} ${what}`))],
    ['Corruption', listOf(log.corruptions.map(({ at, what }) => `${minuteOf(at)} ${what}`))],
  ]);
}

function listOf(texts: readonly string[]): string {
  const shown = 5;
  if (texts.length === 0) return 'none';
  return `${texts.slice(0, shown).join('; ')}${texts.length > shown ? `; and ${texts.length - shown} more` : ''}`;
}
