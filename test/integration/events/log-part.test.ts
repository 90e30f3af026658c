import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { FileEventLog } from '#electron/services/events/file-event-log.ts';
import { type LogPartRequest, writeLogPart } from '#electron/services/events/log-part.ts';
import { LogSnapshot } from '#electron/services/events/log-snapshot.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filledLog, openLog, sibling, step } from './log-fixture.ts';

/** What the second implementation finds in a part of the log. */
function python(part: string, log: string): { size: number; events: number; proofs: number } {
  return JSON.parse(
    execFileSync('python3', [sibling('log_proofs.py'), part, join(log, 'events.jsonl')], {
      encoding: 'utf8',
    }),
  );
}

async function write(log: FileEventLog, request: Omit<LogPartRequest, 'snapshot' | 'folder'>, size?: number) {
  const now = LogSnapshot.of(log);
  const snapshot = size === undefined ? now : now.at(size);
  const folder = join(temporaryFolder(), 'log');
  try {
    return { folder, part: await writeLogPart({ ...request, snapshot, folder }) };
  } finally {
    snapshot.close();
    if (snapshot !== now) now.close();
  }
}

it('writes events that prove themselves, as an independent implementation finds, at any size', async () => {
  const folder = temporaryFolder();
  const log = filledLog(folder, 150);
  const cases: { ranges: [number, number][]; size?: number; events: number }[] = [
    { ranges: [[0, 149]], events: 150 },
    { ranges: [], events: 0 },
    { ranges: [[40, 70]], events: 31 },
    {
      ranges: [
        [149, 149],
        [3, 3],
        [60, 64],
        [62, 80],
        [81, 81],
      ],
      events: 24,
    },
    { ranges: [[90, 500]], size: 97, events: 7 },
    { ranges: [[0, 0]], size: 1, events: 1 },
  ];
  for (const { ranges, size, events } of cases) {
    const asked = ranges.map(([firstSeq, lastSeq]) => ({ firstSeq, lastSeq }));
    const inclusion = [0, 41, 63, 96].filter((seq) => seq < (size ?? 150));
    const previous = { checkpoint: Buffer.from('earlier\n'), size: Math.min(64, size ?? 150) };
    const written = await write(
      log,
      { ranges: asked, inclusion, previous, checkpoint: Buffer.from('now\n') },
      size,
    );
    expect(python(written.folder, folder)).toEqual({
      size: size ?? 150,
      events,
      proofs: inclusion.length + 1,
    });
    expect(written.part).toMatchObject({
      events,
      size: size ?? 150,
      gaps: [],
      root: log.rootAt(size ?? 150),
    });
    expect(written.part.inclusion.map(({ leafIndex }) => leafIndex)).toEqual(inclusion);
    expect(readFileSync(join(written.folder, 'checkpoint'), 'utf8')).toBe('now\n');
    expect(readFileSync(join(written.folder, 'previous-checkpoint'), 'utf8')).toBe('earlier\n');
  }
  log.close();
});

it('names the numbers that are missing in a log that goes on after a damage', async () => {
  const folder = temporaryFolder();
  filledLog(folder, 30).close();
  const file = join(folder, 'events.jsonl');
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, lines.toSpliced(10, 5).join('\n'));
  const log = openLog(folder);
  expect((await log.verify()).intact).toBe(false);
  log.acknowledge('a backup was put back');
  for (let index = 0; index < 10; index += 1) log.append(step('after', { index }));
  const { folder: written, part } = await write(log, {
    ranges: [
      { firstSeq: 5, lastSeq: 20 },
      { firstSeq: 33, lastSeq: 99 },
    ],
    inclusion: [5, 17, 36],
  });
  expect(python(written, folder)).toMatchObject({ size: log.size(), proofs: 3 });
  expect(part.gaps).toEqual([{ first: 10, last: 14 }]);
  expect(part.inclusion.map(({ leafIndex }) => leafIndex)).toEqual([5, 12, 31]);
  log.close();
});

it('refuses what the log does not have, and writes nothing of a log whose text was changed', async () => {
  const folder = temporaryFolder();
  const log = filledLog(folder, 40);
  await expect(write(log, { ranges: [], inclusion: [40] })).rejects.toMatchObject({ code: 'invalid-input' });
  await expect(
    write(log, { ranges: [], previous: { checkpoint: Buffer.from('x'), size: 41 } }),
  ).rejects.toMatchObject({ code: 'invalid-input' });
  const file = join(folder, 'events.jsonl');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"index":7', '"index":8'));
  await expect(write(log, { ranges: [{ firstSeq: 0, lastSeq: 20 }] })).rejects.toMatchObject({
    code: 'log-corrupt',
  });
  log.close();
});

it('stops when asked to', async () => {
  const log = filledLog(temporaryFolder(), 20);
  await expect(
    write(log, { ranges: [{ firstSeq: 0, lastSeq: 19 }], signal: AbortSignal.abort(new Error('enough')) }),
  ).rejects.toThrow('enough');
  log.close();
});

it('reads a log without hashes as one that has them', async () => {
  const folder = temporaryFolder();
  const log = filledLog(folder, 77);
  const root = log.rootAt(50);
  log.close();
  const snapshot = LogSnapshot.ofFolder(folder, 50, join(temporaryFolder(), 'hashes'));
  expect(Buffer.from(snapshot.root).toString('hex')).toBe(root);
  const written = join(temporaryFolder(), 'log');
  await writeLogPart({ snapshot, folder: written, ranges: [{ firstSeq: 20, lastSeq: 30 }], inclusion: [49] });
  snapshot.close();
  expect(python(written, folder)).toEqual({ size: 50, events: 11, proofs: 1 });
});
