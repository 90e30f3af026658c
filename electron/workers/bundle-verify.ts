import { parentPort, workerData } from 'node:worker_threads';
import type { VerifyMessage, VerifyRequest } from '#electron/services/verification/bundle-verifier.ts';
import { checkBundle } from '#electron/services/verification/check-bundle.ts';
import { isRekeyError } from '#shared/model/errors.ts';

/** The thread that verifies one report bundle. */
const send = (message: VerifyMessage) => parentPort?.postMessage(message);
const { path, ...options } = workerData as VerifyRequest;
let shown = -1;

try {
  const onProgress = (share: number) => {
    // A message for each percent: more would only be work for the window.
    if (Math.floor(share * 100) === shown) return;
    shown = Math.floor(share * 100);
    send({ progress: share });
  };
  send({ result: checkBundle(path, { ...options, onProgress }) });
} catch (error) {
  if (!isRekeyError(error)) throw error;
  send({ refused: error.report() });
}
