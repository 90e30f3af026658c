import type { AppendLog } from '#electron/storage/append-log.ts';
import { leafHash } from '#shared/logic/merkle.ts';
import { linesBackward, sequenceOfLine } from './log-lines.ts';
import { sha256 } from './sha256.ts';

/** Hashes of the last `count` lines, oldest first; fewer where there are fewer. */
export function lastLeaves(text: AppendLog, end: number, count: number): Uint8Array[] {
  const leaves: Uint8Array[] = [];
  if (count === 0) return leaves;
  for (const line of linesBackward(text, end)) {
    leaves.push(leafHash(sha256, line.bytes));
    if (leaves.length === count) break;
  }
  return leaves.reverse();
}

/** Whether the last `count` lines are there and number without gap (from 0 on, if they are `all` lines). */
export function hasConsecutiveTail(text: AppendLog, end: number, count: number, all: boolean): boolean {
  let later: number | null = null;
  let found = 0;
  for (const line of linesBackward(text, end)) {
    if (found === count) return !all;
    const sequence = sequenceOfLine(line.bytes);
    if (sequence === -1 || (later !== null && sequence !== later - 1)) return false;
    later = sequence;
    found += 1;
  }
  return found === count && later === 0;
}
