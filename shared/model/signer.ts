import { z } from 'zod';

/** Raw Ed25519 public key, 32 bytes, Base64. */
const RawKey = z.base64().length(44);
const Pem = z.string().max(20_000).startsWith('-----BEGIN CERTIFICATE-----\n');
/** `SHA256:…` as `ssh-keygen -l` prints it. */
export const SshFingerprint = z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/);
/** SHA-256 of the DER of a certificate, hex. */
export const CertificateFingerprint = z.string().regex(/^[0-9a-f]{64}$/);

/** Size and root of a log, such as a checkpoint that left the machine tells them. */
export const LogPosition = z
  .object({
    origin: z.string(),
    size: z.number().int().min(0),
    root: z.string().regex(/^[0-9a-f]{64}$/),
  })
  .strict();
export type LogPosition = z.infer<typeof LogPosition>;

const StatementKeys = z
  .object({ report: SshFingerprint, log: SshFingerprint, certificate: CertificateFingerprint })
  .strict();

/** `keys/rollovers/NNN.json` of a bundle (docs/report-format.md): by it an old signer names its successor. */
export const RolloverStatement = z
  .object({
    schema_version: z.literal(1),
    kind: z.literal('key-rotation-signer-rollover'),
    installation_id: z.string(),
    at: z.iso.datetime({ precision: 3 }),
    reason: z.string(),
    compromised: z.boolean(),
    /** After a compromise: what stays trusted. Null: nothing that the old keys signed, or no compromise. */
    trusted_until: LogPosition.nullable(),
    old: StatementKeys,
    new: StatementKeys,
    /** `ssh-ed25519 AAAA…`, without a comment. */
    old_report_key: z.string(),
    new_report_key: z.string(),
    old_log_key: z.string(),
    new_log_key: z.string(),
  })
  .strict();
export type RolloverStatement = z.infer<typeof RolloverStatement>;

/** Of the SSH signatures of rollover statements, and of reports. */
export const rolloverNamespace = 'key-rotation-signer-rollover';
export const reportNamespace = 'key-rotation-report';
/** Principal in allowed_signers, and comment of the public key. */
export const reportPrincipal = 'rekey-report';

/** A statement with its signatures, as the files of a bundle hold them. */
export const SignedRollover = z.object({
  /** RFC 8785, without a final line break. */
  statement: z.string(),
  /** Armored; null after a compromise: the old key's word is worth nothing then. */
  oldSignature: z.string().nullable(),
  newSignature: z.string(),
});
export type SignedRollover = z.infer<typeof SignedRollover>;

/** One set of signing keys: what is public of it. */
export const SignerGeneration = z.object({
  /** Names the sealed private keys. */
  id: z.uuid(),
  createdAt: z.iso.datetime({ precision: 3 }),
  /** Until when it should sign: the end of its cryptoperiod. */
  dueAt: z.iso.datetime({ precision: 3 }),
  reportKey: RawKey,
  logKey: RawKey,
  /** The installation's own CA; it stays when keys are replaced in the ordinary way. */
  ca: z.object({ id: z.uuid(), certificate: Pem }),
  /** What signs PDFs: the leaf, its issuer, and so on up to a self-signed root. */
  chain: z.array(Pem).min(2).max(10),
  caKind: z.enum(['installation', 'organisation']),
  /** The run that made it; null: first use, or the command. */
  runId: z.string().nullable(),
});
export type SignerGeneration = z.infer<typeof SignerGeneration>;

/** Why a set was replaced. */
export const Replacement = z.object({
  reason: z.string(),
  compromised: z.boolean(),
  trustedUntil: LogPosition.nullable(),
});
export type Replacement = z.infer<typeof Replacement>;

export const FormerGeneration = SignerGeneration.extend({
  replacedAt: z.iso.datetime({ precision: 3 }),
  replacement: Replacement,
  /** Null while the private keys are still to be destroyed. */
  destroyedAt: z.iso.datetime({ precision: 3 }).nullable(),
});
export type FormerGeneration = z.infer<typeof FormerGeneration>;

/** `signer.json` in the data folder: all that is public of the signing keys. The private ones are sealed. */
export const SignerFile = z.object({
  schemaVersion: z.literal(1),
  /** Null until something needs it. */
  installationId: z.uuid().nullable(),
  current: SignerGeneration.nullable(),
  /** A complete set whose private keys are sealed, about to become the current one. */
  pending: z
    .object({
      generation: SignerGeneration,
      /** Null for the first set. */
      replaces: z.object({ replacement: Replacement, rollover: SignedRollover }).nullable(),
    })
    .nullable(),
  former: z.array(FormerGeneration),
  /** Oldest first. */
  rollovers: z.array(SignedRollover),
});
export type SignerFile = z.infer<typeof SignerFile>;

export const emptySignerFile: SignerFile = {
  schemaVersion: 1,
  installationId: null,
  current: null,
  pending: null,
  former: [],
  rollovers: [],
};

/** Years for which a set signs, and for which the certificate stays valid: as long as reports are kept. */
export const signingYears = 2;
export const certificateYears = 10;
export const caYears = 20;

/** Shown before the first keys are made, in the window and in the terminal. */
export const firstUseExplanation = [
  'Rekey is about to make the keys with which this installation signs: one for reports, one for its log, and a certificate for PDFs.',
  'The private keys are sealed in the data folder under the wrapping key of your keychain, and never leave this machine.',
  'Give the fingerprint that is shown next to your auditors over another way than the reports themselves: only with it can they tell your reports from forged ones.',
] as const;

/** How the signing keys stand, for Overview, Settings and the command. */
export const SignerStatus = z.object({
  state: z.enum(['none', 'ok', 'due-soon', 'overdue']),
  due_at: z.string().nullable(),
  /** Days until the due date; negative when it has passed. */
  days_left: z.number().int().nullable(),
  /** One sentence; null while there is nothing to say. */
  message: z.string().nullable(),
});
export type SignerStatus = z.infer<typeof SignerStatus>;

const Fingerprints = z.object({
  /** `SHA256:…` of an Ed25519 key, or hex of a certificate. */
  fingerprint: z.string(),
  /** The same in two lines of eight groups of four hex digits, for reading aloud. */
  readable: z.array(z.string()).length(2),
});

/** The signer as people see it: the window, `rekey signer show`. */
export const SignerView = SignerStatus.extend({
  installation_id: z.string(),
  /** Null before first use. */
  keys: z
    .object({
      created_at: z.string(),
      report: Fingerprints,
      log: Fingerprints,
      certificate: Fingerprints.extend({ subject: z.string(), valid_until: z.string() }),
      /** The leaf's issuer. */
      ca: Fingerprints.extend({ subject: z.string(), kind: z.enum(['installation', 'organisation']) }),
      rollovers: z.number().int(),
    })
    .nullable(),
  /** Newest first. */
  former: z.array(
    z.object({
      report_key: z.string(),
      created_at: z.string(),
      replaced_at: z.string(),
      reason: z.string(),
      compromised: z.boolean(),
      trusted_until: LogPosition.nullable(),
      destroyed_at: z.string().nullable(),
    }),
  ),
});
export type SignerView = z.infer<typeof SignerView>;
