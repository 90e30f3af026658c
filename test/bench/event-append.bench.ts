import { closeSync, fdatasyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { FileEventLog } from '#electron/services/events/file-event-log.ts';
import { SettingsStore } from '#electron/services/settings/settings-store.ts';
import { ownIdentity } from '#electron/storage/process-identity.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
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
const identity = ownIdentity();
const append = () => {
  throw new Error('The settings do not change here');
};
const settings = new SettingsStore({
  path: join(folder, 'settings.json'),
  clock: systemClock,
  identity,
  append,
});
const log = new FileEventLog({
  folder: () => settings.read().logFolder ?? join(folder, 'log'),
  clock: systemClock,
  identity,
  osUser: 'bench',
  appVersion: '0.1.0',
  operator: () => ({ user_id: settings.read().operator?.email ?? 'system', source: 'system' }),
  verifyWorker: '',
});
log.append(draft);
const bytes = Buffer.alloc(statSync(join(folder, 'log', 'events.jsonl')).size, 'x');
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
log.close();
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
