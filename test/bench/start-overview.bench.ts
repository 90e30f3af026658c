import { createBenchFolder } from './support/data-folder.ts';
import { interleaved, median, middleHalf } from './support/interleaved.ts';
import { printResult, progress } from './support/result.ts';
import {
  bareMark,
  bareProgram,
  openWindow,
  rekeyMark,
  rekeyProgram,
  type WindowProgram,
} from './support/window-program.ts';
import { startWindowSession } from './support/window-session.ts';

// From starting the process to an Overview that shows everything, against a window that says hello.
const rounds = 15;

const bench = createBenchFolder({ environments: 10, events: 10_000 });
const session = await startWindowSession();
try {
  const beforePage: Record<string, number[]> = { [rekeyMark]: [], [bareMark]: [] };
  const start = async (program: WindowProgram) => {
    const window = await openWindow(program);
    await window.close();
    beforePage[program.mark]?.push(window.beforePageMs);
    return window.usableMs;
  };
  const rekey = rekeyProgram(bench.folder.path, session.environment);
  const bare = bareProgram(session.profile, session.environment);
  const first = await start(rekey);
  progress(`first start ${Math.round(first)} ms`);
  const figures = await interleaved(
    () => start(rekey),
    () => start(bare),
    { rounds, warmUp: 2 },
  );
  printResult({
    name: 'start-overview',
    title: 'start to usable Overview (10 environments, log of 10,000 events), against a bare window',
    target: 1.6,
    ratio: median(figures.a) / median(figures.b),
    figures: { Rekey: median(figures.a), 'bare window': median(figures.b), 'very first start': first },
    unit: 'ms',
    notes: [
      `${rounds} rounds; middle half ${middleHalf(figures.a)} and ${middleHalf(figures.b)} ms.`,
      `Until the page begins to load: ${Math.round(median(beforePage[rekeyMark] ?? []))} and ${Math.round(median(beforePage[bareMark] ?? []))} ms.`,
    ],
  });
} finally {
  await session.end();
  bench.remove();
}
