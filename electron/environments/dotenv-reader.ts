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
import type { ReadableHost } from './host.ts';
import { type LoadedFile, loadFile, locate, revisionOf, textOf } from './loaded-file.ts';
import { statePathFor } from './state-file.ts';

export interface DotenvReaderDependencies {
  clock: Clock;
  /** Default: this process. */
  identity?: ProcessIdentity | undefined;
}

/**
 * A dotenv file, here or on a host, as one looks at it: values, state, findings and lock. It stands apart from what
 * changes the file and runs its commands, because looking at many must not wait for that code to load.
 */
export class DotenvReader implements EnvironmentReader {
  readonly config: EnvironmentConfig;
  readonly hosts = null;
  readonly rules: readonly KeyRule[];
  readonly #path: string;
  readonly #host: ReadableHost;
  readonly #clock: Clock;
  /** Found out when a lock is looked at: it takes some reading. */
  #identity: ProcessIdentity | undefined;
  /** Keys revisions while there is no state yet: they are comparable within this object only. */
  #fallbackKey: Uint8Array | undefined;

  /** @param path - absolute, of the file on `host` */
  constructor(
    config: EnvironmentConfig,
    path: string,
    host: ReadableHost,
    { clock, identity }: DotenvReaderDependencies,
  ) {
    this.config = config;
    this.#path = path;
    this.#host = host;
    this.rules = keyRules(config.keys);
    this.#clock = clock;
    this.#identity = identity;
  }

  async read(options: ReadOptions = {}): Promise<Snapshot> {
    return this.snapshot(await this.load(options.whenMissing === 'empty'), options);
  }

  /** What was loaded, as whoever looks at an environment sees it. */
  async snapshot(found: LoadedFile, options: ReadOptions): Promise<Snapshot> {
    const document = new DotenvDocument(this.config.connector.parser, found.text);
    const variables = document.variables();
    const values = new Map([...variables].map(([name, value]) => [name, new Secret(value)]));
    const { file, target } = found;
    const trackedByGit = file
      ? await this.#host.files.isTrackedByGit(target, options.thorough ?? true)
      : null;
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
        ...this.#stateFindings(found),
        ...(file
          ? fileFindings({
              path: target,
              described: this.#host.files.describe(target),
              stats: file.stats,
              trackedByGit,
              parser: this.config.connector.parser,
              text: found.text,
              parsed: document.parsed,
              variables,
              rules: this.rules,
            })
          : []),
      ],
    };
  }

  async lockStatus(): Promise<LockStatus | null> {
    return this.lockFile(await this.locate()).status();
  }

  close(): Promise<void> {
    return this.#host.close();
  }

  /** File and state as they are now. `allowMissing`: a file that is not there reads as empty. */
  load(allowMissing: boolean): Promise<LoadedFile> {
    return loadFile(this.#host.files, this.#path, allowMissing, this.#clock);
  }

  /** The text of the file alone, as it is now; empty where there is none. */
  async text(): Promise<string> {
    return textOf(this.#host.files, this.#path);
  }

  /** The file behind links, or where it would be created. */
  locate(): Promise<string> {
    return locate(this.#host.files, this.#path, true);
  }

  lockFile(target: string): EnvironmentLockFile {
    return new EnvironmentLockFile({
      files: this.#host.files,
      path: lockPathFor(target),
      guards: [target, statePathFor(target)],
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
    stateFile: { bytes: Uint8Array } | null;
  }): Revision {
    const { file, state, stateFile } = loaded;
    return revisionOf(file?.bytes ?? null, state, stateFile?.bytes ?? null, () => this.#ownKey());
  }

  #ownKey(): Uint8Array {
    this.#fallbackKey ??= randomBytes(32);
    return this.#fallbackKey;
  }

  /** A file that was copied together with its state carries the identity of the environment that it came from. */
  #stateFindings({ target, state }: LoadedFile): Finding[] {
    if (state === null || state.environmentId === this.config.id) return [];
    const statePath = statePathFor(target);
    return [
      {
        code: 'state-of-another-environment',
        severity: 'error',
        message: `${this.#host.files.describe(statePath)} belongs to another environment (${state.environmentId}).`,
        remedy: `If the file was copied from there, move the state away (mv '${statePath}' '${statePath}.copied') and record baselines for the keys.`,
      },
    ];
  }
}
