import { z } from 'zod';
import { Report, ReportFinding, ReportMetric, ReportPeriod } from './report.ts';

const Count = z.number().int().min(0);

/**
 * What the window shows of a report before it is made: verdict, numbers and the worst findings. Bounded, however many
 * keys and rotations there are.
 */
export const ReportOutline = z.object({
  period: ReportPeriod,
  scope: Report.shape.scope,
  verdict: Report.shape.verdict,
  metrics: z.array(ReportMetric),
  /** The most severe ones; `findings_total` counts all. */
  findings: z.array(ReportFinding),
  findings_total: Count,
  population: Report.shape.population.shape.reconciliation,
  rotations: z.object({
    total: Count,
    rotated: Count,
    rolled_back: Count,
    abandoned: Count,
    open: Count,
    emergency: Count,
  }),
  deviations: Count,
  exceptions: z.object({ active: Count, expired: Count, ended: Count }),
  drills: Count,
  logs: z.array(
    z.object({ id: z.string(), kind: z.enum(['own', 'earlier', 'imported']), name: z.string(), size: Count }),
  ),
  charts: z.object({
    adherence: z.object({ onTime: Count, late: Count, unknown: Count }),
    over_time: z.array(
      z.object({ from: z.string(), until: z.string(), label: z.string(), planned: Count, emergency: Count }),
    ),
    ages: z.array(z.object({ label: z.string(), ageDays: Count, cryptoperiodDays: Count, percent: Count })),
    times: z.array(z.object({ label: z.string(), count: Count })),
  }),
});
export type ReportOutline = z.infer<typeof ReportOutline>;
