import { parentPort, workerData } from 'node:worker_threads';
import { type AgeAnswer, type AgeRequest, performAge } from '#electron/services/secrets/age-envelope.ts';

/** The thread that derives a key from a passphrase, and seals or opens a recovery file with it. */
void performAge(workerData as AgeRequest)
  .then(
    (result): AgeAnswer => ({ result }),
    (error: unknown): AgeAnswer => ({ failure: error instanceof Error ? error.message : 'unknown failure' }),
  )
  .then((answer) => parentPort?.postMessage(answer));
