import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
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
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { KeyRule } from '#shared/model/key.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import { Secret } from '#shared/model/secret.ts';
import type { CredentialStore } from '../services/keychain/credential-store.ts';
import { removeStaleTemporaries, syncFolder, writeFileAtomic } from '../storage/atomic-file.ts';
import { ownIdentity, type ProcessIdentity } from '../storage/process-identity.ts';
import type { BuiltinCommands } from './builtin-command.ts';
import { runCommand } from './command-runner.ts';
import type {
  CommandOptions,
  CommandResult,
  Environment,
  EnvironmentChange,
  HealthReport,
  HeldLock,
  LockOwner,
  LockStatus,
  ReadOptions,
  Revision,
  Snapshot,
} from './environment.ts';
import { EnvironmentLockFile, lockPathFor } from './environment-lock.ts';
import { fileError } from './file-errors.ts';
import { fileFindings, managedNames } from './file-findings.ts';
import { probeHealth } from './health-probe.ts';
import { parseState, quarantineState, readStateBytes, serializeState, statePathFor } from './state-file.ts';
import { checkReplaceable, decodeText, type FileContent, readTarget, resolveTarget } from './target-file.ts';

export interface DotenvFileDependencies {
  clock: Clock;
  /** For the bearer credential of the health URL. */
  credentials?: CredentialStore | undefined;
  /** Commands that Rekey carries out itself (the practice environment). */
  builtins?: BuiltinCommands | undefined;
  /** Default: this process. */
  identity?: ProcessIdentity | undefined;
}

/**
 * An environment whose keys stand in a dotenv file of this machine. State and lock lie beside the file; where the
 * configured path is a symbolic link, beside the file that it leads to, which is the one that is replaced.
 *
 * Between Rekeys the lock and the revision exclude lost updates. Against other programs the file is compared once
 * more directly before the rename; the window that remains is the time between that read and the rename (well under
 * a millisecond). A replaced file keeps mode and owner; hard links, ACLs and extended attributes do not survive.
 */
export class DotenvFile implements Environment {
  readonly config: EnvironmentConfig;
  readonly #clock: Clock;
  readonly #credentials: CredentialStore | undefined;
  readonly #builtins: BuiltinCommands | undefined;
  readonly #identity: ProcessIdentity;
  readonly #rules: readonly KeyRule[];
  /** Keys revisions while there is no state yet: they are comparable within this object only. */
  readonly #fallbackKey = randomBytes(32);

  constructor(config: EnvironmentConfig, dependencies: DotenvFileDependencies) {
    this.config = config;
    this.#clock = dependencies.clock;
    this.#credentials = dependencies.credentials;
    this.#builtins = dependencies.builtins;
    this.#identity = dependencies.identity ?? ownIdentity();
    this.#rules = keyRules(config.keys);
  }

  async read(options: ReadOptions = {}): Promise<Snapshot> {
    const found = this.#load(options.whenMissing === 'empty');
    const document = new DotenvDocument(this.config.connector.parser, found.text);
    const variables = document.variables();
    const values = new Map([...variables].map(([name, value]) => [name, new Secret(value)]));
    return {
      values,
      state: found.state,
      revision: this.#revision(found),
      findings: found.file
        ? fileFindings({
            path: found.target,
            stats: found.file.stats,
            parser: this.config.connector.parser,
            text: found.text,
            parsed: document.parsed,
            variables,
            rules: this.#rules,
            thorough: options.thorough ?? true,
          })
        : [],
    };
  }

  async apply(change: EnvironmentChange, revision: Revision): Promise<Revision> {
    const target = this.#resolve(true);
    const lockFile = this.#lockFile(target);
    if (lockFile.heldByThisProcess()) return this.#applyLocked(target, change, revision);
    const held = lockFile.acquire({ runId: `apply-${revision.slice(0, 16)}`, operator: 'rekey' });
    try {
      return this.#applyLocked(target, change, revision);
    } finally {
      await held.release();
    }
  }

  async lock(owner: LockOwner): Promise<HeldLock> {
    const target = this.#resolve(true);
    const held = this.#lockFile(target).acquire(owner);
    this.#sweep(target);
    return held;
  }

  async lockStatus(): Promise<LockStatus | null> {
    return this.#lockFile(this.#resolve(true)).status();
  }

  async breakLock(): Promise<EnvironmentLock | null> {
    return this.#lockFile(this.#resolve(true)).break();
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
    return runCommand(kind, command, {
      clock: this.#clock,
      builtins: this.#builtins,
      redactor: redactorFor(this.#secretsToHide(options)),
      options,
    });
  }

  async health(signal?: AbortSignal): Promise<HealthReport> {
    return probeHealth(this.config, { clock: this.#clock, credentials: this.#credentials, signal });
  }

  #applyLocked(target: string, change: EnvironmentChange, revision: Revision): Revision {
    const found = this.#load(true);
    if (found.target !== target || !sameText(this.#revision(found), revision)) throw conflict(target);
    if (found.state && !sameOrigin(found.state, change.after)) {
      throw new RekeyError('internal', {
        message: 'The new state belongs to another environment.',
        remedy: 'Report this: it is a defect of Rekey.',
      });
    }
    this.#sweep(target);
    const text = this.#edited(found, change);
    const bytes = Buffer.from(text, 'utf8');
    const after = serializeState(change.after);
    try {
      this.#replace(found, bytes, after, pendingState(found.state, change));
    } catch (cause) {
      throw fileError(cause, target, 'write');
    }
    return this.#revision({ file: { bytes }, state: change.after, stateBytes: after });
  }

  /**
   * The three steps of a change. Whatever may still fail for want of space or permission is written beside its place
   * first (temporary files, durable), so that of the steps themselves only renames are left.
   */
  #replace(found: Loaded, bytes: Buffer, after: Buffer, pending: EnvironmentState | null): void {
    const statePath = statePathFor(found.target);
    const changesFile = found.file === null ? bytes.length > 0 : !found.file.bytes.equals(bytes);
    const owner = ownerFor(found);
    const stateOptions = { mode: 0o600, ...(owner ? { owner } : {}) };
    checkReplaceable(found.target, found.file !== null);

    if (!changesFile) {
      const beforeRename = () => this.#checkUnchanged(found, found.stateBytes);
      writeFileAtomic(statePath, after, { ...stateOptions, beforeRename });
      return;
    }

    let wroteState = false;
    let committed = false;
    const commit = () => {
      writeFileAtomic(found.target, bytes, {
        mode: (found.file?.stats.mode ?? 0o600) & 0o7777,
        ...(owner ? { owner } : {}),
        beforeRename: () => {
          this.#checkUnchanged(found, found.stateBytes);
          const marked = pending === null ? found.stateBytes : serializeState(pending);
          if (pending !== null) {
            writeFileAtomic(statePath, serializeState(pending), stateOptions);
            wroteState = true;
          }
          this.#checkUnchanged(found, marked);
        },
      });
      committed = true;
    };
    try {
      writeFileAtomic(statePath, after, { ...stateOptions, beforeRename: commit });
    } catch (error) {
      if (committed) throw afterCommit(found.target, error);
      if (wroteState) this.#restoreState(found, stateOptions);
      throw error;
    }
  }

  /** Takes `pending` back after a change that did not happen. If that fails too, a reader still sees both sides. */
  #restoreState(found: Loaded, options: { mode: number }): void {
    try {
      const statePath = statePathFor(found.target);
      if (found.stateBytes) {
        writeFileAtomic(statePath, found.stateBytes, options);
      } else {
        rmSync(statePath, { force: true });
        syncFolder(dirname(statePath));
      }
    } catch {
      // The state keeps `pending`; the file holds the old values, which is what a reader will find.
    }
  }

  /** Throws `conflict` when another program has changed file, link or state since they were read. */
  #checkUnchanged(found: Loaded, expectedState: Buffer | null): void {
    const target = this.#resolve(true);
    const file = this.#readOrMissing(target, true);
    const state = readStateBytes(statePathFor(target));
    const same =
      target === found.target &&
      sameBytes(file?.bytes ?? null, found.file?.bytes ?? null) &&
      sameBytes(state, expectedState);
    if (!same) throw conflict(found.target);
  }

  #edited(found: Loaded, change: EnvironmentChange): string {
    const document = new DotenvDocument(this.config.connector.parser, found.text);
    for (const [name, value] of change.values) {
      if (value === null) document.remove(name);
      else document.set(name, value, this.#baseOf(name));
    }
    return document.text;
  }

  /** The key that a variable is the previous or next slot of. */
  #baseOf(name: string): string | undefined {
    return this.#rules.find(({ variables }) => variables.previous === name || variables.next === name)?.name;
  }

  #load(allowMissing: boolean): Loaded {
    const target = this.#resolve(allowMissing);
    const statePath = statePathFor(target);
    for (let attempt = 0; ; attempt++) {
      const before = stateMark(statePath);
      const stateBytes = readStateBytes(statePath);
      const file = this.#readOrMissing(target, allowMissing);
      // Another Rekey between its two renames: read both again, so that they belong together.
      if (before !== stateMark(statePath) && attempt < 20) continue;
      const text = file ? decodeText(target, file.bytes) : '';
      return { target, file, text, stateBytes, state: this.#parseState(statePath, stateBytes) };
    }
  }

  #parseState(statePath: string, bytes: Buffer | null): EnvironmentState | null {
    if (bytes === null) return null;
    try {
      return parseState(statePath, bytes);
    } catch (error) {
      if (isRekeyError(error, 'state-corrupt')) quarantineState(statePath, bytes, this.#clock);
      throw error;
    }
  }

  #readOrMissing(target: string, allowMissing: boolean): FileContent | null {
    try {
      return readTarget(target);
    } catch (error) {
      if (allowMissing && isRekeyError(error, 'file-missing')) return null;
      throw error;
    }
  }

  /** A missing file keeps the path at which it would be created; its folder must exist. */
  #resolve(allowMissing: boolean): string {
    const { path } = this.config.connector;
    try {
      return resolveTarget(path);
    } catch (error) {
      if (!allowMissing || !isRekeyError(error, 'file-missing')) throw error;
      return join(resolveTarget(dirname(path)), basename(path));
    }
  }

  #lockFile(target: string): EnvironmentLockFile {
    return new EnvironmentLockFile({
      path: lockPathFor(target),
      identity: this.#identity,
      clock: this.#clock,
    });
  }

  /** Removes temporary files that a crash left, which may hold values. Only under the lock. */
  #sweep(target: string): void {
    try {
      removeStaleTemporaries(target);
      removeStaleTemporaries(statePathFor(target));
    } catch (cause) {
      throw fileError(cause, target, 'write');
    }
  }

  #revision(found: Pick<Loaded, 'state' | 'stateBytes'> & { file: { bytes: Buffer } | null }): Revision {
    const hmac = createHmac(
      'sha256',
      found.state ? Buffer.from(found.state.fingerprintKey, 'hex') : this.#fallbackKey,
    );
    for (const part of [found.file?.bytes ?? null, found.stateBytes]) {
      hmac.update(part === null ? 'absent;' : `${part.length};`);
      if (part !== null) hmac.update(part);
    }
    return hmac.digest('hex').slice(0, 32);
  }

  /** The environment's own secrets, and the values that the command is given. */
  #secretsToHide(options: CommandOptions): Secret[] {
    const given = [options.input?.old, options.input?.new].filter((value) => value instanceof Secret);
    try {
      const document = new DotenvDocument(this.config.connector.parser, this.#load(true).text);
      const values = new Map([...document.variables()].map(([name, value]) => [name, new Secret(value)]));
      return [...given, ...secretValues(values, managedNames(this.#rules))];
    } catch {
      // A file that cannot be read now yields no values to look for; the given ones and secret-like text remain.
      return given;
    }
  }
}

interface Loaded {
  /** The file behind links. */
  target: string;
  /** Null when it does not exist. */
  file: FileContent | null;
  text: string;
  stateBytes: Buffer | null;
  state: EnvironmentState | null;
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

/** The owner that file and state must have: the file's, or that of the state when the file was lost. */
function ownerFor(found: Loaded): { uid: number; gid: number } | null {
  if (process.platform === 'win32') return null;
  const stats = found.file?.stats ?? statSync(statePathFor(found.target), { throwIfNoEntry: false });
  return stats ? { uid: stats.uid, gid: stats.gid } : null;
}

/** Changes whenever the state file is replaced. */
function stateMark(statePath: string): string {
  const stats = statSync(statePath, { throwIfNoEntry: false, bigint: true });
  return stats ? `${stats.ino}:${stats.ctimeNs}` : 'absent';
}

function sameBytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function conflict(path: string): RekeyError {
  return new RekeyError('conflict', {
    message: `${path} or its state was changed by someone else since it was read.`,
    remedy: 'Look at what changed, then repeat the step: it reads the file again.',
    details: { path },
  });
}

/** The values are in place, but the state that says so is not: it still shows the change as pending. */
function afterCommit(path: string, cause: unknown): RekeyError {
  const reason = fileError(cause, statePathFor(path), 'write');
  return new RekeyError(reason.code, {
    message: `${path} holds the new values, but its state could not be completed: ${reason.message}`,
    unchanged: 'The file was changed; its state still shows the change as pending, which a resume completes.',
    remedy: `${reason.remedy} Then resume the run.`,
    details: { path },
    cause,
  });
}
