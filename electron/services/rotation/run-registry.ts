import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { foldRun } from '#shared/logic/run-fold.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import type { RunSummary } from '#shared/model/run.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { EventLog } from '../events/event-log.ts';
import {
  emptyRunRegistryState,
  foldRegistry,
  keyOf,
  openRotationIn,
  type RunRegistryState,
} from './run-registry-state.ts';

/**
 * All runs as folds of their events. Only what is open is kept whole; a finished run is read from the log again when
 * someone asks for it. Follows the log, appends of other processes included, whenever it is asked.
 */
export class RunRegistry {
  readonly #log: EventLog;
  readonly #state: RunRegistryState;
  #nextSeq: number;

  /** `cached`: a state folded earlier, with the number of events that it was folded from. */
  constructor(log: EventLog, cached?: { state: RunRegistryState; size: number }) {
    this.#log = log;
    this.#state = cached?.state ?? emptyRunRegistryState();
    this.#nextSeq = cached?.size ?? 0;
  }

  /** Every run, newest first. */
  list(): RunSummary[] {
    this.#follow();
    return Object.values(this.#state.runs)
      .map(({ first_seq: _first, last_seq: _last, ...summary }): RunSummary => summary)
      .reverse();
  }

  /** A run by its id or an unambiguous beginning of it. Throws `run-unknown` or `run-ambiguous`. */
  get(idOrPrefix: string): RunRecord {
    this.#follow();
    const id = this.#resolve(idOrPrefix);
    return this.#state.open[id] ?? this.#reread(id);
  }

  has(id: string): boolean {
    this.#follow();
    return this.#state.runs[id] !== undefined;
  }

  /** The runs that are not finished, oldest first; of one environment or of all. */
  openRuns(environmentId?: string): RunRecord[] {
    this.#follow();
    return Object.values(this.#state.open).filter(
      ({ environment }) => environmentId === undefined || environment.id === environmentId,
    );
  }

  /** The rotation of a key that is under way (planned to retired, rolling back, blocked); archived ones are not. */
  openRotation(environmentId: string, key: string): RotationRecord | null {
    this.#follow();
    return openRotationIn(this.#state, environmentId, key);
  }

  /** The newest rotation of a key, whatever became of it. */
  latestRotation(environmentId: string, key: string): RotationRecord | null {
    this.#follow();
    return this.#state.latest[keyOf(environmentId, key)] ?? null;
  }

  /**
   * Whether the sealed values of a rotation are still needed by it: while it is open (archived included), or when it
   * ended with something uncertain.
   */
  needsSealed(rotationId: string): boolean {
    this.#follow();
    return (
      this.#state.kept.includes(rotationId) ||
      Object.values(this.#state.open).some(({ rotations }) =>
        rotations.some((rotation) => rotation.rotation_id === rotationId && !hasEnded(rotation)),
      )
    );
  }

  /** For the cache: what was folded, and from how many events. */
  snapshot(): { state: RunRegistryState; size: number } {
    this.#follow();
    return { state: this.#state, size: this.#nextSeq };
  }

  #follow(): void {
    if (this.#log.size() <= this.#nextSeq) return;
    for (const event of this.#log.scan(this.#nextSeq)) {
      foldRegistry(this.#state, event);
      this.#nextSeq = event.seq + 1;
    }
  }

  #resolve(idOrPrefix: string): string {
    if (this.#state.runs[idOrPrefix] !== undefined) return idOrPrefix;
    const found =
      idOrPrefix === '' ? [] : Object.keys(this.#state.runs).filter((id) => id.startsWith(idOrPrefix));
    const [only] = found;
    if (only !== undefined && found.length === 1) return only;
    if (found.length > 1) {
      throw new RekeyError('run-ambiguous', {
        message: `${found.length} runs begin with "${idOrPrefix}".`,
        remedy: 'Write more of the id. "rekey runs" lists them.',
      });
    }
    throw new RekeyError('run-unknown', {
      message: `There is no run "${idOrPrefix}".`,
      remedy: 'Look for its id with "rekey runs".',
    });
  }

  #reread(id: string): RunRecord {
    const listed = this.#state.runs[id];
    let run: RunRecord | null = null;
    for (const event of this.#log.scan(listed?.first_seq ?? 0)) {
      if (event.run_id === id) run = foldRun(run, event);
      if (event.seq >= (listed?.last_seq ?? 0)) break;
    }
    if (!run) {
      throw new RekeyError('log-corrupt', {
        message: `The events of run ${id} cannot be read from the log any more.`,
        remedy: 'Check the log with "rekey events verify".',
      });
    }
    return run;
  }
}
