import { randomBytes, timingSafeEqual } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { Clock } from '#shared/model/clock.ts';
import { Secret } from '#shared/model/secret.ts';
import { isDataKey, type PracticeKey, practiceKeys } from './key-ring.ts';
import { type LoopbackAnswer, type LoopbackRequest, LoopbackServer, refuse } from './loopback-server.ts';
import { PracticeApplication } from './practice-application.ts';
import {
  acceptsNext,
  type CheckResult,
  type CheckTarget,
  verifyOldRefused,
  verifyRoundTrip,
} from './practice-checks.ts';
import { PracticeRecords } from './practice-records.ts';
import { type PracticeFiles, readServiceAddress, writeServiceAddress } from './service-file.ts';

export interface PracticeServiceOptions {
  files: PracticeFiles;
  /** Preferred, so that the health URL stays the same; another one is taken when it is in use. 0: any. */
  port: number;
  /** Whether the application starts at once; otherwise only the control server does. */
  application: 'started' | 'stopped';
  clock: Clock;
  /** Called once when it was asked to quit, or when its folder is no longer its own. */
  onQuit: () => void;
}

/** What a control command answers: as a program would, with lines and an exit code. */
export interface ControlAnswer {
  exit_code: number;
  stdout: string[];
  stderr: string[];
}

const good = (...stdout: string[]): ControlAnswer => ({ exit_code: 0, stdout, stderr: [] });
const bad = (...stderr: string[]): ControlAnswer => ({ exit_code: 1, stdout: [], stderr });

/**
 * The process around the application, as a supervisor on a real host would be: it keeps a control server of its own,
 * on another port and behind a token, and starts, stops and restarts the application. A stopped application has let
 * go of its port and its keys; re-encryption works on the rows meanwhile.
 */
export class PracticeService {
  readonly #options: PracticeServiceOptions;
  readonly #records: PracticeRecords;
  readonly #token = randomBytes(32).toString('base64url');
  #control: LoopbackServer | null = null;
  #application: PracticeApplication | null = null;
  #port: number;
  /** Control commands run one after the other: a restart never meets a re-encryption. */
  #queue: Promise<unknown> = Promise.resolve();
  #requests = 0;

  private constructor(options: PracticeServiceOptions) {
    this.#options = options;
    this.#records = new PracticeRecords(options.files.records);
    this.#port = options.port;
  }

  /**
   * Starts control server and application, then writes the service file. An application that cannot start leaves
   * the control server up: `start` works once the `.env` is repaired.
   */
  static async start(options: PracticeServiceOptions): Promise<PracticeService> {
    const service = new PracticeService(options);
    service.#control = await LoopbackServer.listen(0, (request) => service.#answer(request));
    if (options.application === 'started') await service.#startApplication();
    writeServiceAddress(options.files.service, service.#address());
    return service;
  }

  /** Requests answered so far: tells an idle service from a used one. */
  get requests(): number {
    return this.#requests + (this.#application?.requests ?? 0);
  }

  /** Whether the service file still names this service: otherwise its folder was reset, moved or deleted. */
  ownsFolder(): boolean {
    return readServiceAddress(this.#options.files.service)?.token === this.#token;
  }

  async quit(): Promise<void> {
    await this.#application?.stop();
    await this.#control?.close();
    if (this.ownsFolder()) rmSync(this.#options.files.service, { force: true });
    this.#options.onQuit();
  }

  #address() {
    return {
      pid: process.pid,
      port: this.#port,
      controlPort: this.#control?.port ?? 0,
      token: this.#token,
    };
  }

  async #answer(request: LoopbackRequest): Promise<LoopbackAnswer> {
    if (!this.#isAuthorized(request.authorization))
      return refuse(401, 'The control token is missing or wrong.');
    if (request.method !== 'POST') return refuse(405, 'Only POST.');
    this.#requests += 1;
    const name = request.path.slice('/control/'.length);
    if (request.path === '/control/status') {
      return {
        status: 200,
        body: { pid: process.pid, running: this.#application !== null, port: this.#port },
      };
    }
    if (request.path === '/control/quit') {
      // Answered first; the connection could not outlive the server.
      setImmediate(() => void this.#inTurn(() => this.quit()));
      return { status: 200, body: good('The practice service quits.') };
    }
    const command = request.path.startsWith('/control/') ? this.#command(name, request.body) : null;
    if (command === null) return refuse(404, 'There is no such control command.');
    return { status: 200, body: await this.#inTurn(command) };
  }

  #isAuthorized(authorization: string | null): boolean {
    const given = Buffer.from(authorization ?? '');
    const expected = Buffer.from(`Bearer ${this.#token}`);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #command(name: string, body: unknown): (() => Promise<ControlAnswer>) | null {
    const input = readInput(body);
    switch (name) {
      case 'restart':
        return () => this.#restart();
      case 'start':
        return async () =>
          this.#application ? good('The practice service is already running.') : this.#restart();
      case 'stop':
        return async () => {
          await this.#stopApplication();
          return good('The practice service is stopped.');
        };
      case 'reencrypt':
        return async () => this.#reencrypt(input);
      case 'verify':
        return () => this.#check((target) => verifyRoundTrip(target));
      case 'accepts-next':
        return async () =>
          input !== null && input.key === null
            ? bad(unknownKey)
            : this.#check((target) => acceptsNext(target, input?.key ?? null));
      case 'verify-old-refused':
        return async () => {
          if (input === null || input.old === null) return bad(noInput);
          const { key, old, next } = input;
          if (key === null) return bad(unknownKey);
          return this.#check((target) => verifyOldRefused(target, key, old, next));
        };
      default:
        return null;
    }
  }

  async #restart(): Promise<ControlAnswer> {
    await this.#stopApplication();
    const problem = await this.#startApplication();
    if (problem !== null) return bad(`The practice service did not start: ${problem}`);
    return good(`The practice service runs on port ${this.#port} and has read its .env anew.`);
  }

  async #stopApplication(): Promise<void> {
    const application = this.#application;
    this.#application = null;
    await application?.stop();
  }

  /** In words why it did not start, or null. */
  async #startApplication(): Promise<string | null> {
    const { files, clock } = this.#options;
    const options = {
      environmentFile: files.environment,
      stateFile: files.state,
      records: this.#records,
      clock,
    };
    const start = (port: number) => PracticeApplication.start(options, port);
    try {
      this.#application = await start(this.#port).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error;
        return start(0);
      });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    if (this.#application.port !== this.#port) {
      this.#port = this.#application.port;
      if (this.ownsFolder()) writeServiceAddress(files.service, this.#address());
    }
    return null;
  }

  async #check(check: (target: CheckTarget) => Promise<CheckResult>): Promise<ControlAnswer> {
    if (this.#application === null) return bad('The practice service is stopped.');
    const { files, clock } = this.#options;
    try {
      const result = await check({
        port: this.#application.port,
        environmentFile: files.environment,
        records: this.#records,
        clock,
      });
      return { exit_code: result.good ? 0 : 1, stdout: result.lines, stderr: [] };
    } catch (error) {
      return bad(`The check could not be made: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #reencrypt(input: CommandInput | null): ControlAnswer {
    if (input === null || input.next === null) return bad(noInput);
    const { key, old, next } = input;
    if (key === null) return bad(unknownKey);
    if (!isDataKey(key))
      return good(`${key} encrypts nothing.`, '{"total": 0, "changed": 0, "remaining_old": 0}');
    const stdout: string[] = [];
    try {
      const { total, changed, remainingOld } = this.#records.reencrypt(key, old, next, (done, all) =>
        stdout.push(`${done} of ${all} rows`),
      );
      stdout.push(JSON.stringify({ total, changed, remaining_old: remainingOld }));
      return { exit_code: remainingOld === 0 ? 0 : 1, stdout, stderr: [] };
    } catch (error) {
      return { ...bad(error instanceof Error ? error.message : String(error)), stdout };
    }
  }
}

interface CommandInput {
  /** Null when the service uses no key of that name. */
  key: PracticeKey | null;
  old: Secret | null;
  next: Secret | null;
}

function readInput(body: unknown): CommandInput | null {
  if (typeof body !== 'object' || body === null) return null;
  const { key, old, new: next } = body as Record<string, unknown>;
  const secret = (value: unknown) => (typeof value === 'string' && value !== '' ? new Secret(value) : null);
  const known = practiceKeys.find((each) => each === key) ?? null;
  return { key: known, old: secret(old), next: secret(next) };
}

const noInput = 'Give one line on standard input: {"key", "old", "new"}.';
const unknownKey = 'The practice service uses no such key.';
