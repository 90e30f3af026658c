import type { Environment, HeldLock, Snapshot } from '#electron/environments/environment.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import { environmentOfRun } from './places.ts';
import type { RotationDependencies } from './rotation-dependencies.ts';
import type { AdvanceOptions } from './rotation-service.ts';
import { RotationValues } from './rotation-values.ts';

/** One drive of a run: its environment, its lock, the opened values, and what is said on the way. */
export class RotationSession {
  readonly runId: string;
  readonly environment: Environment;
  readonly values: RotationValues;
  readonly options: AdvanceOptions;
  readonly lines: string[] = [];
  /** Ids of the rotations whose adoption was looked at in this drive. */
  readonly verified = new Set<string>();
  readonly #dependencies: RotationDependencies;
  #lock: HeldLock | null = null;
  #beforeSealing: Snapshot | null = null;

  constructor(dependencies: RotationDependencies, run: RunRecord, options: AdvanceOptions) {
    this.#dependencies = dependencies;
    this.runId = run.run_id;
    this.options = options;
    this.environment = environmentOfRun(dependencies.environments, run);
    this.values = new RotationValues(dependencies);
  }

  /** The run as its events say now. */
  get run(): RunRecord {
    return this.#dependencies.runs.get(this.runId);
  }

  rotation(rotationId: string): RotationRecord {
    const found = this.run.rotations.find(({ rotation_id }) => rotation_id === rotationId);
    if (!found) throw new RangeError('The run has no such rotation');
    return found;
  }

  /**
   * What the environment held before values were sealed, read once in a drive: each host of a fleet is asked for it.
   * It may have changed since; a value is sealed only if its fingerprint is the planned one, and a write looks again.
   */
  async beforeSealing(): Promise<Snapshot> {
    this.#beforeSealing ??= await this.environment.read({ thorough: false });
    return this.#beforeSealing;
  }

  say(line: string): void {
    this.lines.push(line);
    this.options.onProgress?.(line);
  }

  /**
   * Takes the environment's lock for this run's effects, or makes sure that it is still held. A lock that a dead
   * process of the same run left is taken up again. Throws `environment-locked`.
   */
  async hold(): Promise<void> {
    if (this.#lock) {
      await this.#lock.assertHeld();
      return;
    }
    this.#lock = await this.environment.lock({
      runId: this.runId,
      operator: this.#dependencies.operator(),
      isOver: (runId) => this.#dependencies.runs.isOver(runId),
    });
  }

  /** Gives the lock back: the one that was taken, or one that a dead process of this run left. */
  async release(): Promise<void> {
    const lock = this.#lock ?? (await this.#leftLock());
    this.#lock = null;
    await lock?.release();
  }

  /** What was left to do may not have needed the environment; its lock must not stay behind all the same. */
  async #leftLock(): Promise<HeldLock | null> {
    try {
      const status = await this.environment.lockStatus();
      if (status?.lock.runId !== this.runId || status.owner === 'alive') return null;
      return await this.environment.lock({ runId: this.runId, operator: this.#dependencies.operator() });
    } catch (error) {
      // An environment that cannot be reached, or whose lock cannot be judged from here, keeps it.
      if (isRekeyError(error)) return null;
      throw error;
    }
  }
}
