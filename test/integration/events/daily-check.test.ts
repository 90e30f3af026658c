import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DailyLogCheck } from '#electron/services/events/daily-check.ts';
import type { FileEventLog } from '#electron/services/events/file-event-log.ts';
import { systemClock } from '#electron/storage/system-clock.ts';
import type { Clock } from '#shared/model/clock.ts';
import { filledLog } from './log-fixture.ts';

describe('the daily check of the log', () => {
  let folder: string;
  let log: FileEventLog;
  let hours: number;
  let check: DailyLogCheck;
  const clock: Clock = {
    now: () => new Date(systemClock.now().getTime() + hours * 3_600_000),
    monotonic: systemClock.monotonic,
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rekey-daily-'));
    hours = 0;
    log = filledLog(join(folder, 'log'), 20);
    check = new DailyLogCheck({ log, clock, markFile: join(folder, 'cache', 'log-check.json') });
  });
  afterEach(() => {
    log.close();
    rmSync(folder, { recursive: true });
  });

  it('looks once a day, and records what it found', async () => {
    expect(await check.runIfDue()).toBe(true);
    expect(log.query({ type: 'log', limit: 10 }).events[0]).toMatchObject({
      action: 'checked',
      data: { intact: true, size: 20, problems: 0 },
    });
    expect(await check.runIfDue()).toBe(false);
    hours = 23;
    expect(await check.runIfDue()).toBe(false);
    hours = 25;
    expect(await check.runIfDue()).toBe(true);
    expect(log.size()).toBe(22);
  });

  it('looks again when its mark is lost, damaged, or from the future', async () => {
    expect(await check.runIfDue()).toBe(true);
    hours = -1;
    expect(check.dueIn()).toBe(0);
    hours = 0;
    writeFileSync(join(folder, 'cache', 'log-check.json'), '{');
    expect(check.dueIn()).toBe(0);
  });

  it('tells damage through the health of the log, and appends nothing to a damaged log', async () => {
    const file = join(folder, 'log', 'events.jsonl');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('"index":7', '"index":8'));
    expect(await check.runIfDue()).toBe(true);
    expect(log.health().state).toBe('corrupt');
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(text.split('\n').length);
    expect(JSON.parse(readFileSync(join(folder, 'cache', 'log-check.json'), 'utf8'))).toMatchObject({
      intact: false,
    });
  });
});
