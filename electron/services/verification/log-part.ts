import { LogProof, type ProofSegment } from '#shared/model/log-proof.ts';
import type { ReportLog } from '#shared/model/report.ts';
import { readLimits } from './bundle-rules.ts';
import { demandCanonical, parseLogLine } from './json-file.ts';
import { emptyTreeRoot, GrowingTree, leafOf, subtreeLevels } from './merkle-check.ts';
import { demand, printable } from './outcome.ts';
import type { Checkpoint } from './signed-note-check.ts';
import type { VerifiedFiles } from './verified-files.ts';

const maximumLineLength = 1024 * 1024;
const closings = ['rotated', 'rolled-back', 'abandoned'];

/** An event that ends a rotation, where it stands in the tree. */
export interface ClosingEvent {
  readonly seq: unknown;
  readonly rotationId: unknown;
  readonly leaf: string;
}

export type Event = Record<string, unknown>;

/** What the events of a log and its proof tell, once they give the log's root. */
export interface VerifiedLog {
  readonly checkpoint: Checkpoint;
  readonly closings: ReadonlyMap<number, ClosingEvent>;
  /** `log`/`moved` events: each names the log that this one continues. */
  readonly moved: readonly Event[];
  readonly begun: Event | null;
  readonly events: number;
  /** What the tree was at a size that was asked for; null where the proof does not tell. */
  readonly rootAt: string | null;
  /** The sizes next to it that the proof tells. */
  readonly provable: { below: number; above: number | null };
}

/** Which event began the report, and at which further size the root is wanted. */
interface Wanted {
  readonly reportId: string | null;
  readonly askedSize: number | null;
}

/** Reads the events of a log, and folds them with the hashes beside them into the root that is expected. */
export function readLogPart(
  files: VerifiedFiles,
  log: ReportLog,
  expected: Checkpoint,
  wanted: Wanted,
): VerifiedLog {
  const proofPath = `${log.folder}/proof.json`;
  const proof = demandCanonical(proofPath, files.read(proofPath, readLimits.proof), LogProof);
  demand(
    proof.origin === expected.origin && proof.size === expected.size && proof.root === expected.root,
    `${proofPath} is of another log, size or root than ${log.folder}/checkpoint`,
  );
  const part = new LogPartReader(files, log, proofPath, wanted);
  try {
    for (const segment of proof.segments) part.take(segment);
    return { checkpoint: expected, ...part.finish(expected) };
  } finally {
    part.close();
  }
}

/** Goes through the segments of a proof and the lines of the events side by side. */
class LogPartReader {
  readonly #log: ReportLog;
  readonly #proofPath: string;
  readonly #eventsPath: string;
  readonly #lines: Generator<Buffer>;
  readonly #tree = new GrowingTree();
  readonly #collected: CollectedEvents;
  readonly #reached: ReachedSizes;

  constructor(files: VerifiedFiles, log: ReportLog, proofPath: string, wanted: Wanted) {
    this.#log = log;
    this.#proofPath = proofPath;
    this.#eventsPath = `${log.folder}/events.jsonl`;
    this.#lines = files.lines(this.#eventsPath, maximumLineLength);
    this.#collected = new CollectedEvents(wanted.reportId);
    this.#reached = new ReachedSizes(wanted.askedSize);
  }

  take(segment: ProofSegment): void {
    const follows = segment.from === this.#tree.size && segment.to > segment.from;
    demand(follows, `${this.#proofPath} has a gap or an overlap`);
    if (segment.kind === 'hashes') this.#takeHashes(segment.from, segment.to, segment.nodes);
    else this.#takeEvents(segment.from, segment.to, segment.first_seq);
  }

  finish(expected: Checkpoint): Omit<VerifiedLog, 'checkpoint'> {
    demand(this.#tree.size === expected.size, `${this.#proofPath} does not cover the whole log`);
    demand(
      this.#lines.next().done === true,
      `there are more events in ${this.#eventsPath} than its proof covers`,
    );
    demand(
      this.#tree.root() === expected.root,
      `the events in ${this.#eventsPath} are not those of the log: they give another root than the signed one`,
    );
    return { ...this.#collected.found, ...this.#reached.found };
  }

  close(): void {
    this.#lines.return(undefined);
  }

  #takeHashes(from: number, to: number, hashes: readonly string[]): void {
    const levels = [...subtreeLevels(from, to)];
    demand(
      levels.length === hashes.length,
      `${this.#proofPath} has ${hashes.length} hashes where ${levels.length} belong`,
    );
    for (const [index, level] of levels.entries()) this.#grow(hashes[index] as string, level);
  }

  #takeEvents(from: number, to: number, firstSeq: number): void {
    let seq = firstSeq;
    while (this.#tree.size < to) {
      const next = this.#lines.next();
      demand(!next.done, `events are missing in ${this.#eventsPath}: it ends before event ${seq}`);
      const event = parseLogLine(next.value);
      demand(event !== null, `${this.#eventsPath} has a line that is no event, where event ${seq} should be`);
      const gap = this.#log.gaps.find(({ first, last }) => first === seq && event.seq === last + 1);
      if (gap && this.#tree.size > from) seq = gap.last + 1;
      demand(
        event.seq === seq,
        `${this.#eventsPath} has event ${printable(String(event.seq))} where event ${seq} should be`,
      );
      const leaf = leafOf(next.value);
      this.#collected.add(event, this.#tree.size, leaf);
      this.#grow(leaf, 0);
      seq += 1;
    }
  }

  #grow(hash: string, level: number): void {
    this.#tree.add(hash, level);
    this.#reached.add(this.#tree);
  }
}

/** Picks the events that other checks ask for. */
class CollectedEvents {
  readonly #reportId: string | null;
  readonly #closings = new Map<number, ClosingEvent>();
  readonly #moved: Event[] = [];
  #begun: Event | null = null;
  #events = 0;

  constructor(reportId: string | null) {
    this.#reportId = reportId;
  }

  add(event: Event, index: number, leaf: string): void {
    this.#events += 1;
    const { event_type: type, action } = event;
    if (type === 'key_rotation' && closings.includes(action as string)) {
      this.#closings.set(index, { seq: event.seq, rotationId: event.rotation_id, leaf });
    } else if (type === 'log' && action === 'moved') this.#moved.push(event);
    else if (type === 'report' && action === 'begun' && event.id === this.#reportId) this.#begun ??= event;
  }

  get found() {
    return { closings: this.#closings, moved: this.#moved, begun: this.#begun, events: this.#events };
  }
}

/** Remembers the root at one size, and which sizes beside it could be proven. */
class ReachedSizes {
  readonly #asked: number | null;
  #root: string | null;
  #below = 0;
  #above: number | null = null;

  constructor(asked: number | null) {
    this.#asked = asked;
    this.#root = asked === 0 ? emptyTreeRoot : null;
  }

  add(tree: GrowingTree): void {
    if (this.#asked === null) return;
    if (tree.size === this.#asked) this.#root = tree.root();
    else if (tree.size < this.#asked) this.#below = tree.size;
    else this.#above ??= tree.size;
  }

  get found() {
    return { rootAt: this.#root, provable: { below: this.#below, above: this.#above } };
  }
}
