import { createBenchFolder } from './support/data-folder.ts';
import { interleaved, median, middleHalf } from './support/interleaved.ts';
import { printResult, progress } from './support/result.ts';
import { openWindow, rekeyProgram } from './support/window-program.ts';
import { startWindowSession } from './support/window-session.ts';

// Whether a start gets slower as the log grows: years of use must not be felt.
const rounds = 11;

progress('making a log of 1,000,000 events');
const long = createBenchFolder({ environments: 10, events: 1_000_000 });
const short = createBenchFolder({ environments: 10, events: 1_000 });
const session = await startWindowSession();
try {
  const start = async (folder: string) => {
    const window = await openWindow(rekeyProgram(folder, session.environment));
    await window.close();
    return window.usableMs;
  };
  // The first start of a log without its derived files makes them.
  const first = await start(long.folder.path);
  progress(`first start ${Math.round(first)} ms`);
  const figures = await interleaved(
    () => start(long.folder.path),
    () => start(short.folder.path),
    { rounds, warmUp: 2 },
  );
  printResult({
    name: 'start-long-log',
    title: 'start to usable Overview with a log of 1,000,000 events, against one of 1,000',
    target: 1.3,
    ratio: median(figures.a) / median(figures.b),
    figures: {
      '1,000,000 events': median(figures.a),
      '1,000 events': median(figures.b),
      'first, building what is derived': first,
    },
    unit: 'ms',
    notes: [`${rounds} rounds; middle half ${middleHalf(figures.a)} and ${middleHalf(figures.b)} ms.`],
  });
} finally {
  await session.end();
  long.remove();
  short.remove();
}
