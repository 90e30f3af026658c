import type { AppendLog } from '#electron/storage/append-log.ts';
import {
  frontierNodes,
  hashLength,
  nodeHash,
  rootOfFrontier,
  storedHashIndex,
} from '#shared/logic/merkle.ts';
import { blockLevel } from './block-hashes.ts';
import { sha256 } from './sha256.ts';
import type { StoredHashes } from './stored-hashes.ts';
import { type RangeProblem, type RangeRequest, type RangeResult, RangeVerifier } from './verify-range.ts';

/** What a full check looks at: the complete lines and the tree as they stood when it began. */
export interface VerificationSubject {
  text: AppendLog;
  hashes: StoredHashes;
  /** Where the complete lines end. */
  end: number;
  /** Leaves of the tree. */
  leaves: number;
  firstSequence: number;
  /** False for a log that goes on after an acknowledged corruption: its places follow from counting lines. */
  placedBySequence: boolean;
}

export interface VerificationFindings {
  problems: RangeProblem[];
  /** The stored hashes, not the text, are wrong: they can be rebuilt. */
  hashesDamaged: boolean;
  /** RFC 6962 root of the text, or, where lines are lost, of what is stored about it. */
  root: Uint8Array;
  firstSeq: number | null;
  lastSeq: number | null;
}

/** The full check in this thread, for a start that finds the hashes not to fit. */
export function verifyHere(subject: VerificationSubject): VerificationFindings {
  return conclude(subject, [new RangeVerifier(wholeRange(subject)).run()]);
}

/** All of it as one range. */
export function wholeRange(subject: VerificationSubject): RangeRequest {
  return {
    textPath: subject.text.path,
    hashesPath: subject.hashes.path,
    start: 0,
    end: subject.end,
    firstLeaf: 0,
    leaves: subject.leaves,
    firstSequence: subject.firstSequence,
    placedBySequence: subject.placedBySequence,
  };
}

/** Puts the ranges together: the nodes above block level, what they clear, and the root. */
export function conclude(
  subject: VerificationSubject,
  results: readonly RangeResult[],
): VerificationFindings {
  const complete = results.every((result) => result.complete);
  const problems = results.flatMap((result) => result.problems);
  let hashesDamaged = results.some((result) => result.hashesDamaged);
  const suspects = results.flatMap((result) => result.suspects);

  const blockRoots = results.flatMap((result) => split(result.blockRoots));
  const levels = levelsAbove(blockRoots);
  const matches = levels.map((level, above) =>
    level.map((node, index) => subject.hashes.read(storedHashIndex(blockLevel + above, index)).equals(node)),
  );
  for (const { block, problem } of suspects) {
    // An ancestor that is stored as the text implies proves the text right and the stored leaf wrong.
    const cleared =
      complete && matches.some((level, above) => above > 0 && level[Math.floor(block / 2 ** above)] === true);
    if (cleared) hashesDamaged = true;
    else problems.push(problem);
  }
  if (complete && problems.length === 0 && matches.some((level) => level.includes(false)))
    hashesDamaged = true;

  return {
    problems: merged(problems),
    hashesDamaged,
    root: complete ? rootOf(subject, levels, results) : subject.hashes.root(subject.leaves),
    firstSeq: results.find((result) => result.firstSeq !== null)?.firstSeq ?? null,
    lastSeq: results.findLast((result) => result.lastSeq !== null)?.lastSeq ?? null,
  };
}

function rootOf(
  subject: VerificationSubject,
  levels: readonly Uint8Array[][],
  results: readonly RangeResult[],
): Uint8Array {
  const tail = split(results.at(-1)?.tailRoots ?? new Uint8Array(0));
  const subtrees = frontierNodes(subject.leaves).map(({ level, index }) =>
    level >= blockLevel ? (levels[level - blockLevel]?.[index] as Uint8Array) : (tail.shift() as Uint8Array),
  );
  return rootOfFrontier(sha256, subtrees);
}

/** The complete nodes over the blocks: level by level, up to where only one is left. */
function levelsAbove(blockRoots: readonly Uint8Array[]): Uint8Array[][] {
  const levels: Uint8Array[][] = [[...blockRoots]];
  for (let below = levels[0] as Uint8Array[]; below.length > 1; ) {
    const level: Uint8Array[] = [];
    for (let left = 0; left + 1 < below.length; left += 2) {
      level.push(nodeHash(sha256, below[left] as Uint8Array, below[left + 1] as Uint8Array));
    }
    levels.push(level);
    below = level;
  }
  return levels;
}

function split(hashes: Uint8Array): Uint8Array[] {
  return Array.from({ length: hashes.length / hashLength }, (_, index) =>
    hashes.subarray(index * hashLength, (index + 1) * hashLength),
  );
}

/** In order of place, neighbours of one kind as one range. */
function merged(problems: readonly RangeProblem[]): RangeProblem[] {
  const result: RangeProblem[] = [];
  for (const problem of problems.toSorted((a, b) => a.firstLeaf - b.firstLeaf)) {
    const last = result.at(-1);
    if (last?.code === problem.code && problem.firstSeq <= last.lastSeq + 1) {
      last.lastSeq = Math.max(last.lastSeq, problem.lastSeq);
    } else result.push({ ...problem });
  }
  return result;
}
