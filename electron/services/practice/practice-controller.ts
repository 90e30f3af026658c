import { readFileSync, rmSync } from 'node:fs';
import type { Clock } from '#shared/model/clock.ts';
import { RekeyError } from '#shared/model/errors.ts';
import { callLoopback } from './loopback-client.ts';
import type { ControlAnswer } from './practice-service.ts';
import { type PracticeFiles, readServiceAddress, type ServiceAddress } from './service-file.ts';
import type { ServiceLauncher } from './service-launcher.ts';
import { withStartLock } from './start-lock.ts';

export interface PracticeControllerOptions {
  files: PracticeFiles;
  /** The service's program: `workerEntry(…, 'practice-service')`. */
  entry: string;
  launcher: ServiceLauncher;
  clock: Clock;
  /** The port in the environment's health URL: where the service should listen. 0: any. */
  preferredPort: () => number;
  /** Told when the service listens elsewhere, because that port was taken by another program. */
  onPort: (port: number) => void;
}

export interface ServiceStatus {
  /** Whether the service's process answers. */
  present: boolean;
  /** Whether its application is started. */
  running: boolean;
  port: number | null;
}

const absent: ServiceStatus = { present: false, running: false, port: null };
/** Starting takes 0.2 s; a machine that swaps may need longer. */
const startTimeoutMs = 20_000;
const pollMs = 25;

/** Starts, asks and ends the practice service, whoever launched it: another Rekey's service is taken as it is. */
export class PracticeController {
  readonly #options: PracticeControllerOptions;
  #launchedHere = false;

  constructor(options: PracticeControllerOptions) {
    this.#options = options;
  }

  async status(): Promise<ServiceStatus> {
    const address = readServiceAddress(this.#options.files.service);
    return address === null ? absent : ((await askStatus(address)) ?? absent);
  }

  /**
   * Makes sure that the service's process is there and its application started; two starts at once launch one.
   * Resolves to what the service says: an exit code other than 0 when the `.env` does not let it start.
   * Throws `environment-unreachable` when the process itself does not come up.
   */
  async start(): Promise<ControlAnswer> {
    await this.#ensurePresent('started');
    return this.call('start');
  }

  /**
   * Makes sure that the service's process is there, and leaves its application as it is: stopped where the process
   * has to be launched. What re-encryption needs while the service stands still.
   */
  async stand(): Promise<void> {
    await this.#ensurePresent('stopped');
  }

  #ensurePresent(application: 'started' | 'stopped'): Promise<void> {
    return withStartLock(this.#options.files.start, this.#options.clock, async () => {
      if (!(await this.status()).present) await this.#launch(application);
    });
  }

  /**
   * Sends one control command. Throws `environment-unreachable` when no service answers. A re-encryption has no
   * time limit here; whoever calls aborts the signal.
   */
  async call(command: string, input?: unknown, signal?: AbortSignal): Promise<ControlAnswer> {
    const address = readServiceAddress(this.#options.files.service);
    if (address === null) throw notRunning();
    const reply = await callLoopback({
      port: address.controlPort,
      token: address.token,
      method: 'POST',
      path: `/control/${command}`,
      ...(input === undefined ? {} : { body: input }),
      ...(signal === undefined ? {} : { signal }),
      timeoutMs: 10 * 60_000,
    }).catch((cause: unknown) => {
      throw notRunning(cause);
    });
    if (reply.status !== 200 || !isControlAnswer(reply.body)) throw notRunning();
    this.#followPort();
    return reply.body;
  }

  /** Ends the service's process, whoever launched it. Resolves when it is gone; fine when there is none. */
  async quit(): Promise<void> {
    const address = readServiceAddress(this.#options.files.service);
    if (address === null || (await askStatus(address)) === null) return;
    await this.call('quit');
    const { clock } = this.#options;
    const deadline = clock.monotonic() + startTimeoutMs;
    while ((await askStatus(address)) !== null) {
      if (clock.monotonic() > deadline) throw stillRunning(address.pid);
      await pause(pollMs);
    }
    this.#launchedHere = false;
  }

  /** Ends the service if this Rekey launched it: another one may still use it otherwise. */
  async quitIfLaunchedHere(): Promise<boolean> {
    if (!this.#launchedHere) return false;
    await this.quit();
    return true;
  }

  async #launch(application: 'started' | 'stopped'): Promise<void> {
    const { files, entry, launcher, clock, preferredPort } = this.#options;
    // What a killed service left behind must not be taken for the new one's.
    rmSync(files.service, { force: true });
    rmSync(files.failure, { force: true });
    const port = String(preferredPort());
    const launched = launcher.launch(entry, [files.folder, port, launcher.lifetime, application]);
    let ended = false;
    void launched.ended.then(() => {
      ended = true;
    });
    const deadline = clock.monotonic() + startTimeoutMs;
    while (!(await this.status()).present) {
      if (ended) throw notStarted(failureText(files.failure));
      if (clock.monotonic() > deadline) {
        launched.kill();
        throw notStarted('it did not answer in time');
      }
      await pause(pollMs);
    }
    this.#launchedHere = true;
    this.#followPort();
  }

  #followPort(): void {
    const port = readServiceAddress(this.#options.files.service)?.port ?? 0;
    if (port !== 0 && port !== this.#options.preferredPort()) this.#options.onPort(port);
  }
}

/** Null when the address is stale: nobody answers there, or somebody else. */
async function askStatus(address: ServiceAddress): Promise<ServiceStatus | null> {
  try {
    const reply = await callLoopback({
      port: address.controlPort,
      token: address.token,
      method: 'POST',
      path: '/control/status',
      timeoutMs: 2_000,
    });
    const body = reply.body as { running?: unknown; port?: unknown; pid?: unknown } | null;
    if (reply.status !== 200 || body?.pid !== address.pid) return null;
    return {
      present: true,
      running: body.running === true,
      port: typeof body.port === 'number' ? body.port : null,
    };
  } catch {
    return null;
  }
}

function isControlAnswer(body: unknown): body is ControlAnswer {
  if (typeof body !== 'object' || body === null) return false;
  const { exit_code, stdout, stderr } = body as Record<string, unknown>;
  const isLines = (value: unknown) => Array.isArray(value) && value.every((line) => typeof line === 'string');
  return typeof exit_code === 'number' && isLines(stdout) && isLines(stderr);
}

function failureText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return 'it ended at once';
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function notRunning(cause?: unknown): RekeyError {
  return new RekeyError('environment-unreachable', {
    message: 'The practice service is not running.',
    remedy: 'Start it: choose "Practise" in the window, or run `rekey practice start`.',
    ...(cause === undefined ? {} : { cause }),
  });
}

function notStarted(why: string): RekeyError {
  return new RekeyError('environment-unreachable', {
    message: `The practice service could not be started: ${why}.`,
    unchanged: 'The practice environment is as it was.',
    remedy: 'Try again; if it fails again, reset the practice environment: `rekey practice reset`.',
  });
}

function stillRunning(pid: number): RekeyError {
  return new RekeyError('environment-unreachable', {
    message: `The practice service (process ${pid}) was asked to quit and is still there.`,
    unchanged: 'The practice environment is as it was.',
    remedy: `End process ${pid}, then try again.`,
    details: { pid },
  });
}
