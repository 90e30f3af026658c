import { z } from 'zod';
import { Stage } from './environment.ts';
import { RiskException } from './exception.ts';
import { Finding, Severity } from './finding.ts';
import { Fingerprint, KeyName, KeyStatus, Protects, Slots } from './key.ts';

/** One key of one environment, as `rekey status --json` prints it. */
export const KeyStatusEntry = z.object({
  key: KeyName,
  status: KeyStatus,
  protects: Protects,
  slots: Slots,
  fingerprint: Fingerprint.nullable(),
  age_days: z.number().int().nullable(),
  due_at: z.string().nullable(),
  problems: z.array(z.object({ code: z.string(), severity: Severity, message: z.string() })),
});
export type KeyStatusEntry = z.infer<typeof KeyStatusEntry>;

/** One host of a fleet. A host that does not answer has no keys, and says why. */
export const HostStatus = z.object({
  host: z.string(),
  reachable: z.boolean(),
  keys: z.array(KeyStatusEntry),
  problem: z.string().nullable(),
});
export type HostStatus = z.infer<typeof HostStatus>;

export const EnvironmentStatus = z.object({
  id: z.string(),
  name: z.string(),
  stage: Stage,
  /** Of a fleet: at least one host answers. */
  reachable: z.boolean(),
  compliance_score: z.number().int().min(0).max(100),
  findings: z.array(Finding),
  /** Of a fleet: each key as it stands on the host where it stands worst. */
  keys: z.array(KeyStatusEntry),
  /** Of a fleet: each host by itself. Absent for a single place. */
  hosts: z.array(HostStatus).optional(),
  /** Risks that somebody accepts now. They change no status, they explain it. Absent: none. */
  exceptions: z.array(RiskException).optional(),
});
export type EnvironmentStatus = z.infer<typeof EnvironmentStatus>;

export const StatusReport = z.object({ environments: z.array(EnvironmentStatus) });
export type StatusReport = z.infer<typeof StatusReport>;

/** Startup validation, as the seed's `validate_secrets_on_startup`. */
export const ValidationReport = z.object({
  valid: z.boolean(),
  errors: z.array(z.object({ key: z.string(), code: z.string(), severity: Severity, message: z.string() })),
  warnings: z.array(z.object({ key: z.string(), code: z.string(), severity: Severity, message: z.string() })),
});
export type ValidationReport = z.infer<typeof ValidationReport>;

/** Verdict on one value for one key. */
export const ValueCheck = z.object({
  valid: z.boolean(),
  /** Estimated strength in bits; null when there was nothing to estimate. */
  bits: z.number().nullable(),
  findings: z.array(Finding),
});
export type ValueCheck = z.infer<typeof ValueCheck>;
