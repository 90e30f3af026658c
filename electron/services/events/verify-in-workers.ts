import { Worker } from 'node:worker_threads';
import { blockLeaves } from './block-hashes.ts';
import { findSequence, linesForward, sequenceOfLine } from './log-lines.ts';
import {
  conclude,
  type VerificationFindings,
  type VerificationSubject,
  wholeRange,
} from './log-verification.ts';
import type { RangeRequest, RangeResult } from './verify-range.ts';

/** Below this many events a second thread costs more than it saves. */
const eventsWorthTwoThreads = 20_000;

/** The full check in worker threads: both cores, and the caller's thread stays free. */
export async function verifyInWorkers(
  subject: VerificationSubject,
  workerPath: string,
  options: { onProgress?: (share: number) => void; signal?: AbortSignal } = {},
): Promise<VerificationFindings> {
  let done = 0;
  const progress = (bytes: number) => {
    done += bytes;
    options.onProgress?.(subject.end === 0 ? 1 : Math.min(1, done / subject.end));
  };
  const results = await Promise.all(
    rangesOf(subject).map((request) => runInWorker(workerPath, request, progress, options.signal)),
  );
  options.onProgress?.(1);
  return conclude(subject, results);
}

/** Two ranges that meet at a block's first leaf, or one where that cannot be told for certain. */
function rangesOf(subject: VerificationSubject): RangeRequest[] {
  const whole = wholeRange(subject);
  if (subject.leaves < eventsWorthTwoThreads || !subject.placedBySequence) return [whole];
  const leaf = Math.round(subject.leaves / 2 / blockLeaves) * blockLeaves;
  const sequence = subject.firstSequence + leaf;
  const position = findSequence(subject.text, sequence, subject.end);
  const line = linesForward(subject.text, position, subject.end).next();
  if (line.done || sequenceOfLine(line.value.bytes) !== sequence) return [whole];
  return [
    { ...whole, end: position, leaves: leaf },
    {
      ...whole,
      start: position,
      firstLeaf: leaf,
      leaves: subject.leaves - leaf,
      firstSequence: sequence,
    },
  ];
}

/** What the worker of electron/workers/log-verify.ts sends. */
export type WorkerMessage = { progress: number } | { result: RangeResult };

function runInWorker(
  workerPath: string,
  request: RangeRequest,
  progress: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<RangeResult> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const worker = new Worker(workerPath, { workerData: request });
    const stop = () => {
      void worker.terminate();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', stop, { once: true });
    worker.on('message', (message: WorkerMessage) => {
      if ('progress' in message) progress(message.progress);
      else resolve(message.result);
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      signal?.removeEventListener('abort', stop);
      reject(new Error(`The check of the log ended early (${code})`));
    });
  });
}
