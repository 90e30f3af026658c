import { parentPort, workerData } from 'node:worker_threads';
import { buildBundle, previewReport } from '#electron/services/reports/build-bundle.ts';
import { bundlePaths } from '#electron/services/reports/bundle-files.ts';
import { makeDamagedCopies } from '#electron/services/reports/damaged-copies.ts';
import { errorOf, writeError } from '#electron/services/reports/report-errors.ts';
import type {
  ReportProgressOf,
  ReportTask,
  TaskAnswer,
  TaskMessage,
  TaskNeed,
} from '#electron/services/reports/report-task.ts';
import { writeStoredZip } from '#electron/services/reports/stored-zip.ts';
import { isRekeyError } from '#shared/model/errors.ts';

/** The thread that folds, builds, damages and packs reports. It has no private key: it asks for each signature. */
const send = (message: TaskMessage) => parentPort?.postMessage(message);
const waiting = new Map<number, { resolve: (bytes: Uint8Array) => void; reject: (error: unknown) => void }>();
let asked = 0;

parentPort?.on('message', (answer: TaskAnswer) => {
  const waits = waiting.get(answer.id);
  waiting.delete(answer.id);
  if ('bytes' in answer) waits?.resolve(answer.bytes);
  else waits?.reject(errorOf(answer.refused));
});

function ask(needs: TaskNeed): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    asked += 1;
    waiting.set(asked, { resolve, reject });
    send({ needs, id: asked });
  });
}

let shown = '';
const progress: ReportProgressOf = (stage, share) => {
  // A message for each percent: more would only be work for whoever is told.
  const now = `${stage} ${Math.floor(share * 100)}`;
  if (now === shown) return;
  shown = now;
  send({ progress: { stage, share } });
};

async function perform(task: ReportTask) {
  switch (task.kind) {
    case 'preview':
      return previewReport(task, progress);
    case 'build':
      return buildBundle(task, {
        sign: (role, message) => ask({ kind: 'signature', role, message }),
        checkpointAt: (size) => ask({ kind: 'checkpoint', size }),
        progress,
      });
    case 'damage':
      return makeDamagedCopies(task.bundle, task.into);
    case 'zip':
      writeStoredZip(task.zip, task.bundle, task.name, bundlePaths(task.bundle));
      return null;
  }
}

async function answer(): Promise<void> {
  try {
    send({ result: await perform(workerData as ReportTask) });
  } catch (cause) {
    const error = writeError(cause);
    if (!isRekeyError(error)) throw error;
    send({ refused: error.report() });
  } finally {
    // The thread ends when nobody can ask it anything any more.
    parentPort?.close();
  }
}

// Not awaited at the top: the command's bundle is CommonJS. What is thrown ends the thread with an error all the same.
void answer();
