import type { Environment } from '#electron/environments/environment.ts';
import type { CheckValue } from '#shared/logic/validator/check-value.ts';
import type { Clock } from '#shared/model/clock.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import type { KeyRule } from '#shared/model/key.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { EnvironmentStatus, ValidationReport } from '#shared/model/status.ts';
import type { EventLog } from '../events/event-log.ts';
import type { SealedStore } from '../secrets/sealed-store.ts';
import type { RunRegistry } from './run-registry.ts';

/** Where environments come from, as far as rotations need to know. Throws `environment-unknown`. */
export interface EnvironmentSource {
  config(environmentId: string): EnvironmentConfig;
  open(environmentId: string): Environment;
}

/** All that rotations need from the rest of Rekey. */
export interface RotationDependencies {
  readonly clock: Clock;
  readonly log: Pick<EventLog, 'append'>;
  readonly runs: RunRegistry;
  readonly environments: EnvironmentSource;
  readonly sealed: SealedStore;
  /** Status of every key of an environment: what is due. */
  readonly status: (environmentId: string) => Promise<EnvironmentStatus>;
  readonly generate: (rule: KeyRule) => Secret;
  readonly check: CheckValue;
  /** Startup validation of an environment's values. */
  readonly validate: (
    config: EnvironmentConfig,
    values: ReadonlyMap<string, Secret>,
  ) => Promise<ValidationReport>;
  /** The e-mail of who acts. Throws `operator-unknown`. */
  readonly operator: () => string;
  /** A fresh id, sortable by time (UUIDv7). */
  readonly newId: () => string;
  /** How long a restarted service may take until it answers with the new value. Default 10 s. */
  readonly healthPatienceMs?: number;
}
