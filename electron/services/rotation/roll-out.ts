import { atOnce } from '#electron/environments/fleet/at-once.ts';
import type { Fleet, FleetHost } from '#electron/environments/fleet/fleet.ts';
import { canRestart } from '#shared/logic/rotation-machine.ts';
import { currentPath } from '#shared/logic/rotation-path.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { HostProgress } from '#shared/model/run.ts';
import type { RunHostData } from '#shared/model/run-event.ts';
import { commandProblem, findAdoption } from './adoption.ts';
import { type EffectResult, shared, type Taking } from './effect-result.ts';
import { AmbiguousEnvironment, type WriteStep, writeGroup } from './environment-writes.ts';
import { recordedOf } from './host-progress.ts';
import type { RotationDependencies } from './rotation-dependencies.ts';
import { RotationJournal } from './rotation-journal.ts';
import { configuredCommands } from './rotation-planner.ts';
import type { RotationSession } from './rotation-session.ts';
import { restart } from './service-effects.ts';

/** After these the host is looked at before the next wave: something is signed or encrypted with another value now. */
const lookedAtAfter: readonly string[] = ['activate', 'roll-back'];

/**
 * Takes one write of a group of rotations to the hosts of a fleet, wave by wave: each host is written, restarted where
 * the path restarts next, and looked at, before the next wave begins. Each host is announced in the log before and
 * recorded after. A host that fails ends the roll-out after its wave; nothing is taken back by itself.
 *
 * Doing it again goes on where it stopped: what a host holds already is not written again, and a host that is recorded
 * as restarted after this very step is not restarted again.
 */
export class RollOut {
  readonly #dependencies: RotationDependencies;
  readonly #session: RotationSession;
  readonly #fleet: Fleet;
  readonly #group: readonly Taking[];
  readonly #step: WriteStep;
  readonly #restarts: boolean;
  readonly #journal: RotationJournal;

  constructor(
    dependencies: RotationDependencies,
    session: RotationSession,
    fleet: Fleet,
    step: WriteStep,
    group: readonly Taking[],
  ) {
    this.#dependencies = dependencies;
    this.#session = session;
    this.#fleet = fleet;
    this.#step = step;
    this.#group = group;
    this.#journal = new RotationJournal(dependencies.log);
    const configured = configuredCommands(session.environment.config);
    this.#restarts = fleet.commandsOnHosts && canRestart({ configured }) && group.some(restartsNext);
  }

  async perform(): Promise<Map<string, EffectResult>> {
    const { waves, atOnce: limit } = this.#fleet;
    for (const [index, wave] of waves.entries()) {
      const look = index < waves.length - 1 && lookedAtAfter.includes(this.#step);
      const results = await atOnce(wave, limit, (host) => this.#take(host, index + 1, look));
      const problems = results.flatMap((result) => {
        // Rekey's own storage failed: that stops everything.
        if ('error' in result) throw result.error;
        return result.value === null ? [] : [{ host: result.item.name, problem: result.value }];
      });
      if (problems.length > 0) return shared(this.#group, this.#stopped(problems, index));
      if (this.#session.options.signal?.aborted && index < waves.length - 1) {
        return shared(this.#group, {
          outcome: 'failed',
          code: 'run-waits',
          message: `Stopped by the operator after wave ${index + 1} of ${waves.length}.`,
        });
      }
    }
    return new Map(
      this.#group.map(({ rotation, data }) => [
        rotation.rotation_id,
        { outcome: 'done', data: { ...data, hosts: this.#fleet.hosts.map(({ name }) => name) } },
      ]),
    );
  }

  /** Null when the host did what it should; else what went wrong. Throws only what is not the host's fault. */
  async #take(host: FleetHost, wave: number, look: boolean): Promise<string | null> {
    const before = recordedOf(this.#session, host.name, this.#step);
    const record = (state: HostProgress['state'], restarted: boolean, problem: string | null) => {
      const data: RunHostData = { host: host.name, step: this.#step, wave, state, restarted, problem };
      this.#journal.run(this.#session.run, 'host', data);
    };
    // A host that this run has not come to yet runs with what its file says.
    const begun = this.#session.run.hosts?.some((one) => one.host === host.name) ?? false;
    let restarted = before?.restarted ?? false;
    record('working', restarted, null);
    const { onProgress } = this.#session.options;
    try {
      const changed = await writeGroup(
        host.environment,
        this.#group.map(({ rotation, data, step }) => ({ rotation, step: step.id as WriteStep, data })),
        this.#session.values,
      );
      if (this.#restarts && (changed || (begun && !restarted))) {
        restarted = false;
        const result = await restart(host.environment, this.#session.options);
        if (result.outcome !== 'ok') {
          const problem = commandProblem(result);
          record('failed', false, problem);
          return problem;
        }
        restarted = true;
      }
      const refuted = look ? await this.#refuted(host) : null;
      record(refuted === null ? 'done' : 'failed', restarted, refuted);
      onProgress?.(`${host.name}: ${refuted ?? (restarted ? 'written and restarted' : 'written')}`);
      return refuted;
    } catch (error) {
      if (error instanceof AmbiguousEnvironment || isRekeyError(error)) {
        if (isRekeyError(error) && error.exitCode === 5) throw error;
        const unknown = isRekeyError(error, 'connection-lost');
        record(unknown ? 'unknown' : 'failed', restarted, error.message);
        onProgress?.(`${host.name}: ${error.message}`);
        return error.message;
      }
      throw error;
    }
  }

  /** What contradicts that this host uses what it was given; null when nothing does. */
  async #refuted(host: FleetHost): Promise<string | null> {
    const { options } = this.#session;
    const report = await findAdoption(
      host.environment,
      this.#group.map(({ rotation }) => ({
        rotation,
        expected: rotation.rollback === null ? rotation.new_fingerprint : rotation.old_fingerprint,
      })),
      {
        clock: this.#dependencies.clock,
        patienceMs: this.#dependencies.healthPatienceMs ?? 10_000,
        onProgress: (line) => options.onProgress?.(`${host.name}: ${line}`),
        signal: options.signal,
      },
    );
    for (const finding of report.findings.values()) if (finding.level === null) return finding.refuted;
    return null;
  }

  #stopped(problems: readonly { host: string; problem: string }[], wave: number): EffectResult {
    const left = this.#fleet.waves.slice(wave + 1).flat().length;
    const who = problems.map(({ host, problem }) => `${host}: ${problem}`).join(' ');
    const rest = left === 0 ? '' : ` ${left} ${left === 1 ? 'host was' : 'hosts were'} not begun.`;
    return {
      outcome: 'failed',
      code: 'environment-unreachable',
      message: `Stopped in wave ${wave + 1} of ${this.#fleet.waves.length}. ${who}${rest} Try again, leave the host out with a reason, or roll back.`,
    };
  }
}

function restartsNext({ rotation, step }: Taking): boolean {
  const path = currentPath(rotation);
  return path[path.findIndex(({ id }) => id === step.id) + 1]?.effect === 'restart';
}
