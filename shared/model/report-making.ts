import { z } from 'zod';
import { Report } from './report.ts';

/** What a report is asked for. Days are whole days of `timeZone`; both are included. */
export const ReportRequest = z
  .object({
    from: z.iso.date(),
    to: z.iso.date(),
    timeZone: z.string().max(64).default('UTC'),
    /** Ids; null: all. */
    environments: z.array(z.string()).max(10_000).nullable().default(null),
    paper: z.enum(['A4', 'Letter']).default('A4'),
  })
  .strict();
export type ReportRequest = z.infer<typeof ReportRequest>;

/** What a report would say if it were made now: nothing is recorded, signed or written for it. */
export const ReportPreview = Report.omit({ report_id: true, sample: true, signer: true });
export type ReportPreview = z.infer<typeof ReportPreview>;

/** A report that was made, as `report list` shows it. */
export const ListedReport = z.object({
  report_id: z.string(),
  at: z.string(),
  by: z.string(),
  from: z.string(),
  to: z.string(),
  time_zone: z.string(),
  /** Name of the bundle. */
  bundle: z.string(),
  sums_sha256: z.string(),
  verdict: z.string(),
  /** Where the bundle lies, if it is still in the folder in which reports are kept by default; else null. */
  path: z.string().nullable(),
});
export type ListedReport = z.infer<typeof ListedReport>;

/** Stages of making a report, in their order. */
export const reportStages = [
  'check',
  'observe',
  'checkpoint',
  'fold',
  'tables',
  'pdf',
  'evidence',
  'sign',
  'verify',
  'tamper',
  'zip',
  'publish',
] as const;
export const ReportStage = z.enum(reportStages);
export type ReportStage = z.infer<typeof ReportStage>;

/** How far the making of a report has come; `share` from 0 to 1 is of the whole. */
export const ReportProgress = z.object({ stage: ReportStage, share: z.number().min(0).max(1) });
export type ReportProgress = z.infer<typeof ReportProgress>;

export const CreatedReport = z.object({
  report_id: z.string(),
  bundle: z.string(),
  zip: z.string().nullable(),
  /** The bundle was verified as a stranger would, and three damaged copies of it were refused. */
  verified: z.boolean(),
  verdict: Report.shape.verdict,
});
export type CreatedReport = z.infer<typeof CreatedReport>;
