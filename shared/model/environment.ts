import { z } from 'zod';
import { DurationText } from './duration.ts';
import { Fingerprint, KeyName, KeyRuleOverride } from './key.ts';

export const Stage = z.enum(['production', 'staging', 'development']);
export type Stage = z.infer<typeof Stage>;

/** How the consumer reads the file. The same line can mean different values to different parsers. */
export const Parser = z.enum(['dotenv', 'python-dotenv', 'systemd', 'docker']);
export type Parser = z.infer<typeof Parser>;

export const CommandKind = z.enum([
  'restart',
  'stop',
  'start',
  'reencrypt',
  'verify',
  'verify-old-refused',
  'accepts-next',
]);
export type CommandKind = z.infer<typeof CommandKind>;

/** An argument list, run without a shell unless `shell` is chosen (then it is one command line). */
export const CommandConfig = z
  .object({
    argv: z.array(z.string().max(4096)).min(1).max(64),
    shell: z.boolean().default(false),
    cwd: z.string().max(4096).optional(),
    /** Default: 60 s; none for `reencrypt`, which shows progress and can be stopped. */
    timeout: DurationText.optional(),
  })
  .strict();
export type CommandConfig = z.infer<typeof CommandConfig>;

export const HealthConfig = z
  .object({
    url: z.url({ protocol: /^https?$/ }).max(2048),
    /** Whether a bearer credential for it is in the keychain. */
    credential: z.boolean().default(false),
    timeout: DurationText.default('5s'),
  })
  .strict();
export type HealthConfig = z.infer<typeof HealthConfig>;

export const FileConnector = z
  .object({
    kind: z.literal('dotenv-file'),
    path: z.string().min(1).max(4096),
    parser: Parser.default('python-dotenv'),
  })
  .strict();
export type FileConnector = z.infer<typeof FileConnector>;

/** What ssh and sudo may be given from the keychain. */
export const SshCredential = z.enum(['ssh-password', 'ssh-passphrase', 'sudo']);
export type SshCredential = z.infer<typeof SshCredential>;

const sshFields = {
  /** In the order in which they are changed: the first are the canaries. One host is no fleet. */
  hosts: z
    .array(
      z
        .object({
          /** `[USER@]HOST_OR_ALIAS[:PORT]` (shared/logic/ssh-address.ts). */
          address: z.string().min(1).max(400),
          path: z.string().regex(/^\//, 'an absolute path').max(4096),
        })
        .strict(),
    )
    .min(1)
    .max(500),
  /** A private key file of this machine, beside what ssh_config and the agent offer. */
  identity: z.string().min(1).max(4096).nullable(),
  /** The file needs another user's rights: its SFTP server is started under sudo. */
  sudo: z.boolean(),
  commandsRun: z.enum(['on-host', 'here']),
  healthFrom: z.enum(['on-host', 'here']),
  /** How many hosts are changed first, and in each wave after that (null: all the rest). */
  waves: z
    .object({ first: z.number().int().min(1).max(500), rest: z.number().int().min(1).max(500).nullable() })
    .strict(),
  /** How many hosts are worked on at the same time. */
  atOnce: z.number().int().min(1).max(100),
};

export const SshConnector = z
  .object({
    kind: z.literal('ssh'),
    parser: Parser.default('python-dotenv'),
    hosts: sshFields.hosts,
    identity: sshFields.identity.default(null),
    sudo: sshFields.sudo.default(false),
    commandsRun: sshFields.commandsRun.default('on-host'),
    healthFrom: sshFields.healthFrom.default('on-host'),
    waves: sshFields.waves.default({ first: 1, rest: null }),
    atOnce: sshFields.atOnce.default(10),
    /** Which credentials are in the keychain. */
    credentials: z.array(SshCredential).max(3).default([]),
  })
  .strict();
export type SshConnector = z.infer<typeof SshConnector>;

/** Which connector reaches the environment. Later: manual. */
export const ConnectorConfig = z.discriminatedUnion('kind', [FileConnector, SshConnector]);
export type ConnectorConfig = z.infer<typeof ConnectorConfig>;

/** A weekly window in which planned rotations are welcome, in an explicit time zone. */
export const RotationWindow = z
  .object({
    days: z
      .array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']))
      .min(1)
      .max(7),
    from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    to: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    timeZone: z.string().max(64),
  })
  .strict();
export type RotationWindow = z.infer<typeof RotationWindow>;

export const EnvironmentName = z
  .string()
  .trim()
  .min(1)
  .max(80)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  .regex(/^[^\u0000-\u001f\u007f]+$/, 'no control characters');

export const EnvironmentConfig = z
  .object({
    id: z.uuid(),
    name: EnvironmentName,
    stage: Stage,
    connector: ConnectorConfig,
    health: HealthConfig.nullable().default(null),
    commands: z.partialRecord(CommandKind, CommandConfig).default({}),
    keys: z.record(KeyName, KeyRuleOverride).default({}),
    windows: z.array(RotationWindow).max(50).default([]),
    /** The built-in practice environment: the only place where drills run. */
    practice: z.boolean().default(false),
  })
  .strict();
export type EnvironmentConfig = z.infer<typeof EnvironmentConfig>;

/** Tells the environments that count from the practice environment: whoever practises is not measured, nor alerted. */
export function isCountedAmong(configs: readonly EnvironmentConfig[]): (environmentId: string) => boolean {
  const practice = new Set(configs.flatMap((config) => (config.practice ? config.id : [])));
  return (environmentId) => !practice.has(environmentId);
}

/** What `env set` and the configuration screen may change: a deep patch, null removes. */
export const EnvironmentPatch = z
  .object({
    name: EnvironmentName.optional(),
    stage: Stage.optional(),
    path: z.string().min(1).max(4096).optional(),
    parser: Parser.optional(),
    /** Only of an environment that is reached over SSH. */
    ssh: z.object(sshFields).partial().strict().optional(),
    health: HealthConfig.nullable().optional(),
    commands: z.partialRecord(CommandKind, CommandConfig.nullable()).optional(),
    keys: z.record(KeyName, KeyRuleOverride.nullable()).optional(),
    windows: z.array(RotationWindow).max(50).optional(),
  })
  .strict();
export type EnvironmentPatch = z.infer<typeof EnvironmentPatch>;

/** `environments.json` in the data folder. */
export const EnvironmentsFile = z.object({
  schemaVersion: z.literal(1),
  environments: z.array(EnvironmentConfig),
});
export type EnvironmentsFile = z.infer<typeof EnvironmentsFile>;

/** What an event or a run says about its environment. */
export const EnvironmentReference = z.object({ id: z.string(), name: z.string(), stage: Stage });
export type EnvironmentReference = z.infer<typeof EnvironmentReference>;

export const environmentStateVersion = 1;

export const KeyState = z.object({
  /** Of the value that Rekey last knew to be right; null before a baseline or rotation. */
  fingerprint: Fingerprint.nullable(),
  /** Counts activations by Rekey, from 0. */
  version: z.number().int().min(0),
  /** RFC 3339; null when unknown (status `unrecorded`). */
  activatedAt: z.string().nullable(),
  rotationId: z.string().nullable(),
  /** A recorded "last rotated on", from before Rekey knew the key. */
  baseline: z.object({ date: z.string(), reason: z.string(), by: z.string() }).nullable(),
  compromised: z.object({ at: z.string(), reason: z.string() }).nullable(),
  /** The value still accepted in the previous slot, until when. */
  previous: z.object({ fingerprint: Fingerprint, retireAfter: z.string().nullable() }).nullable(),
  /** Set while the file is being replaced: tells a reader which side of the commit it is on. */
  pending: z.object({ old: Fingerprint.nullable(), new: Fingerprint.nullable() }).nullable(),
});
export type KeyState = z.infer<typeof KeyState>;

export const emptyKeyState: KeyState = {
  fingerprint: null,
  version: 0,
  activatedAt: null,
  rotationId: null,
  baseline: null,
  compromised: null,
  previous: null,
  pending: null,
};

/** `<target file>.rekey.json`: what all operators of an environment share. Fingerprints, never values. */
export const EnvironmentState = z.object({
  schemaVersion: z.literal(environmentStateVersion),
  environmentId: z.uuid(),
  /** 32 random bytes in hex, one per environment. */
  fingerprintKey: z.string().regex(/^[0-9a-f]{64}$/),
  keys: z.record(KeyName, KeyState),
});
export type EnvironmentState = z.infer<typeof EnvironmentState>;

/** `<target file>.rekey.lock`: who is changing the environment right now. */
export const EnvironmentLock = z.object({
  runId: z.string(),
  operator: z.string(),
  host: z.string(),
  bootId: z.string(),
  pid: z.number().int(),
  processStart: z.string(),
  at: z.string(),
});
export type EnvironmentLock = z.infer<typeof EnvironmentLock>;
