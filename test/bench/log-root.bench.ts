import { FileEventLog } from '#electron/services/events/file-event-log.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { createBenchFolder } from './support/data-folder.ts';
import { interleaved, median, middleHalf } from './support/interleaved.ts';
import { printResult, progress } from './support/result.ts';

// What a checkpoint asks of the log: its root, right after an append. It must not depend on how long the log is.
const large = 1_000_000;
const small = 1_000;
const rounds = 1_000;

function benchLog(events: number) {
  progress(`making a log of ${events.toLocaleString('en')} events`);
  const bench = createBenchFolder({ environments: 10, events });
  const log = new FileEventLog({
    folder: () => bench.folder.log,
    clock: systemClock,
    identity: ownIdentity(),
    osUser: 'bench',
    appVersion: '0.1.0',
    operator: () => ({ user_id: 'system', source: 'system' }),
    verifyWorker: '',
  });
  const rootAfterAppend = () => {
    const start = process.hrtime.bigint();
    log.append({ event_type: 'step', action: 'done', data: { note: 'one more' } });
    log.root();
    return Number(process.hrtime.bigint() - start) / 1_000;
  };
  return { bench, log, rootAfterAppend };
}

const long = benchLog(large);
const short = benchLog(small);
try {
  const figures = await interleaved(long.rootAfterAppend, short.rootAfterAppend, { rounds, warmUp: 100 });
  printResult({
    name: 'log-root',
    title: 'append one event and tell the root, in a log of 1,000,000 events, against one of 1,000',
    target: 1.2,
    ratio: median(figures.a) / median(figures.b),
    figures: { 'of 1,000,000': median(figures.a), 'of 1,000': median(figures.b) },
    unit: 'µs',
    notes: [
      `${rounds} rounds, each append durable; middle half ${middleHalf(figures.a)} and ${middleHalf(figures.b)} µs.`,
    ],
  });
} finally {
  for (const { log, bench } of [long, short]) {
    log.close();
    bench.remove();
  }
}
