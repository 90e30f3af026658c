import { isRekeyError } from '#shared/model/errors.ts';
import type { LogProblem, LogVerification } from '#shared/model/event.ts';
import { isDivergence } from './checkpoint-comparison.ts';
import { own } from './event-stamp.ts';
import type { LogAccess } from './log-access.ts';
import { describeProblems } from './log-problems.ts';
import type { LogState } from './log-state.ts';
import { hex } from './sha256.ts';
import { StoredHashes } from './stored-hashes.ts';
import { verifyInWorkers } from './verify-in-workers.ts';

/**
 * The full check of the log as it is now, in threads of its own. Damage that nobody knew of is put on record; hashes
 * that do not fit a text that is right are made anew.
 */
export async function checkLog(
  access: LogAccess,
  verifyWorker: string,
  options: { onProgress?: (share: number) => void; signal?: AbortSignal } = {},
): Promise<LogVerification> {
  const began = access.view();
  const subject = began.subject();
  const { size } = began;
  if (subject === null) {
    return verdict(began, { size, problems: [], root: began.root(), firstSeq: null, lastSeq: null });
  }
  const hashes = new StoredHashes(subject.hashes.path);
  try {
    const findings = await verifyInWorkers({ ...subject, hashes }, verifyWorker, options);
    // The log may have been opened anew, or moved, while the threads read.
    const now = access.view();
    const state = now.folder === began.folder ? now : began;
    const known = state.corruption?.acknowledged?.leaves ?? 0;
    const fresh = findings.problems.filter(
      (problem) => problem.code === 'event-altered' || problem.firstLeaf >= known,
    );
    if (fresh.length > 0) {
      state.foundProblems([...divergences(state), ...describeProblems(fresh)]);
      state.recordCorruption();
    } else if (findings.hashesDamaged && state === now) rebuildHashes(access);
    return verdict(state, { ...findings, size, problems: describeProblems(findings.problems) });
  } finally {
    hashes.close();
  }
}

/** Where the log cannot be written the damaged hashes stay: they are derived, and the text is right. */
function rebuildHashes(access: LogAccess): void {
  try {
    access.change((change) => {
      const { state } = change;
      if (state.corrupt) return;
      state.rebuildHashesUnderLock();
      change.append([own('hashes-rebuilt', { size: state.size })]);
      change.repaired('The hashes were damaged and were made anew from the text.');
    });
  } catch (error) {
    if (!isRekeyError(error)) throw error;
  }
}

interface Found {
  size: number;
  problems: LogProblem[];
  root: Uint8Array;
  firstSeq: number | null;
  lastSeq: number | null;
}

function verdict(state: LogState, found: Found): LogVerification {
  const acknowledged = state.corruption?.acknowledged ? state.corruption.problems : [];
  const lost = state.text === null && state.corrupt ? (state.corruption?.problems ?? []) : [];
  const problems = [
    ...lost,
    ...acknowledged,
    ...(lost.length > 0 ? [] : divergences(state)),
    ...found.problems,
  ];
  return {
    intact: problems.length === 0,
    size: found.size,
    root: hex(found.root),
    first_seq: found.firstSeq,
    last_seq: found.lastSeq,
    problems,
  };
}

/** What the comparison with the checkpoints found and nobody has acknowledged. */
function divergences(state: LogState): LogProblem[] {
  return state.corrupt ? (state.corruption?.problems ?? []).filter(isDivergence) : [];
}
