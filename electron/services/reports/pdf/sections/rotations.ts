import type { Report, ReportRotation } from '#shared/model/report.ts';
import type { PageFlow } from '../page-flow.ts';
import { drawTable } from '../page-table.ts';
import { counted, dayOf, durationOf, minuteOf, outcomeWords } from '../report-words.ts';

/** More rotations than this are listed in the appendix; here then by key, and those that need a look. */
export const rotationsShown = 40;

export function rotations(flow: PageFlow, report: Report): void {
  flow.chapter('Rotations');
  const all = report.rotations;
  if (all.length === 0) {
    flow.callout('No rotations', 'None was planned, under way or completed in the period.', 'neutral');
    return;
  }
  const rotated = all.filter(({ outcome }) => outcome === 'rotated').length;
  flow.paragraph(
    `${counted(all.length, 'rotation')}, ${rotated} of them completed in the period. Drills are not among them. Every one, with requester, evidence and times, is in report.json and rotations.csv.`,
  );
  if (all.length <= rotationsShown) {
    rotationTable(flow, all);
    return;
  }
  flow.heading('By key');
  drawTable(
    flow,
    [
      { title: 'Key', share: 40, value: ({ key }) => key },
      { title: 'Completed', share: 14, align: 'right', value: ({ rotated: count }) => String(count) },
      { title: 'By due date', share: 14, align: 'right', value: ({ onTime }) => String(onTime) },
      { title: 'Emergency', share: 14, align: 'right', value: ({ emergency }) => String(emergency) },
      { title: 'Rolled back', share: 14, align: 'right', value: ({ rolledBack }) => String(rolledBack) },
      { title: 'Open', share: 10, align: 'right', value: ({ open }) => String(open) },
    ],
    byKey(all),
  );
  const notable = all.filter(needsLook);
  flow.heading('Those that need a look');
  if (notable.length === 0) {
    flow.paragraph('None: all were completed by their due date, with proven or attested adoption.');
    return;
  }
  flow.paragraph(
    `${counted(notable.length, 'rotation')}: in an emergency, after the due date, rolled back, abandoned, open, or with unproven adoption.`,
  );
  rotationTable(flow, notable.slice(0, rotationsShown));
  if (notable.length > rotationsShown)
    flow.paragraph(`${notable.length - rotationsShown} more are in the appendix.`);
}

export function rotationTable(flow: PageFlow, rows: readonly ReportRotation[], compact = false): void {
  drawTable(
    flow,
    [
      { title: 'Key', share: 116, value: ({ key }) => key },
      { title: 'Environment', share: 64, value: ({ environment }) => environment.name },
      { title: 'New value since', share: 78, value: ({ activated_at }) => minuteOf(activated_at) },
      {
        title: 'Outcome',
        share: 84,
        value: ({ outcome, mode }) =>
          mode === 'emergency' ? `${outcomeWords[outcome].word}, emergency` : outcomeWords[outcome].word,
        tone: ({ outcome }) => outcomeWords[outcome].tone,
      },
      { title: 'Adoption', share: 48, value: ({ adoption }) => adoption ?? '–' },
      { title: 'Took', share: 58, value: ({ time_to_rotate_ms }) => durationOf(time_to_rotate_ms) },
      { title: 'Was due', share: 58, value: wasDue },
    ],
    rows,
    { compact },
  );
}

function wasDue({ was_due_at, on_time }: ReportRotation): string {
  return `${dayOf(was_due_at)}${on_time === false ? ' late' : ''}`;
}

function needsLook(rotation: ReportRotation): boolean {
  return (
    rotation.outcome !== 'rotated' ||
    rotation.mode === 'emergency' ||
    rotation.on_time === false ||
    (rotation.adoption !== 'proven' && rotation.adoption !== 'attested')
  );
}

function byKey(all: readonly ReportRotation[]) {
  const keys = new Map<
    string,
    { key: string; rotated: number; onTime: number; emergency: number; rolledBack: number; open: number }
  >();
  for (const { key, outcome, on_time, mode } of all) {
    const counts = keys.get(key) ?? { key, rotated: 0, onTime: 0, emergency: 0, rolledBack: 0, open: 0 };
    if (outcome === 'rotated') counts.rotated += 1;
    if (outcome === 'rotated' && on_time === true) counts.onTime += 1;
    if (mode === 'emergency') counts.emergency += 1;
    if (outcome === 'rolled-back') counts.rolledBack += 1;
    if (outcome === 'open') counts.open += 1;
    keys.set(key, counts);
  }
  return [...keys.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
