import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { workerEntry } from '#electron/installation.ts';
import { FileEventLog } from '#electron/services/events/file-event-log.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import { createBenchFolder } from './support/data-folder.ts';
import { interleaved, median, middleHalf } from './support/interleaved.ts';
import { printResult, progress } from './support/result.ts';

// The full check that an auditor may ask for at any time, against the shortest program that does the same.
const events = 1_000_000;
const rounds = 5;

progress(`making a log of ${events.toLocaleString('en')} events`);
const bench = createBenchFolder({ environments: 10, events });
const log = new FileEventLog({
  folder: () => bench.folder.log,
  clock: systemClock,
  identity: ownIdentity(),
  osUser: 'bench',
  appVersion: '0.1.0',
  operator: () => ({ user_id: 'system', source: 'system' }),
  verifyWorker: workerEntry(import.meta.dirname, 'log-verify'),
});
try {
  const root = log.root();
  const figures = await interleaved(
    async () => {
      const start = performance.now();
      const result = await log.verify();
      if (!result.intact || result.root !== root) throw new Error('The log is not intact');
      return performance.now() - start;
    },
    () => {
      const python = spawnSync(
        'python3',
        [join(import.meta.dirname, 'support', 'verify-log.py'), join(bench.folder.log, 'events.jsonl')],
        { encoding: 'utf8' },
      );
      const [seconds, found] = python.stdout.trim().split(' ');
      if (found !== root) throw new Error(`Python found another root: ${python.stdout}${python.stderr}`);
      return Number(seconds) * 1_000;
    },
    { rounds },
  );
  printResult({
    name: 'events-verify',
    title: '`events verify` of 1,000,000 events (seq, leaves, interior nodes, root), against Python hashlib',
    target: 0.8,
    ratio: median(figures.a) / median(figures.b),
    figures: { rekey: median(figures.a), python: median(figures.b) },
    unit: 'ms',
    notes: [
      `${rounds} rounds; middle half ${middleHalf(figures.a)} and ${middleHalf(figures.b)} ms.`,
      'Rekey compares every leaf and node with the stored ones as well, in two threads; Python has one and computes seq, leaves and root. Its start is not counted.',
    ],
  });
} finally {
  log.close();
  bench.remove();
}
