import { z } from 'zod';
import { AlertCondition } from './alert.ts';
import { EnvironmentReference, Stage } from './environment.ts';
import { LogHealth } from './event.ts';
import { ComplianceStatus, Fingerprint, KeyName, KeyStatus } from './key.ts';
import { AutomaticHalt, TaskView } from './task.ts';

/**
 * `ok`: nothing wants a person. `degraded`: something does that is not critical, or is put off. `failing`: something
 * critical is so now.
 */
export const HealthState = z.enum(['ok', 'degraded', 'failing']);
export type HealthState = z.infer<typeof HealthState>;

/** What `GET /health` of the agent answers: 503 while `failing`, else 200. Fingerprints, never values. */
export const HealthDocument = z.object({
  status: HealthState,
  key_rotation: z.object({
    state: HealthState,
    /** When environments were read for this, RFC 3339. */
    checked_at: z.string(),
    version: z.string(),
    /** Percent of keys that are compliant; null without keys. */
    compliance_score: z.number().nullable(),
    log: LogHealth.pick({ state: true, size: true }),
    environments: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        stage: Stage,
        reachable: z.boolean(),
        keys: z.array(
          z.object({
            key: KeyName,
            status: KeyStatus,
            compliance_status: ComplianceStatus,
            due_at: z.string().nullable(),
            fingerprint: Fingerprint.nullable(),
          }),
        ),
      }),
    ),
    tasks: z.array(TaskView),
    alerts: z.array(
      AlertCondition.pick({ id: true, kind: true, severity: true, title: true, keys: true }).extend({
        environment: EnvironmentReference.nullable(),
        raised_at: z.string(),
        snoozed_until: z.string().nullable(),
      }),
    ),
    halted: z.array(AutomaticHalt),
  }),
});
export type HealthDocument = z.infer<typeof HealthDocument>;
