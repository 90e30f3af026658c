import type { ProcessIdentity } from '#electron/storage/process-identity.ts';
import { equalBytes, hexOf } from '#shared/logic/bytes.ts';
import { frontierNodes, storedHashIndex } from '#shared/logic/merkle.ts';
import type { Clock } from '#shared/model/clock.ts';
import type { LogProblem } from '#shared/model/event.ts';
import { CheckpointStore, type StoredCheckpoint } from './checkpoint-store.ts';
import type { LogState } from './log-state.ts';

/** The tree of a log as it is now. */
export interface PresentTree {
  readonly size: number;
  /** The root over the first events; not more than there are. */
  rootAt(size: number): Uint8Array;
  /** A stored hash by its position (shared/logic/merkle.ts). */
  read(position: number): Uint8Array;
}

/**
 * How a log differs from what its newest checkpoint says: `truncated`: events at its end are missing, the rest is
 * the same; `forked`: it is the same up to a place and another one from there on, as when an old copy was put back
 * and went on; `rewritten`: events were changed that others follow which are the same.
 */
export interface Divergence {
  readonly kind: 'truncated' | 'rewritten' | 'forked';
  /** The first difference is one of these events, counted from 0, both included. */
  readonly first: number;
  readonly last: number;
  /** Size that the newest checkpoint tells. */
  readonly checkpointSize: number;
}

/**
 * Compares a log with its checkpoints, newest first. Null if it goes on from the newest one: that alone is looked at
 * then, with O(log n) reads.
 */
export function compareWithCheckpoints(
  tree: PresentTree,
  checkpoints: Iterable<StoredCheckpoint>,
): Divergence | null {
  const all = checkpoints[Symbol.iterator]();
  const first = all.next();
  if (first.done) return null;
  const newest = first.value;
  if (newest.size <= tree.size && equalBytes(tree.rootAt(newest.size), newest.root)) return null;

  const { same, other } = partsKnown(tree, [newest, ...rest(all)]);
  if (other.length === 0) {
    return { kind: 'truncated', first: tree.size, last: newest.size - 1, checkpointSize: newest.size };
  }
  const end = Math.min(...other.map(({ to }) => to));
  let begin = 0;
  for (const { from, to } of same.sort((a, b) => a.from - b.from))
    if (from <= begin) begin = Math.max(begin, to);
  const laterIsSame = same.some(({ from }) => from >= end);
  return {
    kind: begin === 0 || laterIsSame ? 'rewritten' : 'forked',
    first: begin,
    last: end - 1,
    checkpointSize: newest.size,
  };
}

/** The difference as a problem of the log. `sequenceOf`: an event's number by its place. */
export function describeDivergence(
  { kind, first, last, checkpointSize }: Divergence,
  size: number,
  sequenceOf: (leaf: number) => number,
): LogProblem {
  const [firstSeq, lastSeq] = [sequenceOf(first), sequenceOf(last)];
  const range = first === last ? `Event ${firstSeq}` : `Events ${firstSeq} to ${lastSeq}`;
  const one =
    first === last ? `It begins at event ${firstSeq}` : `It begins between event ${firstSeq} and ${lastSeq}`;
  const message = {
    truncated: `The log was truncated: its newest checkpoint counts ${checkpointSize} events, and ${size} are there. ${range} ${first === last ? 'is' : 'are'} missing.`,
    rewritten: `The log was rewritten since its newest checkpoint (of ${checkpointSize} events). ${one}.`,
    forked: `The log was forked: another history than its newest checkpoint (of ${checkpointSize} events) saw goes on from a common beginning, as after an old copy was put back. ${one}.`,
  }[kind];
  return { code: `log-${kind}`, message, firstSeq, lastSeq };
}

interface Part {
  from: number;
  to: number;
}

/** The parts of which some checkpoint tells the hash, and which are the same now, or others. */
function partsKnown(
  tree: PresentTree,
  checkpoints: readonly StoredCheckpoint[],
): { same: Part[]; other: Part[] } {
  const same: Part[] = [];
  const other: Part[] = [];
  const seen = new Set<string>();
  const compare = (part: Part, before: Uint8Array, now: Uint8Array) => {
    (equalBytes(before, now) ? same : other).push(part);
  };
  for (const { size, root, subtrees } of checkpoints) {
    if (size <= tree.size) compare({ from: 0, to: size }, root, tree.rootAt(size));
    if (subtrees === null) continue;
    for (const [at, { level, index }] of frontierNodes(size).entries()) {
      const part = { from: index * 2 ** level, to: (index + 1) * 2 ** level };
      const before = subtrees[at] as Uint8Array;
      const key = `${level} ${index} ${hexOf(before)}`;
      if (part.to > tree.size || seen.has(key)) continue;
      seen.add(key);
      compare(part, before, tree.read(storedHashIndex(level, index)));
    }
  }
  return { same, other };
}

function* rest<T>(iterator: Iterator<T>): Generator<T> {
  for (let next = iterator.next(); !next.done; next = iterator.next()) yield next.value;
}

/** Whether a problem of a log is that it differs from its checkpoints. */
export function isDivergence({ code }: LogProblem): boolean {
  return code === 'log-truncated' || code === 'log-rewritten' || code === 'log-forked';
}

/** Compares a log that was just opened, whose stored hashes fit, with its checkpoints. */
export function divergenceOf(state: LogState, checkpoints: Iterable<StoredCheckpoint>): LogProblem | null {
  const { size } = state;
  const hashes = state.subject()?.hashes;
  const tree: PresentTree = {
    size,
    rootAt: (then) => state.rootAt(then) as Uint8Array,
    read: (position) => hashes?.read(position) as Uint8Array,
  };
  const divergence = compareWithCheckpoints(tree, checkpoints);
  const offset = state.nextSequence - size;
  return divergence && describeDivergence(divergence, size, (leaf) => leaf + offset);
}

/**
 * Puts aside the checkpoints that a log, found damaged, does not fit any more: somebody has acknowledged that, and it
 * would be found again at every start. Under the log's lock. Throws the system's error.
 */
export function setAsideCheckpoints(
  state: LogState,
  options: { identity: ProcessIdentity; clock: Clock },
): void {
  new CheckpointStore(state.folder, options).setAside(({ size, root }) => {
    const now = size <= state.size ? state.rootAt(size) : null;
    return now !== null && equalBytes(now, root);
  });
}
