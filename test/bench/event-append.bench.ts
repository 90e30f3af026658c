import { closeSync, fdatasyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { layFoundation } from '#electron/services/foundation.ts';
import { dataFolder } from '#electron/storage/data-folder.ts';
import type { EventDraft } from '#shared/model/event.ts';
import { benchTemporaryFolder } from './support/data-folder.ts';
import { interleaved, median, middleHalf } from './support/interleaved.ts';
import { printResult } from './support/result.ts';

// What it costs that nothing happens before its event is on the disk: lock, a look at what others appended, tree.
const rounds = 3_000;

/** An event of the size and shape that rotations write. */
const draft: EventDraft = {
  event_type: 'key_rotation',
  action: 'activate-done',
  key_type: 'JWT_SECRET_KEY',
  reason: 'scheduled_rotation',
  compliance_status: 'compliant',
  next_rotation_due: '2027-11-23T08:30:00.000Z',
  environment: { id: '0190a000-0000-7000-8000-000000000001', name: 'Production', stage: 'production' },
  run_id: '0190a000-0000-7000-8000-000000000002',
  rotation_id: '0190a000-0000-7000-8000-000000000003',
  drill: false,
  data: { fingerprint: '0123456789abcdef', revision: '0123456789abcdef' },
};

const folder = benchTemporaryFolder();
// As the window and the command compose it, with an operator in the settings.
const { log, settings, close } = layFoundation({ folder: dataFolder(folder), environment: {} });
settings.setOperator({ name: 'Benchmark', email: 'benchmark@example.org' });
const text = join(folder, 'log', 'events.jsonl');
const before = statSync(text).size;
log.append(draft);
const bytes = Buffer.alloc(statSync(text).size - before, 'x');
const plain = openSync(join(folder, 'plain'), 'a');

const figures = await interleaved(
  () => microseconds(() => log.append(draft)),
  () =>
    microseconds(() => {
      writeSync(plain, bytes);
      fdatasyncSync(plain);
    }),
  { rounds, warmUp: 200 },
);
closeSync(plain);
close();
rmSync(folder, { recursive: true });
printResult({
  name: 'event-append',
  title: 'one durable event append, against write + fdatasync of the same bytes in plain Node',
  target: 1.3,
  ratio: median(figures.a) / median(figures.b),
  figures: { rekey: median(figures.a), node: median(figures.b) },
  unit: 'µs',
  notes: [
    `${rounds} rounds, lines of ${bytes.length} bytes; middle half ${middleHalf(figures.a)} and ${middleHalf(figures.b)} µs.`,
  ],
});

function microseconds(action: () => void): number {
  const start = process.hrtime.bigint();
  action();
  return Number(process.hrtime.bigint() - start) / 1_000;
}
