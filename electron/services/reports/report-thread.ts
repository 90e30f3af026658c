import { Worker } from 'node:worker_threads';
import { type ErrorReport, isRekeyError, RekeyError } from '#shared/model/errors.ts';
import type { ReportStage } from '#shared/model/report-making.ts';
import { errorOf } from './report-errors.ts';
import type { ReportTask, TaskAnswer, TaskMessage, TaskNeed, TaskResults } from './report-task.ts';

export interface ThreadOptions {
  /** Gives what the thread needs; a task that needs nothing has none. */
  give?: (need: TaskNeed) => Promise<Uint8Array>;
  onProgress?: ((stage: ReportStage, share: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * MiB. Old: far above what a report of a million events needs; a defect ends the thread only. Young: with the default,
 * what is read and dropped again line by line would lie in memory by the hundred megabytes before it is collected.
 */
const resourceLimits = { maxOldGenerationSizeMb: 2_048, maxYoungGenerationSizeMb: 8 };

/**
 * Runs one task in a thread of its own (electron/workers/report.ts), so that nobody who asks has to wait for it, and
 * private keys stay here: the thread says what is to be signed and gets a signature. Throws what stopped the task, or
 * the signal's reason; the thread has ended when this settles.
 */
export async function runReportTask<Kind extends ReportTask['kind']>(
  workerPath: string,
  task: Extract<ReportTask, { kind: Kind }>,
  { give, onProgress, signal }: ThreadOptions = {},
): Promise<TaskResults[Kind]> {
  signal?.throwIfAborted();
  const worker = new Worker(workerPath, {
    workerData: task,
    resourceLimits,
  });
  let stop: (() => void) | undefined;
  try {
    return await new Promise((resolve, reject) => {
      stop = () => reject(signal?.reason);
      signal?.addEventListener('abort', stop, { once: true });
      worker.on('message', (message: TaskMessage) => {
        if ('progress' in message) onProgress?.(message.progress.stage, message.progress.share);
        else if ('needs' in message) void answer(worker, give, message);
        else if ('refused' in message) reject(errorOf(message.refused));
        else resolve(message.result as TaskResults[Kind]);
      });
      worker.on('error', reject);
      worker.on('exit', (code) => reject(new Error(`The thread of the report ended early (${code})`)));
    });
  } finally {
    if (stop) signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

async function answer(
  worker: Worker,
  give: ThreadOptions['give'],
  { id, needs }: Extract<TaskMessage, { needs: unknown }>,
): Promise<void> {
  let reply: TaskAnswer;
  try {
    if (!give) throw new Error('This task was not to ask for anything');
    reply = { id, bytes: await give(needs) };
  } catch (error) {
    reply = { id, refused: reportOf(error) };
  }
  worker.postMessage(reply);
}

function reportOf(error: unknown): ErrorReport {
  if (isRekeyError(error)) return error.report();
  return new RekeyError('internal', {
    message: `The report could not be signed: ${error instanceof Error ? error.message : 'unknown error'}.`,
    remedy: 'Look at the signing keys with "rekey signer show", then try again.',
  }).report();
}
