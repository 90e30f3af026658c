import { RekeyError } from '#shared/model/errors.ts';

/**
 * Runs work that Ctrl-C (or a request to end) stops: it gets a signal, cleans up, and what was asked for is reported as
 * not done. A second Ctrl-C ends the process at once.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = () =>
    controller.abort(
      new RekeyError('interrupted', {
        message: 'It was stopped.',
        unchanged: 'What had been written was removed.',
        remedy: 'Begin again when you like.',
      }),
    );
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
