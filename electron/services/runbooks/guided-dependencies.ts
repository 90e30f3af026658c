import type { ConnectionCheck } from '#electron/services/environments/connection-test.ts';
import type { EventHistory } from '#electron/services/events/event-history.ts';
import type { EventLog } from '#electron/services/events/event-log.ts';
import type { EnvironmentSource } from '#electron/services/rotation/rotation-dependencies.ts';
import type { RotationService } from '#electron/services/rotation/rotation-service.ts';
import type { RunRegistry } from '#electron/services/rotation/run-registry.ts';
import type { SealedStore } from '#electron/services/secrets/sealed-store.ts';
import type { CheckValue } from '#shared/logic/validator/check-value.ts';
import type { Clock } from '#shared/model/clock.ts';
import type { KeyName, KeyRule } from '#shared/model/key.ts';
import type { KeychainProbe } from '#shared/model/keychain.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { Contact } from '#shared/model/settings.ts';
import type { SignerView } from '#shared/model/signer.ts';
import type { EnvironmentStatus, ValidationReport } from '#shared/model/status.ts';
import type { ReplaceSignerRequest } from '../signer/replace-signer.ts';
import type { CheckpointAbroad, TrustPoint } from '../signer/trust-point.ts';
import type { EvidenceStore } from './evidence-store.ts';
import type { RunFolders } from './run-folders.ts';
import type { RunbookLibrary } from './runbook-library.ts';

/** What guided runs need of the environments of this installation. */
export interface GuidedEnvironments extends EnvironmentSource {
  list(): readonly { id: string }[];
  markCompromised(environmentId: string, key: KeyName, reason: string): Promise<void>;
  clearCompromised(environmentId: string, key: KeyName, reason: string): Promise<void>;
  validate(environmentId: string): Promise<ValidationReport>;
  /** Of a fleet without the named hosts. */
  test(environmentId: string, signal?: AbortSignal, without?: readonly string[]): Promise<ConnectionCheck[]>;
}

/** What guided runs need of the keys with which this installation signs. */
export interface GuidedSigner {
  installationId(): string;
  view(): SignerView;
  checkpointsAbroad(): readonly CheckpointAbroad[];
  /** Throws `signer-absent`, `invalid-input`. */
  trustPoint(given: string): TrustPoint;
  /** Done once for a run, however often it asks. */
  replace(request: ReplaceSignerRequest): Promise<{ warning: string | null }>;
  /** Whether the run has replaced the keys already. */
  replacedBy(runId: string): Promise<boolean>;
  /** Writes the public keys into a folder, replacing what lies there; returns the names. */
  writePublicFiles(folder: string): string[];
}

/** All that guided runs need from the rest of Rekey. */
export interface GuidedDependencies {
  readonly clock: Clock;
  readonly log: EventLog;
  readonly history: EventHistory;
  readonly runs: RunRegistry;
  readonly rotations: RotationService;
  readonly environments: GuidedEnvironments;
  readonly sealed: SealedStore;
  readonly library: RunbookLibrary;
  readonly evidence: EvidenceStore;
  readonly folders: RunFolders;
  readonly status: (environmentId: string) => Promise<EnvironmentStatus>;
  readonly generate: (rule: KeyRule) => Secret;
  readonly check: CheckValue;
  readonly signer: GuidedSigner;
  readonly probeKeychain: () => Promise<KeychainProbe>;
  readonly contacts: () => readonly Contact[];
  /** The e-mail of who acts. Throws `operator-unknown`. */
  readonly operator: () => string;
  /** Goes on with a run that has no guide; without it such runs are only shown. */
  readonly resumeDirect?: (runId: string) => Promise<unknown>;
  /** A fresh id, sortable by time (UUIDv7). */
  readonly newId: () => string;
}
