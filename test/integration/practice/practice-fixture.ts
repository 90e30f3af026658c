import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { BuiltinCommandCall } from '#electron/environments/builtin-command.ts';
import { callLoopback, type LoopbackReply } from '#electron/services/practice/loopback-client.ts';
import { PracticeEnvironment } from '#electron/services/practice/practice-environment.ts';
import { practiceFiles, readServiceAddress } from '#electron/services/practice/service-file.ts';
import { nodeServiceLauncher, type ServiceLifetime } from '#electron/services/practice/service-launcher.ts';
import { EnvironmentStore } from '#electron/services/settings/environment-store.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import type { EventDraft, LogEvent } from '#shared/model/event.ts';

/** A practice environment in a folder of its own, with its service in a real process. */
export class PracticeFixture {
  readonly folder: string;
  readonly files;
  readonly environments: EnvironmentStore;
  readonly drafts: EventDraft[] = [];
  readonly forgotten: string[] = [];
  /** What a rotation says that stopped the service and has not started it again. */
  heldStopped = false;
  readonly practice: PracticeEnvironment;

  constructor(lifetime: ServiceLifetime = 'with-launcher', shared?: PracticeFixture, entry?: string) {
    this.folder = shared?.folder ?? join(mkdtempSync(join(tmpdir(), 'rekey-practice-')), 'practice');
    this.environments = new EnvironmentStore({
      path: join(this.folder, '..', 'environments.json'),
      clock: systemClock,
      identity: ownIdentity(),
      append: (draft) => this.drafts.push(draft),
    });
    this.files = practiceFiles(this.folder);
    this.practice = new PracticeEnvironment({
      folder: this.folder,
      environments: this.environments,
      log: {
        append: (draft) => {
          this.drafts.push(draft);
          return {} as LogEvent;
        },
      },
      clock: systemClock,
      launcher: nodeServiceLauncher(lifetime),
      ...(entry === undefined ? {} : { entry }),
      heldStopped: () => this.heldStopped,
      forget: async (environment) => {
        this.forgotten.push(environment.id);
        return { abortedRuns: [], destroyedValues: 0 };
      },
    });
  }

  get config(): EnvironmentConfig {
    const config = this.environments.list().find((each) => each.practice);
    if (config === undefined) throw new Error('there is no practice environment');
    return config;
  }

  get address() {
    const address = readServiceAddress(this.files.service);
    if (address === null) throw new Error('no service has written its address');
    return address;
  }

  get events(): string[] {
    return this.drafts.map((draft) => `${draft.event_type} ${draft.action}`);
  }

  values(): Record<string, string | undefined> {
    return parseEnv(readFileSync(this.files.environment, 'utf8'));
  }

  /** Changes the `.env` as a rotation would: sets variables, or removes them (null). */
  edit(changes: Readonly<Record<string, string | null>>): void {
    const lines = readFileSync(this.files.environment, 'utf8').split('\n');
    const kept = lines.filter(
      (line) => !Object.keys(changes).some((name) => line.replace(/^export /, '').startsWith(`${name}=`)),
    );
    const added = Object.entries(changes).flatMap(([name, value]) =>
      value === null ? [] : [`${name}=${value}`],
    );
    writeFileSync(this.files.environment, [...kept, ...added, ''].join('\n'));
  }

  /** Runs a configured command as a connector does. */
  async command(
    kind: string,
    input: unknown = null,
  ): Promise<{ code: number; stdout: string[]; stderr: string[] }> {
    const [name = '', ...args] = this.config.commands[kind as 'restart']?.argv ?? [];
    const stdout: string[] = [];
    const stderr: string[] = [];
    const call: BuiltinCommandCall = {
      input: input === null ? null : JSON.stringify(input),
      stdout: (line) => stdout.push(line),
      stderr: (line) => stderr.push(line),
      signal: new AbortController().signal,
    };
    const code = await this.practice.commands.get(name)?.run(args, call);
    return { code: code ?? -1, stdout, stderr };
  }

  ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<LoopbackReply> {
    return callLoopback({ port: this.address.port, method, path, ...(body === undefined ? {} : { body }) });
  }

  async health(): Promise<HealthBody> {
    return (await this.ask('GET', '/health')).body as HealthBody;
  }

  async dispose(): Promise<void> {
    const left = readServiceAddress(this.files.service);
    if (left !== null && left.pid !== process.pid) endProcess(left.pid);
    rmSync(join(this.folder, '..'), { recursive: true, force: true });
  }
}

export interface HealthBody {
  status: string;
  records: { unreadable: number };
  key_rotation: { keys: Record<string, Record<string, string>> };
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** A fresh value of `characters` characters, a multiple of 4. */
export function fresh(characters: 32 | 64): string {
  return randomBytes((characters * 3) / 4).toString('base64url');
}
