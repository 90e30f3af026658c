import type {
  CommandKind,
  EnvironmentConfig,
  EnvironmentLock,
  EnvironmentState,
} from '#shared/model/environment.ts';
import type { Finding } from '#shared/model/finding.ts';
import type { Fingerprint, KeyName } from '#shared/model/key.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { Fleet } from './fleet/fleet.ts';

/**
 * The one interface between Rekey and the places where keys live. Every connector passes the same contract test
 * suite (test/integration/environment-contract.ts); the rotation machine never knows which one it drives.
 *
 * It fits a single file, a host over SSH, a fleet of hosts that hold the same keys (`fleet` has them one by one, for
 * what is rolled out in waves), and an unconnected environment (whose operations end in `waits` results carried out
 * by a person).
 */
export interface Environment extends EnvironmentReader {
  /** The hosts that are this environment, for whoever changes them one after the other; null for a single place. */
  readonly fleet: Fleet | null;

  /**
   * Replaces values and state in one step, durable when it returns: state with `pending`, then the values (the
   * commit), then the final state. Throws `conflict` when the environment is no longer at `revision`.
   */
  apply(change: EnvironmentChange, revision: Revision): Promise<Revision>;

  /** Takes the lock for one run's effects. Throws `environment-locked`, naming owner and time. */
  lock(owner: LockOwner): Promise<HeldLock>;

  /** Takes a lock away from its owner, on purpose. The caller records who did it and why. */
  breakLock(): Promise<EnvironmentLock | null>;

  /** Runs a configured command. Throws `command-missing` when it is not configured; other outcomes are results. */
  command(kind: CommandKind, options?: CommandOptions): Promise<CommandResult>;

  /** Asks the health URL. Never throws for what the service does; `reachable: false` says it did not answer. */
  health(signal?: AbortSignal): Promise<HealthReport>;
}

/** The part of an environment that only looks, which a status of many environments loads and asks. */
export interface EnvironmentReader {
  readonly config: EnvironmentConfig;

  /** The hosts of a fleet, each to be looked at by itself; null for a single place. */
  readonly hosts: ReadableHosts | null;

  /** Reads values and state together. Throws RekeyError for what cannot be read; changes nothing. */
  read(options?: ReadOptions): Promise<Snapshot>;

  /** Who holds the lock, or null; and whether that process is known to be gone. */
  lockStatus(): Promise<LockStatus | null>;

  /**
   * Gives connections back; a place on this machine has none. For whoever opened it for one look. What is asked
   * afterwards opens them anew.
   */
  close(): Promise<void>;
}

export interface ReadableHosts {
  readonly list: readonly { readonly name: string; readonly reader: EnvironmentReader }[];
  /** How many are looked at at the same time. */
  readonly atOnce: number;
}

/** Opaque; equal revisions mean that neither values nor state changed. Keyed, so that it reveals no weak value. */
export type Revision = string;

export interface ReadOptions {
  /** Also find out what takes a process or a large file (whether git tracks the file). Default true. */
  thorough?: boolean;
  /**
   * `empty`: an environment whose values were lost reads as one without values, and `apply` creates it anew (for
   * `recover`). Default `fail`: `file-missing`.
   */
  whenMissing?: 'fail' | 'empty';
}

export interface Snapshot {
  /** Every variable as the environment's consumer would read it, not only managed keys. */
  values: ReadonlyMap<string, Secret>;
  /** Null when nobody has initialised the environment yet. */
  state: EnvironmentState | null;
  revision: Revision;
  /** Permissions, tracked by git, duplicate names, values that parse differently: see shared/model/finding.ts. */
  findings: readonly Finding[];
}

export interface EnvironmentChange {
  /** Variables to set, or to remove (null), in one atomic step. Empty for a change of state only. */
  values: ReadonlyMap<string, Secret | null>;
  /** What to mark as pending while the values are replaced. */
  pending: Readonly<Record<KeyName, { old: Fingerprint | null; new: Fingerprint | null }>>;
  /** The state once the values are in place. */
  after: EnvironmentState;
}

export interface LockOwner {
  runId: string;
  operator: string;
  /**
   * Whether another run, whose lock is found, has ended: a run that lost a host cannot give its lock back there, and
   * nothing of it is half way. Default: none is known to have.
   */
  isOver?: (runId: string) => boolean;
}

/**
 * The run id of a lock that is held for a single change outside any run (recording a baseline, testing the
 * connection). Nothing is half way when its process is gone, so anyone may take it over then.
 */
export const singleChange = 'single-change';

export interface HeldLock {
  readonly lock: EnvironmentLock;
  /** Throws `environment-locked` when someone has taken the lock over. Ask before every effect. */
  assertHeld(): Promise<void>;
  release(): Promise<void>;
}

export interface LockStatus {
  lock: EnvironmentLock;
  /** `dead`: same machine and the process is gone. `unknown`: another machine or boot. */
  owner: 'alive' | 'dead' | 'unknown';
}

export interface CommandOptions {
  /** Written as one line of JSON to stdin; the only way in which a command ever gets values. */
  input?: { key: KeyName; old: Secret | null; new: Secret | null };
  /** Redacted lines, as they come. */
  onOutput?: (line: string) => void;
  signal?: AbortSignal;
}

export interface CommandResult {
  kind: CommandKind;
  /** `lost`: the connection ended while it ran; whether it came to its end is not known. */
  outcome: 'ok' | 'failed' | 'timed-out' | 'stopped' | 'not-started' | 'lost';
  exitCode: number | null;
  signal: string | null;
  durationMs: number;
  /** The last part of stdout and stderr, redacted and capped. */
  output: string;
  truncated: boolean;
  /** The last line of stdout when it is a JSON object. */
  report: Readonly<Record<string, unknown>> | null;
  /** Why it did not start, in words. */
  reason: string | null;
}

export interface HealthReport {
  configured: boolean;
  reachable: boolean;
  healthy: boolean;
  httpStatus: number | null;
  durationMs: number;
  /** What `.key_rotation.keys` says, by key; only well-formed fingerprints are taken over. */
  fingerprints: Readonly<Record<KeyName, Fingerprint>>;
  /** In words: refused, timed out, too large, not JSON, credential missing. */
  problem: string | null;
}
