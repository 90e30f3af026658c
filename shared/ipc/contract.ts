import { z } from 'zod';
import { AlertsState } from '../model/alerts-state.ts';
import { EnvironmentConfig, EnvironmentPatch, Parser, Stage } from '../model/environment.ts';
import { ErrorReport } from '../model/errors.ts';
import { EventPage, EventQuery, LogEvent, LogHealth, LogVerification } from '../model/event.ts';
import { ExceptionRequest, RiskException } from '../model/exception.ts';
import { Finding } from '../model/finding.ts';
import { HostKeyFinding } from '../model/host-key.ts';
import { KeyName, KeyRule } from '../model/key.ts';
import { CredentialKind, KeychainBackend, KeychainProbe } from '../model/keychain.ts';
import { CreatedReport, ListedReport, ReportProgress, ReportRequest } from '../model/report-making.ts';
import { ReportOutline } from '../model/report-outline.ts';
import { RotationPlan } from '../model/rotation.ts';
import { RunSummary } from '../model/run.ts';
import { RunDetail, StepAct } from '../model/run-detail.ts';
import { RunbookListing } from '../model/runbook.ts';
import { Contact, Operator, Settings } from '../model/settings.ts';
import { SignerView } from '../model/signer.ts';
import { EnvironmentStatus, ValidationReport } from '../model/status.ts';
import { TrustedSigner } from '../model/trusted-signer.ts';
import { BundleVerification } from '../model/verification.ts';
import { done, EnvironmentId, Reason } from './contract-parts.ts';
import { AppState, type ChannelContract, firstContract, none } from './first-contract.ts';
import { NewHosts } from './new-hosts.ts';
import { TypedSecret } from './typed-secret.ts';
import { unattendedContract } from './unattended-contract.ts';

export { AppState } from './first-contract.ts';

const RunId = z.object({ runId: z.uuid() }).strict();
export const EnvironmentDetail = z.object({
  config: EnvironmentConfig,
  status: EnvironmentStatus,
  rules: z.array(KeyRule),
  stateKnown: z.boolean(),
  lock: z
    .object({
      operator: z.string(),
      host: z.string(),
      at: z.string(),
      runId: z.string(),
      owner: z.enum(['alive', 'dead', 'unknown']),
    })
    .nullable(),
  /** Whether a health credential is in the keychain; never the credential. */
  healthCredential: z.boolean(),
  error: ErrorReport.nullable(),
});
export type EnvironmentDetail = z.infer<typeof EnvironmentDetail>;

/** What a file holds before it is added: names and findings, no values. */
export const EnvironmentPreview = z.object({
  path: z.string(),
  variables: z.number().int(),
  catalogKeys: z.array(z.string()),
  otherCandidates: z.array(z.string()),
  existingState: z.boolean(),
  findings: z.array(Finding),
});
export type EnvironmentPreview = z.infer<typeof EnvironmentPreview>;

/** The keys with which this installation signs, and the signers of others that are enrolled here. */
export const SigningState = z.object({ signer: SignerView, trusted: z.array(TrustedSigner) });
export type SigningState = z.infer<typeof SigningState>;

export const ConnectionCheck = z.object({
  id: z.string(),
  title: z.string(),
  outcome: z.enum(['ok', 'warning', 'failed', 'not-configured']),
  message: z.string(),
  remedy: z.string().nullable(),
  durationMs: z.number(),
});
export type ConnectionCheck = z.infer<typeof ConnectionCheck>;

/**
 * Every call from the window to main: what goes in, what comes out, and how large the input may be (bytes of JSON).
 * No channel returns a stored secret. This table is the only declaration: main, preload, renderer and tests derive
 * from it.
 */
export const contract = {
  ...firstContract,
  ...unattendedContract,
  'app.open-help': {
    in: z.object({ topic: z.enum(['user-guide', 'security', 'keychain']) }).strict(),
    out: done,
  },
  'app.reveal-data-folder': { in: none, out: done },

  'settings.set-operator': { in: Operator.strict(), out: Settings },
  'settings.set-theme': {
    in: z.object({ theme: z.enum(['system', 'light', 'dark']) }).strict(),
    out: Settings,
  },
  'settings.set-contacts': { in: z.object({ contacts: z.array(Contact).max(50) }).strict(), out: Settings },

  'keychain.probe': { in: none, out: KeychainProbe },
  'keychain.choose': { in: z.object({ backend: KeychainBackend }).strict(), out: KeychainProbe },
  'vault.create': { in: z.object({ passphrase: TypedSecret }).strict(), out: KeychainProbe },
  'vault.unlock': { in: z.object({ passphrase: TypedSecret }).strict(), out: KeychainProbe },
  'vault.change-passphrase': {
    in: z.object({ current: TypedSecret, next: TypedSecret }).strict(),
    out: done,
  },
  'keychain.rotate-wrapping-key': { in: none, out: z.object({ resealed: z.number().int() }) },

  'environments.get': { in: EnvironmentId, out: EnvironmentDetail },
  'environments.pick-file': { in: none, out: z.object({ path: z.string() }).nullable() },
  'environments.preview': {
    in: z.object({ path: z.string().min(1).max(4096), parser: Parser }).strict(),
    out: EnvironmentPreview,
  },
  'environments.look-at-hosts': {
    in: z.object({ addresses: z.array(z.string().min(1).max(400)).min(1).max(500) }).strict(),
    out: z.array(HostKeyFinding),
  },
  'environments.add': {
    in: z
      .object({
        name: z.string().max(80),
        stage: Stage,
        /** The file of this machine, or the hosts: one of the two. */
        path: z.string().min(1).max(4096).optional(),
        ssh: NewHosts.optional(),
        parser: Parser,
        patch: EnvironmentPatch.optional(),
      })
      .strict()
      .refine(({ path, ssh }) => (path === undefined) !== (ssh === undefined), 'a file or hosts'),
    out: EnvironmentDetail,
  },
  'environments.update': {
    in: z
      .object({
        environmentId: z.uuid(),
        patch: EnvironmentPatch,
        /** Where the patch has hosts: the fingerprint that a person compared, for each; null where none was asked. */
        compared: z.array(z.string().max(100).nullable()).max(500).optional(),
      })
      .strict(),
    out: EnvironmentDetail,
  },
  'environments.remove': {
    in: z.object({ environmentId: z.uuid(), typedName: z.string().max(80) }).strict(),
    out: done,
  },
  'environments.test': { in: EnvironmentId, out: z.array(ConnectionCheck) },
  'environments.validate': { in: EnvironmentId, out: ValidationReport },
  'environments.set-credential': {
    in: z.object({ environmentId: z.uuid(), kind: CredentialKind, value: TypedSecret }).strict(),
    out: done,
  },
  'environments.remove-credential': {
    in: z.object({ environmentId: z.uuid(), kind: CredentialKind }).strict(),
    out: done,
  },
  'environments.unlock': { in: z.object({ environmentId: z.uuid(), reason: Reason }).strict(), out: done },
  'keys.baseline': {
    in: z.object({ environmentId: z.uuid(), key: KeyName, date: z.iso.date(), reason: Reason }).strict(),
    out: EnvironmentDetail,
  },
  'keys.mark-compromised': {
    in: z.object({ environmentId: z.uuid(), key: KeyName, reason: Reason }).strict(),
    out: EnvironmentDetail,
  },
  'keys.clear-compromised': {
    in: z.object({ environmentId: z.uuid(), key: KeyName, reason: Reason }).strict(),
    out: EnvironmentDetail,
  },
  'keys.plan': {
    in: z
      .object({
        environmentId: z.uuid(),
        keys: z.array(KeyName).min(1).max(200),
        mode: z.enum(['planned', 'emergency']),
      })
      .strict(),
    out: z.array(RotationPlan),
  },

  'practice.start': { in: none, out: z.object({ environmentId: z.string() }) },
  'practice.reset': { in: none, out: z.object({ environmentId: z.string() }) },

  'runbooks.list': { in: none, out: z.array(RunbookListing) },
  'runbooks.copy': { in: z.object({ id: z.string().max(64) }).strict(), out: z.object({ file: z.string() }) },
  'runbooks.open-folder': { in: none, out: done },

  'runs.start': {
    in: z
      .object({
        runbook: z.string().max(64),
        /** Null for a runbook about this installation. */
        environmentId: z.uuid().nullable(),
        /** For a runbook about a host of a fleet. */
        host: z.string().max(400).optional(),
        keys: z.array(KeyName).max(200),
        reason: Reason,
        dryRun: z.boolean(),
        drill: z.boolean(),
      })
      .strict(),
    out: RunDetail,
  },
  'runs.get': { in: RunId, out: RunDetail },
  'runs.act': {
    in: z.object({ runId: z.uuid(), stepId: z.string().max(64), act: StepAct }).strict(),
    out: RunDetail,
    maximumBytes: 1_200_000,
  },
  'runs.attach-file': {
    in: z.object({ runId: z.uuid(), stepId: z.string().max(64) }).strict(),
    out: RunDetail,
  },
  'runs.note': {
    in: z.object({ runId: z.uuid(), text: z.string().trim().min(1).max(10_000) }).strict(),
    out: RunDetail,
  },
  'runs.pause': { in: RunId, out: RunDetail },
  'runs.resume': { in: RunId, out: RunDetail },
  'runs.stop-command': { in: RunId, out: done },
  'runs.hand-over': {
    in: z
      .object({ runId: z.uuid(), to: z.email().max(254), note: z.string().trim().min(1).max(10_000) })
      .strict(),
    out: RunDetail,
  },
  'runs.take-over': { in: z.object({ runId: z.uuid(), reason: Reason }).strict(), out: RunDetail },
  'runs.exclude-host': {
    in: z.object({ runId: z.uuid(), host: z.string().min(1).max(500), reason: Reason }).strict(),
    out: RunDetail,
  },
  'runs.roll-back': {
    in: z
      .object({
        runId: z.uuid(),
        reason: Reason,
        restoreCompromised: z.boolean(),
        typedName: z.string().max(80).optional(),
      })
      .strict(),
    out: RunDetail,
  },
  'runs.abort': { in: z.object({ runId: z.uuid(), reason: Reason }).strict(), out: RunDetail },
  'runs.write-recovery-file': {
    in: z
      .object({
        runId: z.uuid(),
        passphrase: TypedSecret.optional(),
        recipient: z.string().max(200).optional(),
      })
      .strict(),
    out: z.object({ path: z.string() }).nullable(),
  },
  'runs.decline-recovery-file': {
    in: z.object({ runId: z.uuid(), reason: Reason }).strict(),
    out: RunDetail,
  },
  'runs.export-timeline': { in: RunId, out: z.object({ path: z.string() }).nullable() },
  'runs.evidence': {
    in: z.object({ runId: z.uuid(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }).strict(),
    out: z.object({ text: z.string() }),
  },

  'reports.list': { in: none, out: z.array(ListedReport) },
  /** What a report would say now. Reads every environment; records, signs and writes nothing. */
  'reports.preview': { in: ReportRequest, out: ReportOutline },
  'reports.pick-folder': { in: none, out: z.object({ path: z.string() }).nullable() },
  /** `out`: the folder to put it in; null: where reports are kept. The answer is null when the making was stopped. */
  'reports.create': {
    in: z
      .object({
        request: ReportRequest,
        zip: z.boolean(),
        out: z.string().trim().min(1).max(4096).nullable(),
      })
      .strict(),
    out: CreatedReport.nullable(),
  },
  'reports.cancel': { in: none, out: done },
  'reports.reveal': { in: z.object({ reportId: z.string().max(64) }).strict(), out: done },

  /** Asks for something to verify, or to verify against. */
  'verification.pick': {
    in: z.object({ what: z.enum(['folder', 'zip', 'checkpoint', 'ca']) }).strict(),
    out: z.object({ path: z.string() }).nullable(),
  },
  'verification.verify': {
    in: z
      .object({
        path: z.string().min(1).max(4096),
        /** `SHA256:…`, the fingerprint of a CA, or the path of its PEM file; null: only who is enrolled. */
        trust: z.string().trim().min(1).max(4096).nullable(),
        checkpointPath: z.string().max(4096).nullable(),
      })
      .strict(),
    out: BundleVerification,
  },

  'signer.show': { in: none, out: SigningState },
  'signer.create': { in: none, out: SigningState },
  'signer.export': { in: none, out: z.object({ folder: z.string() }).nullable() },
  'signer.request-certificate': { in: none, out: z.object({ path: z.string() }).nullable() },
  'signer.import-certificate': {
    in: none,
    out: z.object({ state: SigningState, warnings: z.array(z.string()) }).nullable(),
  },
  'signer.trust': {
    in: z
      .object({ signer: z.string().trim().min(1).max(4096), name: z.string().trim().min(1).max(120) })
      .strict(),
    out: SigningState,
  },
  'signer.distrust': { in: z.object({ fingerprint: z.string().max(200) }).strict(), out: SigningState },

  'exceptions.list': { in: none, out: z.array(RiskException) },
  'exceptions.add': { in: ExceptionRequest, out: z.array(RiskException) },
  'exceptions.end': {
    in: z.object({ id: z.string().max(64), reason: Reason }).strict(),
    out: z.array(RiskException),
  },

  'recover.restore': {
    in: z
      .object({ environmentId: z.uuid(), fromFile: z.boolean(), passphrase: TypedSecret.optional() })
      .strict(),
    /** `silent`: hosts of a fleet that did not answer. */
    out: z
      .object({ restored: z.array(KeyName), missing: z.array(KeyName), silent: z.array(z.string()) })
      .nullable(),
  },

  'events.query': {
    in: EventQuery,
    /** `size`: events of the log that is written now. */
    out: EventPage.extend({ size: z.number() }),
  },
  'events.verify': { in: none, out: LogVerification },
  'events.export': { in: none, out: z.object({ folder: z.string() }).nullable() },
  'events.move': { in: z.object({ reason: Reason }).strict(), out: LogHealth.nullable() },
  'events.acknowledge': { in: z.object({ reason: Reason }).strict(), out: LogHealth },
} as const satisfies Record<string, ChannelContract>;

export type Channel = keyof typeof contract;
export type ChannelInput<C extends Channel> = z.input<(typeof contract)[C]['in']>;
export type ChannelOutput<C extends Channel> = z.output<(typeof contract)[C]['out']>;

/** What main tells the window without being asked. Each carries its topic's newest state. */
export const broadcasts = {
  'app.changed': AppState,
  'environments.changed': z.array(EnvironmentStatus),
  'runs.changed': z.array(RunSummary),
  'alerts.changed': AlertsState,
  'run.changed': RunDetail,
  'run.progress': z.object({ runId: z.string(), line: z.string() }),
  'events.appended': z.object({ size: z.number(), latest: LogEvent }),
  /** Someone chose a command of shared/model/app-commands.ts in the application menu. */
  'command.chosen': z.object({ id: z.string() }),
  'reports.progress': ReportProgress,
  'verification.progress': z.object({ share: z.number().min(0).max(1) }),
  'events.verify-progress': z.object({ share: z.number().min(0).max(1) }),
} as const satisfies Record<string, z.ZodType>;
export type Broadcast = keyof typeof broadcasts;
export type BroadcastPayload<B extends Broadcast> = z.output<(typeof broadcasts)[B]>;
