import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRekeyError } from '#shared/model/errors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { filledLog, openLog, step } from './log-fixture.ts';

const text = (folder: string) => join(folder, 'events.jsonl');
const hashes = (folder: string) => join(folder, 'hashes');

function closedLog(count: number): { folder: string; root: string } {
  const folder = temporaryFolder();
  const log = filledLog(folder, count);
  const root = log.root();
  log.close();
  return { folder, root };
}

function lines(folder: string): string[] {
  return readFileSync(text(folder), 'utf8').split('\n').slice(0, -1);
}

function codeOf(action: () => unknown): string {
  try {
    action();
    return 'no error';
  } catch (error) {
    return isRekeyError(error) ? error.code : String(error);
  }
}

describe('a torn last line', () => {
  it('is cut back at every byte, which is an event, and the log goes on', async () => {
    const { folder, root } = closedLog(3);
    const whole = readFileSync(text(folder));
    const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
    const torn = temporaryFolder();
    for (let end = lastLine + 1; end < whole.length; end += 1) {
      rmSync(torn, { recursive: true });
      cpSync(folder, torn, { recursive: true });
      // As a kill leaves it: the line unfinished, its hashes not yet written.
      writeFileSync(text(torn), whole.subarray(0, end));
      truncateSync(hashes(torn), 3 * 32);
      const log = openLog(torn);
      expect(log.size()).toBe(3);
      const [repair] = log.query({ limit: 1 }).events;
      expect(repair).toMatchObject({
        seq: 2,
        event_type: 'log',
        action: 'tail-repaired',
        user_id: 'system',
        data: { removed_bytes: end - lastLine, offset: lastLine },
      });
      expect(log.health().state).toBe('repaired');
      expect(log.append(step('after')).seq).toBe(3);
      log.close();
      expect(lines(torn).map((line) => JSON.parse(line).seq)).toEqual([0, 1, 2, 3]);
    }
    const log = openLog(torn);
    expect(await log.verify()).toMatchObject({ intact: true, size: 4 });
    expect(log.rootAt(2)).toBe(openLog(folder).rootAt(2));
    expect(log.root()).not.toBe(root);
    log.close();
  });

  it('is repaired again when the repair itself was cut short, at every byte', () => {
    const { folder } = closedLog(2);
    const whole = readFileSync(text(folder));
    writeFileSync(text(folder), Buffer.concat([whole, Buffer.from('{"timestamp":"2026')]));
    const repaired = temporaryFolder();
    cpSync(folder, repaired, { recursive: true });
    openLog(repaired).size();
    const repair = readFileSync(text(repaired)).subarray(whole.length);
    for (let written = 1; written < repair.length; written += 7) {
      const torn = temporaryFolder();
      cpSync(folder, torn, { recursive: true });
      const partly = Buffer.concat([whole, Buffer.from('{"timestamp":"2026')]);
      const bytes = Buffer.alloc(Math.max(partly.length, whole.length + written));
      partly.copy(bytes);
      repair.copy(bytes, whole.length, 0, written);
      writeFileSync(text(torn), bytes);
      const log = openLog(torn);
      expect(log.size()).toBe(3);
      expect(log.append(step('after')).seq).toBe(3);
      log.close();
    }
  });

  it('is found by a process that has the log open', () => {
    const { folder } = closedLog(2);
    const log = openLog(folder);
    expect(log.size()).toBe(2);
    writeFileSync(text(folder), '{"timestamp":"2026-', { flag: 'a' });
    expect(log.append(step('after')).seq).toBe(3);
    expect(log.query({ limit: 2 }).events.map(({ action }) => action)).toEqual(['after', 'tail-repaired']);
    log.close();
  });
});

describe('hashes', () => {
  const damages: [string, (path: string) => void][] = [
    ['missing', (path) => rmSync(path)],
    ['empty', (path) => truncateSync(path, 0)],
    ['one hash short', (path) => truncateSync(path, readFileSync(path).length - 32)],
    ['cut in the middle of a hash', (path) => truncateSync(path, readFileSync(path).length - 17)],
    ['much too short', (path) => truncateSync(path, 32 * 5)],
    ['followed by zeros', (path) => writeFileSync(path, Buffer.alloc(4096), { flag: 'a' })],
    [
      'ending in zeros',
      (path) => {
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(0, bytes.length - 200));
      },
    ],
    ['all zeros', (path) => writeFileSync(path, readFileSync(path).fill(0))],
  ];
  for (const [name, damage] of damages) {
    it(`are made anew when ${name}`, async () => {
      const { folder, root } = closedLog(300);
      const before = readFileSync(hashes(folder));
      damage(hashes(folder));
      const log = openLog(folder);
      expect(log.size()).toBe(300);
      expect(log.root()).toBe(root);
      expect(['ok', 'repaired']).toContain(log.health().state);
      expect(readFileSync(hashes(folder)).subarray(0, before.length).equals(before)).toBe(true);
      log.append(step('after'));
      expect(await log.verify()).toMatchObject({ intact: true, size: 301, root: log.root() });
      log.close();
    });
  }

  it.each([0, 1, 2, 100, 255, 256, 300])(
    'damaged at entry %i are found by the full check and made anew',
    async (entry) => {
      const { folder, root } = closedLog(257);
      const bytes = readFileSync(hashes(folder));
      bytes[entry * 32 + 3] = (bytes[entry * 32 + 3] ?? 0) ^ 1;
      writeFileSync(hashes(folder), bytes);
      const log = openLog(folder);
      expect(await log.verify()).toMatchObject({ intact: true, size: 257, root, problems: [] });
      expect(log.query({ limit: 1 }).events[0]).toMatchObject({
        event_type: 'log',
        action: 'hashes-rebuilt',
      });
      expect(await log.verify()).toMatchObject({ intact: true, size: 258, root: log.root() });
      expect(log.health().state).toBe('repaired');
      log.close();
    },
  );
});

describe('corruption', () => {
  it('in the middle is found by the full check, with its range, and stops appends until it is acknowledged', async () => {
    const { folder, root } = closedLog(50);
    const damaged = lines(folder);
    damaged[20] = (damaged[20] as string).replace('"done"', '"none"');
    damaged[21] = (damaged[21] as string).replace('"index":21', '"index":99');
    writeFileSync(text(folder), `${damaged.join('\n')}\n`);
    const log = openLog(folder);
    expect(log.health().state).toBe('ok');
    const found = await log.verify();
    expect(found).toMatchObject({ intact: false, size: 50, first_seq: 0, last_seq: 49 });
    expect(found.root).not.toBe(root);
    expect(found.problems).toEqual([
      expect.objectContaining({ code: 'event-altered', firstSeq: 20, lastSeq: 21 }),
    ]);
    expect(log.health()).toMatchObject({ state: 'corrupt', message: expect.stringContaining('20 to 21') });
    expect(codeOf(() => log.append(step('after')))).toBe('log-corrupt');
    log.close();

    const later = openLog(folder);
    expect(later.health().state).toBe('corrupt');
    expect(codeOf(() => later.append(step('after')))).toBe('log-corrupt');
    expect(lines(folder)).toEqual(damaged);
    expect(later.acknowledge('a disk error; the backup has the original')).toMatchObject({
      seq: 50,
      action: 'corruption-acknowledged',
      user_id: 'operator@example.org',
      reason: 'a disk error; the backup has the original',
    });
    expect(later.append(step('after')).seq).toBe(51);
    expect(later.health().state).toBe('corrupt-acknowledged');
    expect(lines(folder).slice(0, 50)).toEqual(damaged);
    expect(codeOf(() => later.acknowledge('again'))).toBe('invalid-input');
    later.close();

    const last = openLog(folder);
    expect(last.health().state).toBe('corrupt-acknowledged');
    expect(last.append(step('after')).seq).toBe(52);
    const verified = await last.verify();
    expect(verified).toMatchObject({ intact: false, size: 53, last_seq: 52 });
    expect(verified.problems).toHaveLength(1);
    expect(last.health().state).toBe('corrupt-acknowledged');
    last.close();
  });

  it.each([
    ['lost', (all: string[]) => all.splice(20, 3), 'sequence-gap', 20, 22],
    ['repeated', (all: string[]) => all.splice(20, 0, all[7] as string), 'sequence-repeated', 7, 7],
    ['garbage', (all: string[]) => all.splice(20, 1, 'no event at all'), 'line-unreadable', 20, 20],
  ] as const)('is found when lines are %s', async (_name, damage, code, first, last) => {
    const { folder } = closedLog(5_000);
    const damaged = lines(folder);
    damage(damaged);
    writeFileSync(text(folder), `${damaged.join('\n')}\n`);
    const log = openLog(folder);
    const found = await log.verify();
    expect(found.intact).toBe(false);
    expect(found.problems[0]).toMatchObject({ code, firstSeq: first, lastSeq: last });
    expect(
      found.problems.every(({ firstSeq, lastSeq }) => (firstSeq ?? 0) <= 22 && (lastSeq ?? 0) <= 22),
    ).toBe(true);
    expect(codeOf(() => log.append(step('after')))).toBe('log-corrupt');
    log.acknowledge('known');
    expect(log.append(step('after')).seq).toBe(5_001);
    log.close();
    const again = openLog(folder);
    expect(again.append(step('after')).seq).toBe(5_002);
    const verified = await again.verify();
    expect(verified.intact).toBe(false);
    expect(again.health().state).toBe('corrupt-acknowledged');
    again.close();
  });

  it('at the end is found at the start: events whose hashes are there and whose text is not', () => {
    const { folder } = closedLog(40);
    const kept = `${lines(folder).slice(0, 37).join('\n')}\n`;
    writeFileSync(text(folder), kept);
    const log = openLog(folder);
    expect(log.health()).toMatchObject({ state: 'corrupt', message: expect.stringContaining('37 to 39') });
    expect(codeOf(() => log.append(step('after')))).toBe('log-corrupt');
    expect(readFileSync(text(folder), 'utf8')).toBe(kept);
    log.close();
    expect(openLog(folder).health().state).toBe('corrupt');
  });

  it('of the whole text is found at the start', async () => {
    const { folder } = closedLog(5);
    rmSync(text(folder));
    const log = openLog(folder);
    expect(log.health().state).toBe('corrupt');
    expect(codeOf(() => log.append(step('after')))).toBe('log-corrupt');
    expect(await log.verify()).toMatchObject({ intact: false });
    expect(existsSync(text(folder))).toBe(false);
    log.close();
  });

  it('of the last line is found at the start', () => {
    const { folder } = closedLog(9);
    const damaged = lines(folder);
    damaged[8] = (damaged[8] as string).replace('"done"', '"none"');
    writeFileSync(text(folder), `${damaged.join('\n')}\n`);
    const log = openLog(folder);
    expect(log.health()).toMatchObject({ state: 'corrupt', message: expect.stringContaining('Event 8') });
    log.close();
  });

  it('is noticed while the log is open: the file replaced by an older copy', () => {
    const { folder } = closedLog(10);
    const older = join(folder, 'older');
    copyFileSync(text(folder), older);
    const log = openLog(folder);
    for (let index = 0; index < 5; index += 1) log.append(step('more'));
    copyFileSync(older, text(folder));
    expect(codeOf(() => log.append(step('after')))).toBe('log-corrupt');
    log.close();
  });

  it('on record but unreadable counts as corruption', () => {
    const { folder } = closedLog(3);
    writeFileSync(join(folder, 'corruption.json'), '{"schemaVersion":');
    const log = openLog(folder);
    expect(log.health().state).toBe('corrupt');
    expect(codeOf(() => log.append(step('after')))).toBe('log-corrupt');
    log.close();
  });
});
