import type { Report } from '#shared/model/report.ts';
import type { PageFlow } from '../page-flow.ts';
import { drawTable } from '../page-table.ts';
import { counted, dayOf, durationOf, lastDayBefore, minuteOf } from '../report-words.ts';
import { eventsOf } from './findings.ts';

const shown = 80;

/** Where people left the procedure, accepted a risk, or practised. */
export function deviations(flow: PageFlow, report: Report): void {
  flow.chapter('Deviations, exceptions, drills');
  flow.heading('Deviations from the procedures');
  if (report.deviations.length === 0) flow.paragraph('None.');
  else {
    drawTable(
      flow,
      [
        { title: 'When', share: 17, value: ({ at }) => minuteOf(at) },
        { title: 'Environment', share: 19, value: ({ environment }) => environment.name },
        { title: 'What', share: 28, value: ({ what }) => what },
        { title: 'Reason', share: 30, value: ({ reason }) => reason },
        { title: 'By', share: 22, value: ({ by }) => by },
        { title: 'Events', share: 12, role: 'mono', value: eventsOf },
      ],
      report.deviations.slice(0, shown),
    );
    more(flow, report.deviations.length);
  }
  flow.heading('Exceptions: risks that somebody accepted for a time');
  if (report.exceptions.length === 0) flow.paragraph('None.');
  else {
    drawTable(
      flow,
      [
        {
          title: 'Environment',
          share: 20,
          value: ({ environment, key }) => [environment.name, key].filter(Boolean).join('\n'),
        },
        {
          title: 'Accepts',
          share: 18,
          value: ({ codes }) => (codes.length === 0 ? 'all findings' : codes.join(', ')),
        },
        { title: 'Reason', share: 34, value: ({ reason }) => reason },
        { title: 'By', share: 22, value: ({ accepted_by }) => accepted_by },
        {
          title: 'From – until',
          share: 20,
          value: ({ from, until }) => `${dayOf(from)} –\n${lastDayBefore(until)}`,
        },
        {
          title: 'State',
          share: 13,
          value: ({ state }) => state,
          tone: ({ state }) => (state === 'active' ? 'accent' : 'neutral'),
        },
      ],
      report.exceptions.slice(0, shown),
    );
    more(flow, report.exceptions.length);
  }
  flow.heading('Drills: readiness, never counted as rotations');
  if (report.drills.length === 0) flow.paragraph('None in the period.');
  else {
    drawTable(
      flow,
      [
        { title: 'Started', share: 18, value: ({ started_at }) => minuteOf(started_at) },
        { title: 'Runbook', share: 36, value: ({ title }) => title },
        { title: 'By', share: 26, value: ({ by }) => by },
        { title: 'Took', share: 20, value: ({ duration_ms }) => durationOf(duration_ms) },
        { title: 'Ended as', share: 20, value: ({ state }) => state.replaceAll('-', ' ') },
      ],
      report.drills.slice(0, shown),
    );
    more(flow, report.drills.length);
  }
}

function more(flow: PageFlow, count: number): void {
  if (count > shown)
    flow.paragraph(`${counted(count - shown, 'more entry', 'more entries')}: see report.json.`);
}
