import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventLine } from '#electron/services/events/event-line.ts';
import { storedHashIndex } from '#shared/logic/merkle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { openLog, sibling, step } from './log-fixture.ts';

/** A log of so many events, written at once; its hashes are made when it is first opened. */
function largeLog(count: number): string {
  const folder = join(temporaryFolder(), 'log');
  mkdirSync(folder, { recursive: true });
  const lines = Array.from({ length: count }, (_, seq) =>
    eventLine({
      timestamp: new Date(Date.parse('2026-01-01T00:00:00.000Z') + seq).toISOString(),
      event_type: 'step',
      key_type: null,
      action: 'done',
      reason: null,
      user_id: 'operator@example.org',
      compliance_status: null,
      next_rotation_due: null,
      seq,
      id: `0190a000-0000-7000-8000-${String(seq).padStart(12, '0')}`,
      environment: null,
      run_id: null,
      rotation_id: null,
      drill: null,
      user_id_source: 'declared',
      host: 'host',
      os_user: 'user',
      app_version: '0.0.0-test',
      data: { seq },
    }).toString(),
  );
  writeFileSync(join(folder, 'events.jsonl'), `${lines.join('\n')}\n`);
  const log = openLog(folder);
  expect(log.size()).toBe(count);
  log.close();
  return folder;
}

function pythonRoot(folder: string): string {
  const printed = execFileSync('python3', [sibling('merkle_root.py'), join(folder, 'events.jsonl')], {
    encoding: 'utf8',
  });
  return printed.trim().split(' ')[1] as string;
}

describe('the full check', () => {
  it.each([4_095, 4_096, 4_097, 8_192, 12_289])(
    'is right at %i events, around the ends of its blocks',
    async (count) => {
      const folder = largeLog(count);
      const log = openLog(folder);
      expect(await log.verify()).toMatchObject({
        intact: true,
        size: count,
        root: pythonRoot(folder),
        first_seq: 0,
        last_seq: count - 1,
      });
      log.close();
      rmSync(folder, { recursive: true });
    },
  );

  it('in two threads finds what is wrong in either half, and only that', async () => {
    const whole = largeLog(45_000);
    const root = pythonRoot(whole);
    const checked = async (damage: (folder: string) => void) => {
      const folder = `${whole}-copy`;
      cpSync(whole, folder, { recursive: true });
      damage(folder);
      const log = openLog(folder);
      const result = await log.verify();
      const health = log.health();
      log.close();
      rmSync(folder, { recursive: true });
      return { result, health };
    };
    const editLines = (change: (lines: string[]) => void) => (folder: string) => {
      const path = join(folder, 'events.jsonl');
      const lines = readFileSync(path, 'utf8').split('\n');
      change(lines);
      writeFileSync(path, lines.join('\n'));
    };
    const alter = (lines: string[], seq: number) => {
      lines[seq] = (lines[seq] as string).replace('"done"', '"none"');
    };
    const ranges = (problems: { code: string; firstSeq: number | null; lastSeq: number | null }[]) =>
      problems.map(({ code, firstSeq, lastSeq }) => [code, firstSeq, lastSeq]);

    const intact = await checked(() => {});
    expect(intact.result).toMatchObject({ intact: true, size: 45_000, root, last_seq: 44_999 });

    const altered = await checked(
      editLines((lines) => {
        for (const seq of [0, 4_095, 4_096, 22_000, 44_999 - 3, 40_000]) alter(lines, seq);
      }),
    );
    expect(altered.result.intact).toBe(false);
    expect(ranges(altered.result.problems)).toEqual([
      ['event-altered', 0, 0],
      ['event-altered', 4_095, 4_096],
      ['event-altered', 22_000, 22_000],
      ['event-altered', 40_000, 40_000],
      ['event-altered', 44_996, 44_996],
    ]);
    expect(altered.health.state).toBe('corrupt');

    const lost = await checked(editLines((lines) => lines.splice(10_000, 5_000)));
    expect(ranges(lost.result.problems)).toEqual([['sequence-gap', 10_000, 14_999]]);
    expect(lost.result.root).toBe(root);

    const lostLate = await checked(editLines((lines) => lines.splice(30_000, 1)));
    expect(ranges(lostLate.result.problems)).toEqual([['sequence-gap', 30_000, 30_000]]);

    const digit = await checked(
      editLines((lines) => {
        lines[20_000] = (lines[20_000] as string).replace('"seq":20000,', '"seq":90000,');
      }),
    );
    expect(ranges(digit.result.problems)).toEqual([['event-altered', 20_000, 20_000]]);

    // A node high above the blocks, and one at a block's top: the text is right, so they are made anew.
    for (const [level, index] of [
      [15, 0],
      [13, 1],
      [12, 7],
      [0, 12_345],
    ] as const) {
      const repaired = await checked((folder) => {
        const path = join(folder, 'hashes');
        const bytes = readFileSync(path);
        const at = storedHashIndex(level, index) * 32;
        bytes[at] = (bytes[at] ?? 0) ^ 0xff;
        writeFileSync(path, bytes);
      });
      expect(repaired.result, `node ${level}/${index}`).toMatchObject({ intact: true, root, problems: [] });
      expect(repaired.health.state).toBe('repaired');
    }
    rmSync(whole, { recursive: true });
  });

  it('can be stopped', async () => {
    const folder = largeLog(45_000);
    const log = openLog(folder);
    const stop = new AbortController();
    const checking = log.verify({ signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(checking).rejects.toThrow('enough');
    expect(log.append(step('after')).seq).toBe(45_000);
    log.close();
    rmSync(folder, { recursive: true });
  });
});
