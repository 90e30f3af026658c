import { readFileSync } from 'node:fs';
import { createBenchFolder } from './support/data-folder.ts';
import { interleaved, median, middleHalf } from './support/interleaved.ts';
import { printResult, progress } from './support/result.ts';
import { bareProgram, openWindow, rekeyProgram, type WindowProgram } from './support/window-program.ts';
import { startWindowSession } from './support/window-session.ts';

// What an open Rekey that nobody touches costs: the sum over all processes of their proportional set size.
const rounds = 3;
const idleSeconds = 60;

const bench = createBenchFolder({ environments: 10, events: 10_000 });
const session = await startWindowSession();
try {
  let processCount = { rekey: 0, bare: 0 };
  const idle = async (program: WindowProgram, side: 'rekey' | 'bare') => {
    const window = await openWindow({ ...program, sandbox: false });
    try {
      await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1_000));
      const processes = window.processes();
      processCount = { ...processCount, [side]: processes.length };
      const figure = processes.reduce((sum, pid) => sum + proportionalSetKib(pid), 0) / 1_024;
      progress(`${side}: ${Math.round(figure)} MiB in ${processes.length} processes`);
      return figure;
    } finally {
      await window.close();
    }
  };
  const rekey = rekeyProgram(bench.folder.path, session.environment);
  const bare = bareProgram(session.profile, session.environment);
  await (await openWindow({ ...rekey, sandbox: false })).close();
  const figures = await interleaved(
    () => idle(rekey, 'rekey'),
    () => idle(bare, 'bare'),
    { rounds, warmUp: 0 },
  );
  printResult({
    name: 'idle-memory',
    title: `memory after ${idleSeconds} s at rest (PSS of all processes, 10 environments, log of 10,000 events), against a bare window`,
    target: 1.3,
    ratio: median(figures.a) / median(figures.b),
    figures: { Rekey: median(figures.a), 'bare window': median(figures.b) },
    unit: 'MiB',
    notes: [
      `${rounds} rounds; ${middleHalf(figures.a)} and ${middleHalf(figures.b)} MiB in ${processCount.rekey} and ${processCount.bare} processes.`,
      'Both without Chromium’s sandbox, so that their memory can be read.',
    ],
  });
} finally {
  await session.end();
  bench.remove();
}

/** KiB, from smaps_rollup; 0 for a process that has just ended. */
function proportionalSetKib(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return 0;
    throw error;
  }
}
