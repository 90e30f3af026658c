import type { Environment, HeldLock } from '#electron/environments/environment.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import { environmentOfRun, type Place, readPlaces } from './places.ts';
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
  #places: Promise<Place[]> | null = null;

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
   * What every place of the environment holds, read once until this drive changes something: each host of a fleet is
   * asked for it. Others may have changed it since; whoever writes looks again.
   */
  places(): Promise<Place[]> {
    this.#places ??= readPlaces(this.environment);
    return this.#places;
  }

  /** What was read holds no longer, or may not: the next one who asks reads anew. */
  forgetPlaces(): void {
    this.#places = null;
  }

  say(line: string): void {
    this.lines.push(line);
    this.options.onProgress?.(line);
  }

  /**
   * Takes the environment's lock for this run's effects; where something is to be `changed`, makes sure that it is
   * still held. A lock that a dead process of the same run left is taken up again. Throws `environment-locked`.
   */
  async hold(changed: boolean): Promise<void> {
    if (this.#lock) {
      if (changed) await this.#lock.assertHeld();
      return;
    }
    // What was read before was not under the lock.
    this.forgetPlaces();
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
