import { closeSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { makePrivateFolder, temporaryPathFor } from '#electron/storage/atomic-file.ts';
import { writeAll } from '#electron/storage/write-all.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import type { LogEvent } from '#shared/model/event.ts';
import type { EventLog } from './event-log.ts';
import { sha256 } from './sha256.ts';

export interface ProjectionOptions<State> {
  log: EventLog;
  /** Cache file, such as `<data>/cache/runs.json`. */
  cacheFile: string;
  /** Raised when `apply` or the form of the state changes: older caches are then ignored. */
  version: number;
  initial: () => State;
  /** One event folded in. May change `state` in place; returns the state that holds now. */
  apply: (state: State, event: LogEvent) => State;
  /** To JSON. Default: the state is JSON already. */
  serialise?: (state: State) => unknown;
  /** From JSON; throws for what it does not know. */
  parse: (json: unknown) => State;
}

interface CacheHeader {
  format: 1;
  name: string;
  version: number;
  /** The log that the state was folded from: this many events, with this root. */
  size: number;
  root: string;
  nextSeq: number;
  /** Of the state's text, which follows on the next line. */
  sha256: string;
}

/** Folding fewer events than this at the next start is cheaper than writing the cache. */
const eventsWorthSaving = 256;
/** Folding this many was felt: the cache is saved at once, or a crash would make every later start fold them again. */
const eventsWorthSavingAtOnce = 20_000;

/**
 * A state folded from the log, always current when it is asked for. A cache makes the start independent of the log's
 * length: it is used only if the log still has the very events that it was made from (size and root), and whatever
 * is wrong with it costs time, never truth.
 */
export class Projection<State> {
  readonly #options: ProjectionOptions<State>;
  #state: State | null = null;
  #generation = 0;
  #nextSeq = 0;
  /** Events folded since the cache was read or written. */
  #unsaved = 0;

  constructor(options: ProjectionOptions<State>) {
    this.#options = options;
  }

  /** The state after all events of the log, those of other processes and of earlier logs included. */
  get state(): State {
    const { log } = this.#options;
    const tip = log.tip();
    if (this.#state === null) this.#state = this.#cached() ?? this.#fromTheBeginning();
    else if (tip.generation !== this.#generation) this.#state = this.#fromTheBeginning();
    else if (tip.nextSeq === this.#nextSeq) return this.#state;
    this.#generation = tip.generation;
    for (const event of log.scan(this.#nextSeq)) this.#fold(event, event.seq + 1);
    if (this.#unsaved >= eventsWorthSavingAtOnce) this.save();
    return this.#state;
  }

  /** Saves the cache if that is worth it. Never throws: a cache is only a cache. */
  save(): void {
    if (this.#state === null || this.#unsaved < eventsWorthSaving) return;
    const { log, cacheFile, version, serialise } = this.#options;
    const tip = log.tip();
    const root = log.rootAt(tip.size);
    if (root === null || tip.generation !== this.#generation || tip.nextSeq !== this.#nextSeq) return;
    const state = Buffer.from(JSON.stringify(serialise ? serialise(this.#state) : this.#state));
    const header: CacheHeader = {
      format: 1,
      name: basename(cacheFile),
      version,
      size: tip.size,
      root,
      nextSeq: tip.nextSeq,
      sha256: sha256(state).toString('hex'),
    };
    try {
      replaceWithoutSync(cacheFile, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), state]));
      this.#unsaved = 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }

  /** Brings the state up to date and saves it, if the log can be read. For the end of the process. */
  close(): void {
    if (this.#state === null) return;
    try {
      void this.state;
      this.save();
    } catch (error) {
      // A log that cannot be read is reported by whoever needs it, not by the saving of a cache.
      if (!isRekeyError(error)) throw error;
    }
  }

  #fromTheBeginning(): State {
    const { log, initial } = this.#options;
    this.#state = initial();
    this.#nextSeq = 0;
    this.#unsaved = 0;
    for (const event of log.earlier()) this.#fold(event, 0);
    return this.#state;
  }

  #fold(event: LogEvent, nextSeq: number): void {
    this.#state = this.#options.apply(this.#state as State, event);
    this.#nextSeq = nextSeq;
    this.#unsaved += 1;
  }

  #cached(): State | null {
    const { log, cacheFile, version, parse } = this.#options;
    try {
      const file = readFileSync(cacheFile);
      const headerEnd = file.indexOf('\n');
      const header = JSON.parse(file.toString('utf8', 0, headerEnd)) as CacheHeader;
      const state = file.subarray(headerEnd + 1);
      const fits =
        header.format === 1 &&
        header.name === basename(cacheFile) &&
        header.version === version &&
        header.sha256 === sha256(state).toString('hex') &&
        log.rootAt(header.size) === header.root;
      if (!fits) return null;
      const parsed = parse(JSON.parse(state.toString('utf8')));
      this.#nextSeq = header.nextSeq;
      this.#unsaved = 0;
      return parsed;
    } catch {
      return null;
    }
  }
}

/** Atomic against readers, but not durable: a cache that a power cut empties is made again. */
function replaceWithoutSync(path: string, bytes: Uint8Array): void {
  makePrivateFolder(dirname(path));
  const temporary = temporaryPathFor(path);
  try {
    const descriptor = openSync(temporary, 'wx', 0o600);
    try {
      writeAll(descriptor, bytes);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
