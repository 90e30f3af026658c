import type { ReportPreview } from '../../model/report-making.ts';
import type { ReportOutline } from '../../model/report-outline.ts';
import { agesByKey, rotationsOverTime, scheduleAdherence, timesToRotate } from './report-series.ts';

const mostFindings = 100;
const mostAges = 8;

/** The bounded outline of a report. */
export function reportOutline(report: ReportPreview): ReportOutline {
  const { rotations, exceptions } = report;
  const count = <T>(all: readonly T[], holds: (one: T) => boolean) => all.filter(holds).length;
  return {
    period: report.period,
    scope: report.scope,
    verdict: report.verdict,
    metrics: report.metrics,
    findings: report.findings.slice(0, mostFindings),
    findings_total: report.findings.length,
    population: report.population.reconciliation,
    rotations: {
      total: rotations.length,
      rotated: count(rotations, ({ outcome }) => outcome === 'rotated'),
      rolled_back: count(rotations, ({ outcome }) => outcome === 'rolled-back'),
      abandoned: count(rotations, ({ outcome }) => outcome === 'abandoned'),
      open: count(rotations, ({ outcome }) => outcome === 'open'),
      emergency: count(rotations, ({ mode }) => mode === 'emergency'),
    },
    deviations: report.deviations.length,
    exceptions: {
      active: count(exceptions, ({ state }) => state === 'active'),
      expired: count(exceptions, ({ state }) => state === 'expired'),
      ended: count(exceptions, ({ state }) => state === 'ended'),
    },
    drills: report.drills.length,
    logs: report.logs.map(({ id, kind, name, size }) => ({ id, kind, name, size })),
    charts: {
      adherence: scheduleAdherence(report),
      over_time: rotationsOverTime(report),
      ages: agesByKey(report).slice(0, mostAges),
      times: timesToRotate(report),
    },
  };
}
