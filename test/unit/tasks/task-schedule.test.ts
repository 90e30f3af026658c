import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueRun, nextRun, scheduleProblem } from '#shared/logic/task-schedule.ts';
import { defaultSchedule, scheduledTaskNames, type TaskSchedule } from '#shared/model/schedule.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const at = (text: string) => new Date(text);
const berlin = (cron: string): TaskSchedule => ({
  enabled: true,
  cron,
  timeZone: 'Europe/Berlin',
  since: null,
});

/** Somebody who looks whether it is due, and runs it at once when it is. */
class Watch {
  readonly met: string[] = [];
  readonly schedule: TaskSchedule;
  readonly since: Date;

  constructor(schedule: TaskSchedule, since: string) {
    this.schedule = schedule;
    this.since = at(since);
  }

  look(now: Date): void {
    const due = dueRun(this.schedule, this, now);
    if (due !== null) this.met.push(due.toISOString());
  }

  /** Looks every `step` milliseconds, up to and including the end. */
  through(from: string, to: string, step: number): this {
    for (let now = at(from).getTime(); now <= at(to).getTime(); now += step) this.look(new Date(now));
    return this;
  }
}

describe('the defaults are the seed’s', () => {
  it('every four hours, daily at 02:00 UTC, weekly on Sundays', () => {
    for (const name of scheduledTaskNames) expect(scheduleProblem(defaultSchedule[name])).toBeNull();
    const after = at('2026-11-27T11:00:00.000Z');
    expect(nextRun(defaultSchedule['health-check'], after)).toEqual(at('2026-11-27T12:00:00.000Z'));
    expect(nextRun(defaultSchedule['rotation-check'], after)).toEqual(at('2026-11-28T02:00:00.000Z'));
    const report = nextRun(defaultSchedule['compliance-report'], after);
    expect(report?.getUTCDay()).toBe(0);
  });
});

describe('a year, looked at all through it', () => {
  it('every time of the schedule is met once, a leap day included', () => {
    const watch = new Watch(defaultSchedule['rotation-check'], '2027-12-31T12:00:00.000Z');
    watch.through('2027-12-31T12:00:00.000Z', '2028-12-31T12:00:00.000Z', hour);
    expect(watch.met).toHaveLength(366);
    expect(new Set(watch.met).size).toBe(366);
    expect(watch.met).toContain('2028-02-29T02:00:00.000Z');
  });

  it('a leap day’s own schedule is met in leap years', () => {
    const watch = new Watch(berlin('0 9 29 2 *'), '2027-01-01T00:00:00.000Z');
    watch.through('2027-01-01T00:00:00.000Z', '2029-01-01T00:00:00.000Z', hour);
    expect(watch.met).toEqual(['2028-02-29T08:00:00.000Z']);
  });

  it('where clocks change, each day has its time once', () => {
    const watch = new Watch(berlin('30 2 * * *'), '2026-01-01T00:00:00.000Z');
    watch.through('2026-01-01T00:00:00.000Z', '2026-12-31T22:00:00.000Z', 30 * minute);
    expect(watch.met).toHaveLength(365);
    // The day that has no 02:30, and the one that has it twice.
    expect(watch.met.filter((time) => time.startsWith('2026-03-29'))).toHaveLength(1);
    expect(watch.met.filter((time) => time.startsWith('2026-10-25'))).toHaveLength(1);
  });
});

describe('a machine that was away', () => {
  it('catches up once, not in a burst', () => {
    const watch = new Watch(defaultSchedule['health-check'], '2026-11-20T00:00:00.000Z');
    watch.look(at('2026-11-20T04:00:00.000Z'));
    // It sleeps for three days.
    watch.through('2026-11-23T05:00:00.000Z', '2026-11-23T08:30:00.000Z', minute);
    expect(watch.met).toEqual([
      '2026-11-20T04:00:00.000Z',
      '2026-11-23T04:00:00.000Z',
      '2026-11-23T08:00:00.000Z',
    ]);
  });

  it('nothing from before the log or the schedule was there is caught up', () => {
    const watch = new Watch(defaultSchedule['rotation-check'], '2026-11-23T05:00:00.000Z');
    watch.look(at('2026-11-23T05:00:01.000Z'));
    expect(watch.met).toEqual([]);
    watch.look(at('2026-11-24T02:00:00.000Z'));
    expect(watch.met).toEqual(['2026-11-24T02:00:00.000Z']);
  });
});

describe('a clock that was set', () => {
  it('back by two hours: what was met is not met again, what comes is', () => {
    const watch = new Watch(defaultSchedule['health-check'], '2026-11-20T01:00:00.000Z');
    watch.through('2026-11-20T01:00:00.000Z', '2026-11-20T08:05:00.000Z', minute);
    watch.through('2026-11-20T06:05:00.000Z', '2026-11-20T12:05:00.000Z', minute);
    expect(watch.met).toEqual([
      '2026-11-20T04:00:00.000Z',
      '2026-11-20T08:00:00.000Z',
      '2026-11-20T12:00:00.000Z',
    ]);
  });

  it('ahead by a year, and then right: it does not wait for that year', () => {
    const watch = new Watch(defaultSchedule['rotation-check'], '2026-11-20T01:00:00.000Z');
    watch.look(at('2027-11-20T03:00:00.000Z'));
    watch.through('2026-11-20T03:00:00.000Z', '2026-11-21T03:00:00.000Z', minute);
    expect(watch.met).toEqual([
      '2027-11-20T02:00:00.000Z',
      '2026-11-20T02:00:00.000Z',
      '2026-11-21T02:00:00.000Z',
    ]);
  });
});

it('however the clock jumps, no time is met twice, none before its time, none while it is off', () => {
  const start = at('2026-03-20T00:00:00.000Z').getTime();
  fc.assert(
    fc.property(
      fc.constantFrom('0 */4 * * *', '30 2 * * *', '0 6 * * 0', '15 0 1 * *'),
      fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia'),
      fc.array(fc.integer({ min: -3 * day, max: 10 * day }), { maxLength: 60 }),
      (cron, timeZone, jumps) => {
        const watch = new Watch(
          { enabled: true, cron, timeZone, since: null },
          new Date(start).toISOString(),
        );
        let now = start;
        for (const jump of jumps) {
          now = Math.max(start, now + jump);
          const before = watch.met.length;
          watch.look(new Date(now));
          const [met] = watch.met.slice(before);
          if (met !== undefined) expect(met <= new Date(now).toISOString()).toBe(true);
          expect(dueRun({ ...watch.schedule, enabled: false }, watch, new Date(now))).toBeNull();
        }
        expect(new Set(watch.met).size).toBe(watch.met.length);
      },
    ),
    { numRuns: 200, seed: 20261127 },
  );
});

it('says what is wrong with a schedule', () => {
  const problem = (cron: string, timeZone = 'UTC') => scheduleProblem({ cron, timeZone });
  expect(problem('0 2 * * *', 'Mars/Base')).toMatch(/no time zone "Mars\/Base"/);
  expect(problem('every day')).toMatch(/no schedule/);
  expect(problem('0 0 2 * * *')).toMatch(/five fields/);
  expect(problem('61 * * * *')).toMatch(/no schedule/);
  expect(problem('0 0 31 2 *')).toMatch(/never/);
  expect(problem('0 2 * * MON-FRI', 'Europe/Berlin')).toBeNull();
});

it('a schedule that is off has no next time', () => {
  expect(nextRun({ ...defaultSchedule['health-check'], enabled: false }, new Date())).toBeNull();
});
