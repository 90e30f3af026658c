// Loaded before the built command (`node --import`): from its first line on stderr on, the longest task of the main
// thread, and at the end the peak memory of the process with all its threads. REKEY_PROBE_FILE: where both are written.
// A task is what the thread does between two turns of a timer that asks every millisecond. Its own processor time
// counts, not the clock: on a busy machine the thread also waits for its turn, which says nothing about it.
import { readFileSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const write = process.stderr.write.bind(process.stderr);
  let before = null;
  let longest = 0;
  const turn = () => {
    const { user, system } = process.threadCpuUsage();
    if (before !== null) longest = Math.max(longest, user + system - before);
    before = user + system;
  };
  process.stderr.write = (...parts) => {
    if (before === null) {
      turn();
      setInterval(turn, 1).unref();
    }
    return write(...parts);
  };
  process.once('exit', () => {
    turn();
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    const result = { longestMs: longest / 1_000, peakMiB: Number(peak) / 1024 };
    writeFileSync(process.env.REKEY_PROBE_FILE, JSON.stringify(result));
  });
}
