import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { foldRun } from '#shared/logic/run-fold.ts';
import { RekeyError } from '#shared/model/errors.ts';
import type { RotationRecord } from '#shared/model/rotation.ts';
import type { RunSummary } from '#shared/model/run.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { EventLog } from '../events/event-log.ts';
import { Projection } from '../events/projection.ts';
import {
  emptyRunRegistryState,
  foldRegistry,
  keyOf,
  openRotationIn,
  type RunRegistryState,
} from './run-registry-state.ts';

/** Raised when the folds or the form of the state change: a cache of an older one is then ignored. */
const registryVersion = 1;

/**
 * All runs as folds of their events. Only what is open is kept whole; a finished run is read from the log again when
 * someone asks for it. Follows the log, appends of other processes included, whenever it is asked.
 */
export class RunRegistry {
  readonly #log: EventLog;
  readonly #projection: Projection<RunRegistryState>;

  /** `cacheFile`: such as `<data>/cache/runs.json`; makes the start independent of the log's length. */
  constructor(options: { log: EventLog; cacheFile: string }) {
    this.#log = options.log;
    this.#projection = new Projection<RunRegistryState>({
      log: options.log,
      cacheFile: options.cacheFile,
      version: registryVersion,
      initial: emptyRunRegistryState,
      apply: (state, event) => {
        foldRegistry(state, event);
        return state;
      },
      parse: (json) => json as RunRegistryState,
    });
  }

  /** Every run, newest first. */
  list(): RunSummary[] {
    return Object.values(this.#state.runs)
      .map(({ first_seq: _first, last_seq: _last, ...summary }): RunSummary => summary)
      .reverse();
  }

  /** A run by its id or an unambiguous beginning of it. Throws `run-unknown` or `run-ambiguous`. */
  get(idOrPrefix: string): RunRecord {
    const state = this.#state;
    const id = resolveRun(state, idOrPrefix);
    return state.open[id] ?? this.#reread(id);
  }

  has(id: string): boolean {
    return this.#state.runs[id] !== undefined;
  }

  /** The runs that are not finished, oldest first; of one environment or of all. */
  openRuns(environmentId?: string): RunRecord[] {
    return Object.values(this.#state.open).filter(
      ({ environment }) => environmentId === undefined || environment.id === environmentId,
    );
  }

  /** Whether the log knows a run, and its end. */
  isOver(runId: string): boolean {
    return this.#state.runs[runId] !== undefined && this.#state.open[runId] === undefined;
  }

  /** The rotation of a key that is under way (planned to retired, rolling back, blocked); archived ones are not. */
  openRotation(environmentId: string, key: string): RotationRecord | null {
    return openRotationIn(this.#state, environmentId, key);
  }

  /** What the log says of rotations now, by one look at it, for a status of many keys. */
  rotations(): {
    openRotation(environmentId: string, key: string): RotationRecord | null;
    knowsRotation(rotationId: string): boolean;
  } {
    const state = this.#state;
    return {
      openRotation: (environmentId, key) => openRotationIn(state, environmentId, key),
      knowsRotation: (rotationId) => state.rotations[rotationId] !== undefined,
    };
  }

  /** The newest rotation of a key, whatever became of it. */
  latestRotation(environmentId: string, key: string): RotationRecord | null {
    return this.#state.latest[keyOf(environmentId, key)] ?? null;
  }

  /**
   * Whether the sealed values of a rotation are still needed by it: while it is open (archived included), or when it
   * ended with something uncertain.
   */
  needsSealed(rotationId: string): boolean {
    return (
      this.#state.kept.includes(rotationId) ||
      Object.values(this.#state.open).some(({ rotations }) =>
        rotations.some((rotation) => rotation.rotation_id === rotationId && !hasEnded(rotation)),
      )
    );
  }

  /** Saves the cache. For the end of the process. */
  close(): void {
    this.#projection.close();
  }

  get #state(): RunRegistryState {
    return this.#projection.state;
  }

  #reread(id: string): RunRecord {
    const run = this.#rereadHere(id) ?? this.#rereadEverywhere(id);
    if (run) return run;
    throw new RekeyError('log-corrupt', {
      message: `The events of run ${id} cannot be read from the log any more.`,
      remedy: 'Check the log with "rekey events verify".',
    });
  }

  /** From where the run's events lie in the log, if they all lie in this one. */
  #rereadHere(id: string): RunRecord | null {
    const listed = this.#state.runs[id];
    if (!listed || listed.last_seq >= this.#log.tip().nextSeq) return null;
    let run: RunRecord | null = null;
    for (const event of this.#log.scan(listed.first_seq)) {
      if (event.run_id === id) run = foldRun(run, event);
      if (run === null || event.seq >= listed.last_seq) break;
    }
    return run;
  }

  /** The log was moved since: through the earlier logs, then through this one. */
  #rereadEverywhere(id: string): RunRecord | null {
    let run: RunRecord | null = null;
    for (const events of [this.#log.earlier(), this.#log.scan(0)]) {
      for (const event of events) if (event.run_id === id) run = foldRun(run, event);
    }
    return run;
  }
}

function resolveRun(state: RunRegistryState, idOrPrefix: string): string {
  if (state.runs[idOrPrefix] !== undefined) return idOrPrefix;
  const found = idOrPrefix === '' ? [] : Object.keys(state.runs).filter((id) => id.startsWith(idOrPrefix));
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
