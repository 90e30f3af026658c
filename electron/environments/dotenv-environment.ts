import { timingSafeEqual } from 'node:crypto';
import { DotenvDocument } from '#shared/logic/dotenv/document.ts';
import { redactorFor, secretValues } from '#shared/logic/redact.ts';
import type { Clock } from '#shared/model/clock.ts';
import {
  type CommandKind,
  type EnvironmentConfig,
  type EnvironmentLock,
  type EnvironmentState,
  emptyKeyState,
} from '#shared/model/environment.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { Secret } from '#shared/model/secret.ts';
import type { CredentialStore } from '../services/keychain/credential-store.ts';
import type { BuiltinCommands } from './builtin-command.ts';
import { commitChange, conflict } from './commit-change.ts';
import { DotenvReader, type DotenvReaderDependencies } from './dotenv-reader.ts';
import {
  type CommandOptions,
  type CommandResult,
  type Environment,
  type EnvironmentChange,
  type HealthReport,
  type HeldLock,
  type LockOwner,
  type LockStatus,
  type ReadOptions,
  type Revision,
  type Snapshot,
  singleChange,
} from './environment.ts';
import { managedNames } from './file-findings.ts';
import { probeHealth } from './health-probe.ts';
import type { Host } from './host.ts';
import type { LoadedFile } from './loaded-file.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { serializeState, statePathFor } from './state-file.ts';

export interface DotenvEnvironmentDependencies extends DotenvReaderDependencies {
  /** For the bearer credential of the health URL. */
  credentials?: CredentialStore | undefined;
  /** Commands that Rekey carries out itself (the practice environment). */
  builtins?: BuiltinCommands | undefined;
}

/**
 * Changes of one file within this process. Against other processes its lock excludes them; but a process holds its own
 * lock, and one change must not begin between two steps of another.
 */
const changes = new OneAtATime();

/**
 * An environment whose keys stand in a dotenv file, on this machine or on a host. State and lock lie beside the file; where the
 * configured path is a symbolic link, beside the file that it leads to, which is the one that is replaced.
 *
 * Between Rekeys the lock and the revision exclude lost updates. Against other programs the file is compared once
 * more directly before the rename; the window that remains is the time between that read and the rename (well under
 * a millisecond here, a round trip on a host). A replaced file keeps mode and owner; hard links, ACLs and extended attributes do not survive.
 */
export class DotenvEnvironment implements Environment {
  readonly config: EnvironmentConfig;
  readonly fleet = null;
  readonly hosts = null;
  readonly #host: Host;
  readonly #clock: Clock;
  readonly #credentials: CredentialStore | undefined;
  readonly #builtins: BuiltinCommands | undefined;
  readonly #reader: DotenvReader;
  /** A change that is based on it need not read it again: it is compared with what is there before the commit. */
  #lastRead: LoadedFile | null = null;

  /** @param path - absolute, of the file on `host` */
  constructor(
    config: EnvironmentConfig,
    path: string,
    host: Host,
    dependencies: DotenvEnvironmentDependencies,
  ) {
    this.config = config;
    this.#host = host;
    this.#clock = dependencies.clock;
    this.#credentials = dependencies.credentials;
    this.#builtins = dependencies.builtins;
    this.#reader = new DotenvReader(config, path, host, dependencies);
  }

  async read(options: ReadOptions = {}): Promise<Snapshot> {
    const loaded = await this.#reader.load(options.whenMissing === 'empty');
    this.#lastRead = loaded;
    return this.#reader.snapshot(loaded, options);
  }

  async apply(change: EnvironmentChange, revision: Revision): Promise<Revision> {
    return this.#alone(async (target) => {
      const lockFile = this.#reader.lockFile(target);
      if (await lockFile.heldForOwnRun()) {
        // What an earlier change of this run left when its connection was lost.
        await this.#host.files.removeStaleTemporaries([target, statePathFor(target)]);
        return this.#applyLocked(target, change, revision);
      }
      const held = await lockFile.acquire({ runId: singleChange, operator: 'rekey' });
      let applied: Revision;
      try {
        applied = await this.#applyLocked(target, change, revision);
      } catch (error) {
        // Why the change failed is what counts; a lock that stays is taken over by the next one.
        await held.release().catch(() => {});
        throw error;
      }
      await held.release();
      return applied;
    });
  }

  async lock(owner: LockOwner): Promise<HeldLock> {
    return this.#alone(async (target) => {
      const held = await this.#reader.lockFile(target).acquire(owner);
      const letGo = this.#host.keep();
      return {
        lock: held.lock,
        assertHeld: () => held.assertHeld(),
        release: async () => {
          this.#lastRead = null;
          await held.release().finally(letGo);
        },
      };
    });
  }

  lockStatus(): Promise<LockStatus | null> {
    return this.#reader.lockStatus();
  }

  async breakLock(): Promise<EnvironmentLock | null> {
    return this.#reader.lockFile(await this.#reader.locate()).break();
  }

  close(): Promise<void> {
    return this.#host.close();
  }

  async command(kind: CommandKind, options: CommandOptions = {}): Promise<CommandResult> {
    const command = this.config.commands[kind];
    if (!command) {
      throw new RekeyError('command-missing', {
        message: `The environment "${this.config.name}" has no ${kind} command.`,
        remedy: `Configure one, or carry the step out yourself and attest it.`,
        details: { command: kind },
      });
    }
    return this.#host.run(kind, command, {
      clock: this.#clock,
      builtins: this.#builtins,
      redactor: redactorFor(await this.#secretsToHide(options)),
      options,
    });
  }

  async health(signal?: AbortSignal): Promise<HealthReport> {
    return probeHealth(this.config, {
      clock: this.#clock,
      credentials: this.#credentials,
      signal,
      connect: this.#host.connect,
    });
  }

  /** Runs what changes the file or its lock while nothing else in this process does. */
  async #alone<T>(action: (target: string) => Promise<T>): Promise<T> {
    const target = await this.#reader.locate();
    return changes.run(this.#host.files.describe(target), () => action(target));
  }

  async #applyLocked(target: string, change: EnvironmentChange, revision: Revision): Promise<Revision> {
    const { files } = this.#host;
    const loaded = await this.#loadedAt(revision);
    if (loaded?.target !== target) throw conflict(files.describe(target));
    if (loaded.state && !sameOrigin(loaded.state, change.after)) {
      throw new RekeyError('internal', {
        message: 'The new state belongs to another environment.',
        remedy: 'Report this: it is a defect of Rekey.',
      });
    }
    const bytes = Buffer.from(this.#edited(loaded, change), 'utf8');
    const after = serializeState(change.after);
    await commitChange(files, loaded, { bytes, pending: pendingState(loaded.state, change), after });
    return this.#reader.revisionOf({ file: { bytes }, state: change.after, stateFile: { bytes: after } });
  }

  /** The file and its state as they were at a revision: what was read last, or what is there now; else null. */
  async #loadedAt(revision: Revision): Promise<LoadedFile | null> {
    const isAt = (loaded: LoadedFile) => sameText(this.#reader.revisionOf(loaded), revision);
    const lastRead = this.#lastRead;
    this.#lastRead = null;
    if (lastRead && isAt(lastRead)) return lastRead;
    const now = await this.#reader.load(true);
    return isAt(now) ? now : null;
  }

  #edited(loaded: LoadedFile, change: EnvironmentChange): string {
    const document = new DotenvDocument(this.config.connector.parser, loaded.text);
    for (const [name, value] of change.values) {
      if (value === null) document.remove(name);
      else document.set(name, value, this.#baseOf(name));
    }
    return document.text;
  }

  /** The key that a variable is the previous or next slot of. */
  #baseOf(name: string): string | undefined {
    return this.#reader.rules.find(({ variables }) => variables.previous === name || variables.next === name)
      ?.name;
  }

  /** The environment's own secrets, and the values that the command is given. */
  async #secretsToHide(options: CommandOptions): Promise<Secret[]> {
    const given = [options.input?.old, options.input?.new].filter((value) => value instanceof Secret);
    try {
      const document = new DotenvDocument(this.config.connector.parser, await this.#reader.text());
      const values = new Map([...document.variables()].map(([name, value]) => [name, new Secret(value)]));
      return [...given, ...secretValues(values, managedNames(this.#reader.rules))];
    } catch {
      // A file that cannot be read now yields no values to look for; the given ones and secret-like text remain.
      return given;
    }
  }
}

/** What is in force now, with the change announced. Null when the change announces nothing. */
function pendingState(current: EnvironmentState | null, change: EnvironmentChange): EnvironmentState | null {
  const announced = Object.entries(change.pending);
  if (announced.length === 0) return null;
  const base = current ?? { ...change.after, keys: {} };
  const keys = { ...base.keys };
  for (const [name, pending] of announced) keys[name] = { ...(keys[name] ?? emptyKeyState), pending };
  return { ...base, keys };
}

function sameOrigin(a: EnvironmentState, b: EnvironmentState): boolean {
  return a.environmentId === b.environmentId && a.fingerprintKey === b.fingerprintKey;
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
