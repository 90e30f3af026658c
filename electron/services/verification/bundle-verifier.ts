import { Worker } from 'node:worker_threads';
import { type ErrorReport, RekeyError } from '#shared/model/errors.ts';
import type { BundleVerification } from '#shared/model/verification.ts';
import type { CheckOptions } from './check-bundle.ts';

/** What the thread is asked (electron/workers/bundle-verify.ts). */
export interface VerifyRequest extends Pick<CheckOptions, 'supplied' | 'enrolled' | 'checkpoint'> {
  path: string;
}

/** What the thread answers. */
export type VerifyMessage = { progress: number } | { result: BundleVerification } | { refused: ErrorReport };

/**
 * MiB. Old: enough for a report of 128 MiB; a hostile one ends the thread, not the program. Young: with the default,
 * what is read and dropped again would lie in memory by the hundred megabytes before it is collected.
 */
const resourceLimits = { maxOldGenerationSizeMb: 2_048, maxYoungGenerationSizeMb: 8 };

/** Verifies bundles in a thread of its own, so that the window stays responsive and a hostile bundle can be stopped. */
export class BundleVerifier {
  readonly #workerPath: string;

  /** `workerPath`: electron/workers/bundle-verify.ts, or what it is bundled to. */
  constructor(workerPath: string) {
    this.#workerPath = workerPath;
  }

  /**
   * Verifies the folder or zip as `checkBundle` does.
   * @throws RekeyError `invalid-input` when there is no bundle to read; the signal's reason when it was stopped
   */
  verify(
    path: string,
    options: Omit<VerifyRequest, 'path'> & {
      onProgress?: (share: number) => void;
      signal?: AbortSignal;
    } = {},
  ): Promise<BundleVerification> {
    const { onProgress, signal, ...rest } = options;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const worker = new Worker(this.#workerPath, {
        workerData: { path, ...rest } satisfies VerifyRequest,
        resourceLimits,
      });
      const stop = () => {
        reject(signal?.reason);
        void worker.terminate();
      };
      signal?.addEventListener('abort', stop, { once: true });
      worker.on('message', (message: VerifyMessage) => {
        if ('progress' in message) onProgress?.(message.progress);
        else if ('result' in message) resolve(message.result);
        else reject(refusal(message.refused));
      });
      worker.on('error', (error) => reject(isOutOfMemory(error) ? tooLarge(path) : error));
      worker.on('exit', (code) => {
        signal?.removeEventListener('abort', stop);
        reject(new Error(`The verification ended early (${code})`));
      });
    });
  }
}

function isOutOfMemory(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
}

function tooLarge(path: string): RekeyError {
  return new RekeyError('invalid-input', {
    message: `The report ${path} needs more memory than a report of Rekey's may, so it was not verified.`,
    remedy: 'Take it for not intact, and ask for another copy.',
    details: { path },
  });
}

function refusal({ code, details, ...text }: ErrorReport): RekeyError {
  return new RekeyError(code, details ? { ...text, details } : text);
}
