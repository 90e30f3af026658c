import type { ChildProcess } from 'node:child_process';

/** A service that a command leaves running may keep its output open: how long to wait for the rest of it. */
const quietMilliseconds = 300;
/** What is left running may go on talking: this many times more is waited for quiet, 3 s in all. */
const mostWaits = 10;

/**
 * Calls `done` once the output of a program that has ended is read: when nothing more has come for a while. Returns
 * how to give that up, for when the output has ended by itself.
 *
 * That the time is over is no proof of quiet. The end of a program can be noticed before its last output was read,
 * and a thread that was busy meanwhile meets the timer first; so it looks once more after the timer, and counts from
 * there if something had come.
 */
export function whenQuiet(child: ChildProcess, done: () => void): () => void {
  let heard = false;
  let timer: NodeJS.Timeout | undefined;
  let look: NodeJS.Immediate | undefined;
  const hear = () => {
    heard = true;
  };
  const stop = () => {
    clearTimeout(timer);
    clearImmediate(look);
    child.stdout?.off('data', hear);
    child.stderr?.off('data', hear);
  };
  const wait = (left: number) => {
    heard = false;
    timer = setTimeout(() => {
      // Between timers and immediates the event loop reads all that is there to be read.
      look = setImmediate(() => {
        if (heard && left > 0) return wait(left - 1);
        stop();
        done();
      });
    }, quietMilliseconds);
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  wait(mostWaits);
  return stop;
}
