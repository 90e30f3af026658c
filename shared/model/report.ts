import { z } from 'zod';
import { Stage } from './environment.ts';
import { Severity } from './finding.ts';
import { ComplianceStatus, Fingerprint, KeyName, KeyStatus, Protects, Slots } from './key.ts';
import { Adoption, RotationMode, RotationState } from './rotation.ts';
import { RunState } from './run.ts';

/**
 * `report.json` of a report bundle (docs/report-format.md). It is a function of the log, the period, the scope and the
 * public part of the signer: the same input gives the same bytes (RFC 8785). All numbers are integers, so that every
 * language writes them alike; durations are milliseconds unless the name says otherwise; times are RFC 3339, UTC.
 *
 * `log` and `events` beside a value say from which events it was computed: sequence numbers in that log of `logs`.
 */

/** An instant: RFC 3339, UTC, milliseconds. */
const Instant = z.iso.datetime({ precision: 3 });
const Count = z.number().int().min(0);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Traced = {
  /** Id of one of `logs`. */
  log: z.string(),
  events: z.array(Count),
};

const ReportEnvironmentReference = z.object({ id: z.string(), name: z.string(), stage: Stage }).strict();
export type ReportEnvironmentReference = z.infer<typeof ReportEnvironmentReference>;

export const ReportPeriod = z
  .object({
    /** Inclusive. */
    from: Instant,
    /** Exclusive. */
    to: Instant,
    /** The first and the last day of the period in its zone, both included. */
    first_day: z.iso.date(),
    last_day: z.iso.date(),
    /** IANA name: the zone in which the days of the period begin and end. */
    time_zone: z.string(),
  })
  .strict();
export type ReportPeriod = z.infer<typeof ReportPeriod>;

/** One of the logs that the report was computed from. Its events lie in the bundle below `folder`. */
export const ReportLog = z
  .object({
    /** `own`, `earlier-1` (the log that this one continues), `imported-1`, … */
    id: z.string(),
    kind: z.enum(['own', 'earlier', 'imported']),
    /** What people call the installation. */
    name: z.string(),
    /** Path in the bundle, with `/`. */
    folder: z.string(),
    origin: z.string(),
    size: Count,
    root: Sha256,
    /** What makes the root credible: a checkpoint of its own, or the event of the own log that names it. */
    anchored_by: z.enum(['checkpoint', 'moved-event', 'nothing']),
    first_seq: Count.nullable(),
    last_seq: Count.nullable(),
    /** Missing sequence numbers, inclusive. */
    gaps: z.array(z.object({ first: Count, last: Count }).strict()),
    /** In the period. Forward is also what a machine that slept looks like. */
    clock_jumps: z.array(z.object({ at: Instant, milliseconds: z.number().int(), seq: Count }).strict()),
    repairs: z.array(z.object({ at: Instant, what: z.string(), seq: Count }).strict()),
    corruptions: z.array(z.object({ at: Instant, what: z.string(), seq: Count }).strict()),
  })
  .strict();
export type ReportLog = z.infer<typeof ReportLog>;

export const FindingSeverity = z.enum(['critical', 'high', 'medium', 'low']);
export type FindingSeverity = z.infer<typeof FindingSeverity>;

/** Something an auditor will ask about. Ordered by severity, then by environment and key. */
export const ReportFinding = z
  .object({
    /** Stable, for example `overdue`, `compromised`, `rotated-elsewhere`, `log-gap`. */
    code: z.string(),
    severity: FindingSeverity,
    title: z.string(),
    detail: z.string(),
    environment: ReportEnvironmentReference.nullable(),
    key: KeyName.nullable(),
    /** Id of the exception that accepts it; such a finding counts apart. */
    exception: z.string().nullable(),
    ...Traced,
  })
  .strict();
export type ReportFinding = z.infer<typeof ReportFinding>;

export const ReportEnvironment = z
  .object({
    id: z.string(),
    name: z.string(),
    stage: Stage,
    /** `removed` during the period; environments removed before it are not in scope. */
    state: z.enum(['active', 'removed']),
    added_at: Instant.nullable(),
    removed_at: Instant.nullable(),
    /** Whether it could be read when the report was made; null for a removed one. */
    reachable: z.boolean().nullable(),
    keys_listed: Count,
    keys_good: Count,
    /** round(100 × keys_good / keys_listed); null where nothing is known. */
    compliance_score: z.number().int().min(0).max(100).nullable(),
    ...Traced,
  })
  .strict();
export type ReportEnvironment = z.infer<typeof ReportEnvironment>;

/** One key of one environment: the population has every one of them, silent and removed ones too. */
export const PopulationKey = z
  .object({
    environment: ReportEnvironmentReference,
    key: KeyName,
    purpose: z.string(),
    protects: Protects,
    slots: Slots,
    owner: z.string().nullable(),
    cryptoperiod_days: Count,
    policy_source: z.string(),
    required: z.boolean(),
    /** Whether it is said to protect stored account data (PCI DSS). */
    protects_account_data: z.boolean(),
    /** `observed`: read for this report. `not-observed`: its environment could not be read. `removed`: no longer there. */
    presence: z.enum(['observed', 'not-observed', 'removed']),
    /** Null unless observed. */
    status: KeyStatus.nullable(),
    compliance_status: ComplianceStatus.nullable(),
    fingerprint: Fingerprint.nullable(),
    active_since: Instant.nullable(),
    /** Whether `active_since` was proven by a rotation, declared by a person, or is not known. */
    active_since_source: z.enum(['rotation', 'baseline', 'unknown']),
    due_at: Instant.nullable(),
    age_days: Count.nullable(),
    days_overdue: Count.nullable(),
    compromised: z.object({ at: Instant, reason: z.string() }).strict().nullable(),
    /** Completed in the period. */
    rotations: Count,
    problems: z.array(z.object({ code: z.string(), severity: Severity, message: z.string() }).strict()),
    ...Traced,
  })
  .strict();
export type PopulationKey = z.infer<typeof PopulationKey>;

/** How the counts of the population follow from each other; each `holds` is computed, and a test expects all true. */
export const Reconciliation = z
  .object({
    keys: Count,
    observed: Count,
    not_observed: Count,
    removed: Count,
    by_status: z.array(z.object({ status: KeyStatus, keys: Count }).strict()),
    at_start: Count,
    appeared: Count,
    disappeared: Count,
    at_end: Count,
    equations: z.array(z.object({ text: z.string(), holds: z.boolean() }).strict()),
  })
  .strict();
export type Reconciliation = z.infer<typeof Reconciliation>;

export const ReportEvidence = z
  .object({ kind: z.string(), label: z.string(), sha256: Sha256, step: z.string().nullable(), at: Instant })
  .strict();
export type ReportEvidence = z.infer<typeof ReportEvidence>;

export const ReportRotation = z
  .object({
    rotation_id: z.string(),
    run_id: z.string(),
    environment: ReportEnvironmentReference,
    key: KeyName,
    mode: RotationMode,
    /** `rotated`, `rolled-back`, `abandoned`, or the state in which it was at the end of the period. */
    outcome: z.enum(['rotated', 'rolled-back', 'abandoned', 'open']),
    state: RotationState,
    reason: z.string(),
    requester: z.string(),
    /** Two-person approval is not part of this version: always null. */
    approver: z.string().nullable(),
    adoption: Adoption.nullable(),
    adoption_evidence: z.array(ReportEvidence),
    old_fingerprint: Fingerprint.nullable(),
    new_fingerprint: Fingerprint.nullable(),
    planned_at: Instant,
    activated_at: Instant.nullable(),
    retired_at: Instant.nullable(),
    ended_at: Instant.nullable(),
    /** From the plan to the new value in place. */
    time_to_rotate_ms: Count.nullable(),
    /** The due date of the value that was replaced, and whether it was replaced by then; null where unknown. */
    was_due_at: Instant.nullable(),
    on_time: z.boolean().nullable(),
    next_due_at: Instant.nullable(),
    /** When the replaced value was marked as compromised, and how long it stayed in place after that. */
    compromised_at: Instant.nullable(),
    time_to_replacement_ms: Count.nullable(),
    ...Traced,
  })
  .strict();
export type ReportRotation = z.infer<typeof ReportRotation>;

export const ReportDeviation = z
  .object({
    run_id: z.string(),
    environment: ReportEnvironmentReference,
    at: Instant,
    by: z.string(),
    step: z.string().nullable(),
    what: z.string(),
    reason: z.string(),
    ...Traced,
  })
  .strict();
export type ReportDeviation = z.infer<typeof ReportDeviation>;

export const ReportException = z
  .object({
    id: z.string(),
    environment: ReportEnvironmentReference,
    /** Null: all keys of the environment. */
    key: KeyName.nullable(),
    /** Which findings it accepts, by code; empty: all of the key. */
    codes: z.array(z.string()),
    reason: z.string(),
    accepted_by: z.string(),
    from: Instant,
    until: Instant,
    state: z.enum(['active', 'expired', 'ended']),
    ended_at: Instant.nullable(),
    ended_by: z.string().nullable(),
    ...Traced,
  })
  .strict();
export type ReportException = z.infer<typeof ReportException>;

export const ReportDrill = z
  .object({
    run_id: z.string(),
    runbook: z.string(),
    title: z.string(),
    by: z.string(),
    started_at: Instant,
    ended_at: Instant.nullable(),
    duration_ms: Count.nullable(),
    state: RunState,
    ...Traced,
  })
  .strict();
export type ReportDrill = z.infer<typeof ReportDrill>;

/** A requirement of a framework and what the report holds for it: supporting evidence, never a verdict of compliance. */
export const ReportControl = z
  .object({
    framework: z.string(),
    control: z.string(),
    asks: z.string(),
    /** What this report holds for it, with the numbers filled in. */
    evidence: z.string(),
    /** Sections of the report, by their heading. */
    sections: z.array(z.string()),
    applies: z.boolean(),
    /** Why not, where it does not apply. */
    note: z.string().nullable(),
  })
  .strict();
export type ReportControl = z.infer<typeof ReportControl>;

/** A number with how it was computed: `value` = formula over `inputs`. Null where it cannot be computed. */
export const ReportMetric = z
  .object({
    id: z.enum([
      'rotation-success-rate',
      'average-rotation-duration',
      'keys-approaching-expiry',
      'compliance-score',
      'schedule-adherence',
      'system-availability',
      'time-to-replacement',
    ]),
    title: z.string(),
    value: z.number().int().nullable(),
    unit: z.enum(['percent', 'milliseconds', 'keys']),
    formula: z.string(),
    inputs: z.array(z.object({ name: z.string(), value: z.number().int() }).strict()),
  })
  .strict();
export type ReportMetric = z.infer<typeof ReportMetric>;

/** Rotations whose record a reader should check by hand, chosen by a rule that anybody can repeat. */
export const ReportSample = z
  .object({
    /** In words: order by SHA-256(seed as hex text ‖ rotation id), take the first `size`. */
    method: z.string(),
    /** The own log's root, hex. */
    seed: Sha256,
    population: Count,
    size: Count,
    rotations: z.array(
      z
        .object({
          rotation_id: z.string(),
          /** Sequence number and leaf index of the event that closed it, in the own log. */
          seq: Count,
          leaf_index: Count,
          /** Path in the bundle of its inclusion proof. */
          proof: z.string(),
        })
        .strict(),
    ),
  })
  .strict();
export type ReportSample = z.infer<typeof ReportSample>;

export const SigningKeyRole = z.enum(['report', 'log', 'certificate']);
export type SigningKeyRole = z.infer<typeof SigningKeyRole>;

export const ReportSigner = z
  .object({
    installation_id: z.string(),
    /** `SHA256:…` as `ssh-keygen -l` prints it. */
    report_key: z.string(),
    log_key: z.string(),
    /** SHA-256 of the DER of the certificate that signs the PDF, and of its CA, hex. */
    certificate: Sha256,
    ca: Sha256,
    ca_kind: z.enum(['installation', 'organisation']),
    keys: z.array(
      z
        .object({
          role: SigningKeyRole,
          fingerprint: z.string(),
          created_at: Instant,
          due_at: Instant,
          overdue: z.boolean(),
        })
        .strict(),
    ),
    /** Rollover statements in `keys/rollovers`, oldest first. */
    rollovers: Count,
  })
  .strict();
export type ReportSigner = z.infer<typeof ReportSigner>;

export const Report = z
  .object({
    schema_version: z.literal(1),
    kind: z.literal('key-rotation-report'),
    report_id: z.string(),
    title: z.string(),
    period: ReportPeriod,
    generated: z
      .object({
        /** Claimed by the machine that made the report. */
        at: Instant,
        by: z.string(),
        by_source: z.enum(['declared', 'system']),
        host: z.string(),
        generator: z.string(),
        app_version: z.string(),
        /** SHA-256 over the program's own files, hex. */
        build_sha256: Sha256,
      })
      .strict(),
    scope: z
      .object({
        statement: z.string(),
        /** Null: all environments known to this installation. */
        chosen: z.array(ReportEnvironmentReference).nullable(),
        environments: Count,
        installations: z.array(z.string()),
      })
      .strict(),
    verdict: z
      .object({
        level: z.enum(['nothing-found', 'findings', 'critical-findings']),
        sentence: z.string(),
        critical: Count,
        high: Count,
        medium: Count,
        low: Count,
        /** Findings that an active exception accepts; not in the counts above. */
        accepted: Count,
      })
      .strict(),
    metrics: z.array(ReportMetric),
    findings: z.array(ReportFinding),
    controls: z.array(ReportControl),
    environments: z.array(ReportEnvironment),
    population: z.object({ keys: z.array(PopulationKey), reconciliation: Reconciliation }).strict(),
    rotations: z.array(ReportRotation),
    deviations: z.array(ReportDeviation),
    exceptions: z.array(ReportException),
    drills: z.array(ReportDrill),
    logs: z.array(ReportLog),
    sample: ReportSample,
    signer: ReportSigner,
    previous_report: z
      .object({ report_id: z.string(), log_size: Count, log_root: Sha256 })
      .strict()
      .nullable(),
  })
  .strict();
export type Report = z.infer<typeof Report>;
