import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerMessage } from '#electron/services/events/verify-in-workers.ts';
import { type RangeRequest, RangeVerifier } from '#electron/services/events/verify-range.ts';

/** The thread that checks one range of the log. */
const send = (message: WorkerMessage) => parentPort?.postMessage(message);
const verifier = new RangeVerifier(workerData as RangeRequest, (bytes) => send({ progress: bytes }));
send({ result: verifier.run() });
