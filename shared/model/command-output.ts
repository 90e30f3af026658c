import { z } from 'zod';
import { Alert } from './alert.ts';
import { AlertChannel, ChannelView } from './alert-channel.ts';
import { EnvironmentConfig, EnvironmentReference, Stage } from './environment.ts';
import { ErrorReport } from './errors.ts';
import { ListedEvent, LogHealth, LogId, LogVerification } from './event.ts';
import { RiskException } from './exception.ts';
import { Fingerprint, KeyFormat, KeyName, KeyStatus } from './key.ts';
import { KeychainProbe } from './keychain.ts';
import { InclusionProof } from './log-proof.ts';
import { MetricsReport } from './metrics.ts';
import { CreatedReport, ListedReport } from './report-making.ts';
import { Adoption, RotationPlan, RotationState } from './rotation.ts';
import { ExcludedHost, HostProgress, RunState, RunSummary, RunView, WaitsFor } from './run.ts';
import { SignerStatus, SignerView } from './signer.ts';
import { StatusReport, ValidationReport, ValueCheck } from './status.ts';
import {
  AutomaticHalt,
  ComplianceReportResult,
  ExecuteRotationsResult,
  HealthCheckResult,
  RotationCheckResult,
  TaskView,
} from './task.ts';
import { TrustedSigner } from './trusted-signer.ts';
import { BundleVerification } from './verification.ts';

/** One rotation as `rotate` and the `run` commands report it. */
export const RotationOutput = z.object({
  rotation_id: z.string(),
  key: KeyName,
  state: RotationState,
  adoption: Adoption.nullable(),
  old_fingerprint: Fingerprint.nullable(),
  new_fingerprint: Fingerprint.nullable(),
  retire_after: z.string().nullable(),
  blocked_reason: z.string().nullable(),
});

/** What `rotate` and `run resume|advance|attest|rollback|abort` print. */
export const RunOutput = z.object({
  run_id: z.string(),
  state: RunState,
  runbook: z.string(),
  environment: EnvironmentReference,
  dry_run: z.boolean(),
  drill: z.boolean(),
  rotations: z.array(RotationOutput),
  waits_for: WaitsFor.nullable(),
  resume_after: z.string().nullable(),
  /** Of a fleet: where each host stands, and which were left out. */
  hosts: z.array(HostProgress).optional(),
  excluded_hosts: z.array(ExcludedHost).optional(),
});
export type RunOutput = z.infer<typeof RunOutput>;

export const DryRunOutput = z.object({
  run_id: z.null(),
  state: z.literal('draft'),
  dry_run: z.literal(true),
  drill: z.boolean(),
  plans: z.array(RotationPlan),
  set: z.array(z.string()),
  remove: z.array(z.string()),
  rotations: z.array(RotationOutput),
  waits_for: z.null(),
});
export type DryRunOutput = z.infer<typeof DryRunOutput>;

const EnvironmentListItem = z.object({
  id: z.string(),
  name: z.string(),
  stage: Stage,
  connector: z.string(),
  path: z.string(),
  practice: z.boolean(),
});

const ImportedLogOutput = z.object({
  /** Id of its first event. */
  id: z.string(),
  name: z.string(),
  origin: z.string(),
  key: z.string(),
  key_confirmed: z.boolean(),
  size: z.number().int(),
  root: z.string(),
  imported_at: z.string(),
  folder: z.string(),
});

/** The schema of every command's `--json` document; `rekey schema COMMAND` prints it as JSON Schema. */
export const commandOutputs = {
  'env add': z.object({ id: z.string(), name: z.string(), adopted: z.boolean() }),
  'env set': EnvironmentConfig,
  'env list': z.object({ environments: z.array(EnvironmentListItem) }),
  'env show': EnvironmentConfig,
  'env remove': z.object({ id: z.string(), removed: z.literal(true) }),
  'env catch-up': z.object({
    id: z.string(),
    host: z.string(),
    /** Names of variables. */
    set: z.array(z.string()),
    remove: z.array(z.string()),
    restarted: z.boolean(),
  }),
  'env credential': z.object({ id: z.string(), kind: z.string(), stored: z.boolean() }),
  /** `signer`: how the signing keys stand; null where environments were named. */
  status: StatusReport.extend({ signer: SignerStatus.nullable() }),
  baseline: z.object({ environment: EnvironmentReference, key: KeyName, status: KeyStatus }),
  mark: z.object({ environment: EnvironmentReference, key: KeyName, status: KeyStatus }),
  validate: ValidationReport,
  check: ValueCheck,
  generate: z.object({ value: z.string(), format: KeyFormat, length: z.number().int() }),
  rotate: z.union([RunOutput, DryRunOutput]),
  run: RunOutput,
  runs: z.object({ runs: z.array(RunSummary) }),
  'run show': RunView,
  'run resume': RunOutput,
  'run advance': RunOutput,
  'run attest': RunOutput,
  'run rollback': RunOutput,
  'run abort': RunOutput,
  'run exclude': RunOutput,
  'run unlock': z.object({ id: z.string(), unlocked: z.boolean() }),
  /** `silent`: hosts of a fleet that did not answer. */
  recover: z.object({ restored: z.array(KeyName), missing: z.array(KeyName), silent: z.array(z.string()) }),
  'recovery-file': z.object({ path: z.string() }),
  'practice start': z.object({ id: z.string(), running: z.boolean(), url: z.string().nullable() }),
  'practice reset': z.object({ id: z.string(), running: z.boolean(), url: z.string().nullable() }),
  /** The list goes on with `--before-seq` and `--log`: an earlier log, where this one is at its first event. */
  events: z.object({
    events: z.array(ListedEvent),
    next_before_seq: z.number().nullable(),
    next_log: LogId.nullable(),
    /** Folder of an earlier log that cannot be read now. */
    unreadable_log: z.string().nullable(),
  }),
  'events export': z.object({
    folder: z.string(),
    size: z.number(),
    root: z.string(),
    signed: z.boolean(),
    unsigned_because: z.string().nullable(),
  }),
  'events checkpoint': z.object({
    origin: z.string(),
    size: z.number().int(),
    root: z.string(),
    at: z.string().nullable(),
    /** The log's verifier key. */
    key: z.string().nullable(),
    cosigned_by: z.array(z.object({ name: z.string(), key_id: z.string(), at: z.string() })),
    /** The size from which the file proves that the log only grew. */
    since: z.number().int().nullable(),
    file: z.string().nullable(),
    /** The signed note. */
    note: z.string(),
  }),
  'events cosign': z.object({
    origin: z.string(),
    size: z.number().int(),
    root: z.string(),
    previous_size: z.number().int().nullable(),
    at: z.string(),
    /** The verifier key of the cosignature. */
    cosigner: z.string(),
    file: z.string(),
    note: z.string(),
  }),
  'events prove': z.object({
    proof: InclusionProof,
    root: z.string(),
    /** Whether the newest checkpoint is of this root. */
    checkpoint: z.boolean(),
    file: z.string().nullable(),
  }),
  'events import': ImportedLogOutput.extend({ previous_size: z.number().int().nullable() }),
  'events imported': z.object({ logs: z.array(ImportedLogOutput) }),
  'events move': LogHealth,
  'events acknowledge': LogHealth,
  'events verify': LogVerification,
  'signer show': SignerView,
  'signer export': z.object({ folder: z.string(), files: z.array(z.string()) }),
  'signer csr': z.object({ request: z.string(), path: z.string().nullable() }),
  'signer import': SignerView.extend({ warnings: z.array(z.string()) }),
  'signer rollover': SignerView.extend({ warnings: z.array(z.string()) }),
  'signer trust': z.object({ signer: TrustedSigner }),
  'signer trusted': z.object({ signers: z.array(TrustedSigner) }),
  'signer distrust': z.object({ signer: TrustedSigner }),
  'report create': CreatedReport.pick({ bundle: true, zip: true, verified: true }),
  'report list': z.object({ reports: z.array(ListedReport) }),
  'report verify': BundleVerification,
  'task health-check': HealthCheckResult,
  'task rotation-check': RotationCheckResult,
  'task execute-rotations': ExecuteRotationsResult,
  'task resume-automatic': z.object({ environment: EnvironmentReference }),
  'task compliance-report': ComplianceReportResult,
  'task list': z.object({ tasks: z.array(TaskView), halted: z.array(AutomaticHalt) }),
  'task schedule': z.object({ tasks: z.array(TaskView) }),
  metrics: MetricsReport,
  'alert list': z.object({ alerts: z.array(Alert) }),
  'alert snooze': Alert,
  'alert wake': Alert,
  'alert channels': z.object({ channels: z.array(ChannelView) }),
  'alert add-webhook': AlertChannel,
  'alert add-command': AlertChannel,
  'alert set-channel': AlertChannel,
  'alert remove-channel': z.object({ removed: z.string() }),
  'alert test-channel': z.object({ tested: z.string() }),
  'exception add': RiskException,
  'exception list': z.object({ exceptions: z.array(RiskException) }),
  'exception end': RiskException,
  'keychain check': KeychainProbe,
  'keychain use': KeychainProbe,
  error: z.object({ error: ErrorReport }),
} as const satisfies Record<string, z.ZodType>;
export type CommandName = keyof typeof commandOutputs;
