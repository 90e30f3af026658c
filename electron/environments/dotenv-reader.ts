import { randomBytes } from 'node:crypto';
import { DotenvDocument } from '#shared/logic/dotenv/document.ts';
import type { Clock } from '#shared/model/clock.ts';
import type { EnvironmentConfig, EnvironmentState } from '#shared/model/environment.ts';
import type { Finding } from '#shared/model/finding.ts';
import type { KeyRule } from '#shared/model/key.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import { Secret } from '#shared/model/secret.ts';
import { ownIdentity, type ProcessIdentity } from '../storage/process-identity.ts';
import type { EnvironmentReader, LockStatus, ReadOptions, Revision, Snapshot } from './environment.ts';
import { EnvironmentLockFile, lockPathFor } from './environment-lock.ts';
import { fileFindings } from './file-findings.ts';
import { type LoadedFile, loadFile, locate, revisionOf } from './loaded-file.ts';
import { statePathFor } from './state-file.ts';

export interface DotenvReaderDependencies {
  clock: Clock;
  /** Default: this process. */
  identity?: ProcessIdentity | undefined;
}

/**
 * A dotenv file of this machine as one looks at it: values, state, findings and lock. It stands apart from what
 * changes the file and runs its commands, because looking at many must not wait for that code to load.
 */
export class DotenvReader implements EnvironmentReader {
  readonly config: EnvironmentConfig;
  readonly hosts = null;
  readonly rules: readonly KeyRule[];
  readonly #clock: Clock;
  /** Found out when a lock is looked at: it takes some reading. */
  #identity: ProcessIdentity | undefined;
  /** Keys revisions while there is no state yet: they are comparable within this object only. */
  #fallbackKey: Uint8Array | undefined;

  constructor(config: EnvironmentConfig, { clock, identity }: DotenvReaderDependencies) {
    this.config = config;
    this.rules = keyRules(config.keys);
    this.#clock = clock;
    this.#identity = identity;
  }

  async read(options: ReadOptions = {}): Promise<Snapshot> {
    const found = this.load(options.whenMissing === 'empty');
    const document = new DotenvDocument(this.config.connector.parser, found.text);
    const variables = document.variables();
    const values = new Map([...variables].map(([name, value]) => [name, new Secret(value)]));
    const revisionOfFound = () => this.revisionOf(found);
    let revision: Revision | null = null;
    return {
      values,
      state: found.state,
      // Made when it is asked for: a status of many environments never does.
      get revision() {
        revision ??= revisionOfFound();
        return revision;
      },
      findings: [
        ...stateFindings(found, this.config.id),
        ...(found.file
          ? fileFindings({
              path: found.target,
              stats: found.file.stats,
              parser: this.config.connector.parser,
              text: found.text,
              parsed: document.parsed,
              variables,
              rules: this.rules,
              thorough: options.thorough ?? true,
            })
          : []),
      ],
    };
  }

  async lockStatus(): Promise<LockStatus | null> {
    return this.lockFile(this.locate()).status();
  }

  /** File and state as they are now. `allowMissing`: a file that is not there reads as empty. */
  load(allowMissing: boolean): LoadedFile {
    return loadFile(this.config.connector.path, allowMissing, this.#clock);
  }

  /** The file behind links, or where it would be created. */
  locate(): string {
    return locate(this.config.connector.path, true);
  }

  lockFile(target: string): EnvironmentLockFile {
    return new EnvironmentLockFile({
      path: lockPathFor(target),
      identity: () => {
        this.#identity ??= ownIdentity();
        return this.#identity;
      },
      clock: this.#clock,
    });
  }

  revisionOf(loaded: {
    file: { bytes: Uint8Array } | null;
    state: EnvironmentState | null;
    stateBytes: Uint8Array | null;
  }): Revision {
    return revisionOf(loaded.file?.bytes ?? null, loaded.state, loaded.stateBytes, () => this.#ownKey());
  }

  #ownKey(): Uint8Array {
    this.#fallbackKey ??= randomBytes(32);
    return this.#fallbackKey;
  }
}

/** A file that was copied together with its state carries the identity of the environment that it came from. */
function stateFindings({ target, state }: LoadedFile, environmentId: string): Finding[] {
  if (state === null || state.environmentId === environmentId) return [];
  const statePath = statePathFor(target);
  return [
    {
      code: 'state-of-another-environment',
      severity: 'error',
      message: `${statePath} belongs to another environment (${state.environmentId}).`,
      remedy: `If the file was copied from there, move the state away (mv '${statePath}' '${statePath}.copied') and record baselines for the keys.`,
    },
  ];
}
