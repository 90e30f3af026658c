import type { PopulationKey, Report } from '#shared/model/report.ts';
import type { PageFlow } from '../page-flow.ts';
import { drawTable } from '../page-table.ts';
import { counted, dayOf, presenceOrStatus, statusTone } from '../report-words.ts';

/** More keys than this are listed in the appendix; here then only those that are not in order. */
export const populationShown = 80;

export function population(flow: PageFlow, report: Report): void {
  flow.chapter('Population');
  const { keys, reconciliation } = report.population;
  flow.paragraph(
    `Every key of every environment in scope at some time in the period: ${counted(reconciliation.keys, 'key')} in ${counted(report.environments.length, 'environment')}. Environments that were removed and keys that nothing happened to are among them.`,
  );
  flow.heading('How the counts follow');
  flow.list(
    reconciliation.equations.map(({ text, holds }) => `${text} ${holds ? '(holds)' : '(DOES NOT HOLD)'}`),
  );
  flow.heading('Environments');
  drawTable(
    flow,
    [
      { title: 'Environment', share: 34, value: ({ name }) => name },
      { title: 'Stage', share: 16, value: ({ stage }) => stage },
      {
        title: 'State',
        share: 18,
        value: ({ state, reachable }) => (state === 'removed' ? 'removed' : reachable ? 'read' : 'not read'),
        tone: ({ state, reachable }) => (state === 'removed' ? 'neutral' : reachable ? 'success' : 'danger'),
      },
      {
        title: 'In order',
        share: 14,
        align: 'right',
        value: (row) => `${row.keys_good} of ${row.keys_listed}`,
      },
      {
        title: 'Score',
        share: 10,
        align: 'right',
        value: ({ compliance_score: score }) => (score === null ? '–' : String(score)),
      },
    ],
    report.environments,
  );
  flow.heading('Keys');
  if (keys.length <= populationShown) {
    keyTable(flow, keys);
    return;
  }
  const wrong = keys.filter((key) => key.compliance_status !== 'compliant' && key.presence !== 'removed');
  if (wrong.length === 0) flow.paragraph('All keys are in order. The appendix lists every one.');
  else {
    flow.paragraph(`${counted(wrong.length, 'key')} not in order; the appendix lists all ${keys.length}.`);
    keyTable(flow, wrong.slice(0, populationShown));
    if (wrong.length > populationShown)
      flow.paragraph(`${wrong.length - populationShown} more are in the appendix.`);
  }
}

export function keyTable(flow: PageFlow, keys: readonly PopulationKey[], compact = false): void {
  drawTable(
    flow,
    [
      { title: 'Key', share: 108, value: ({ key }) => key },
      { title: 'Environment', share: 74, value: ({ environment }) => environment.name },
      { title: 'Status', share: 70, value: presenceOrStatus, tone: statusTone },
      { title: 'Since', share: 60, value: sinceOf },
      { title: 'Due', share: 58, value: ({ due_at }) => dayOf(due_at) },
      {
        title: 'Policy',
        share: 40,
        align: 'right',
        value: ({ cryptoperiod_days }) => `${cryptoperiod_days} d`,
      },
      { title: 'Fingerprint', share: 88, role: 'mono', value: ({ fingerprint }) => fingerprint ?? '–' },
    ],
    keys,
    { compact },
  );
}

function sinceOf({ active_since, active_since_source: source }: PopulationKey): string {
  return source === 'baseline' ? `${dayOf(active_since)}*` : dayOf(active_since);
}
