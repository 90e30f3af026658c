import { z } from 'zod';

/** How keys and environments stood at one health check: practice is not counted. */
export const HealthSample = z.object({
  keys: z.number().int().min(0),
  compliant: z.number().int().min(0),
  due_soon: z.number().int().min(0),
  overdue: z.number().int().min(0),
  environments: z.number().int().min(0),
  /** Of the environments: could be read on every host, and the service answers well where one is configured. */
  available: z.number().int().min(0),
});
export type HealthSample = z.infer<typeof HealthSample>;

/** For how many days metrics are shown. */
export const metricsDays = [30, 90, 365] as const;
export const MetricsDays = z.union([z.literal(30), z.literal(90), z.literal(365)]);
export type MetricsDays = z.infer<typeof MetricsDays>;

/** A stretch of days, UTC. What nobody measured in it is null, never zero. */
export const MetricsPoint = z.object({
  /** First day, YYYY-MM-DD. */
  from: z.string(),
  /** Last day. */
  to: z.string(),
  rotations: z.object({
    succeeded: z.number().int().min(0),
    failed: z.number().int().min(0),
    /** Mean, from the plan until the new value was in use. */
    duration_ms: z.number().nullable(),
    /** Over so many: a rotation that was planned in another log has no known duration. */
    timed: z.number().int().min(0),
  }),
  /** As last seen in it; null also where there was no key to look at. */
  due_soon: z.number().int().nullable(),
  overdue: z.number().int().nullable(),
  /** Share of keys that are compliant or due soon, from 0 to 1, as last seen in it. */
  compliance: z.number().nullable(),
  /** Share of environments that were available, over all health checks in it. */
  availability: z.number().nullable(),
});
export type MetricsPoint = z.infer<typeof MetricsPoint>;

export const MetricsReport = z.object({ days: MetricsDays, points: z.array(MetricsPoint) });
export type MetricsReport = z.infer<typeof MetricsReport>;
