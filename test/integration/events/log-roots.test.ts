import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filledLog, openLog, sibling, step } from './log-fixture.ts';

function pythonRoot(folder: string): string {
  return execFileSync('python3', [sibling('merkle_root.py'), join(folder, 'events.jsonl')], {
    encoding: 'utf8',
  }).trim();
}

it('agrees with an independent implementation at every size up to 70, after reopening and in the full check', async () => {
  const folder = temporaryFolder();
  const log = openLog(folder);
  for (let size = 1; size <= 70; size += 1) {
    log.append(step('done', { size, text: 'ä\u0000\n,"seq":3,' }));
    expect(`${size} ${log.root()}`).toBe(pythonRoot(folder));
  }
  const roots = Array.from({ length: 71 }, (_, size) => log.rootAt(size));
  log.close();

  const again = openLog(folder);
  expect(`${again.size()} ${again.root()}`).toBe(pythonRoot(folder));
  expect(Array.from({ length: 71 }, (_, size) => again.rootAt(size))).toEqual(roots);
  expect(again.rootAt(71)).toBeNull();
  const verified = await again.verify();
  expect(`${verified.size} ${verified.root}`).toBe(pythonRoot(folder));
  expect(verified).toMatchObject({ intact: true, first_seq: 0, last_seq: 69, problems: [] });
  again.close();
});

it('agrees beyond one block of the full check, with progress that ends at 1', async () => {
  const folder = temporaryFolder();
  const log = filledLog(folder, 4_500);
  const shares: number[] = [];
  const verified = await log.verify({ onProgress: (share) => shares.push(share) });
  expect(`${verified.size} ${verified.root}`).toBe(pythonRoot(folder));
  expect(verified).toMatchObject({ intact: true, problems: [], root: log.root() });
  expect(shares.at(-1)).toBe(1);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  log.close();
});
