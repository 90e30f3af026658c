import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lastFullWeek, reportPeriod } from '#shared/logic/report/period.ts';

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'America/Havana',
];

/** What a clock on the wall shows, by another way than the code's. */
const wall = (instant: string, timeZone: string) =>
  new Date(instant).toLocaleString('sv-SE', { timeZone, hourCycle: 'h23' });

describe('the instants of a period', () => {
  test.each([
    ['UTC', '2026-06-01T00:00:00.000Z', '2026-07-01T00:00:00.000Z'],
    ['Europe/Berlin', '2026-05-31T22:00:00.000Z', '2026-06-30T22:00:00.000Z'],
    ['America/New_York', '2026-06-01T04:00:00.000Z', '2026-07-01T04:00:00.000Z'],
    ['Asia/Kathmandu', '2026-05-31T18:15:00.000Z', '2026-06-30T18:15:00.000Z'],
  ])('of June in %s', (timeZone, from, to) => {
    expect(reportPeriod({ from: '2026-06-01', to: '2026-06-30', timeZone })).toEqual({
      from,
      to,
      first_day: '2026-06-01',
      last_day: '2026-06-30',
      time_zone: timeZone,
    });
  });

  test('a day on which clocks change has 23 or 25 hours', () => {
    const hours = (day: string) => {
      const { from, to } = reportPeriod({ from: day, to: day, timeZone: 'Europe/Berlin' });
      return (Date.parse(to) - Date.parse(from)) / 3_600_000;
    };
    expect([hours('2026-03-29'), hours('2026-10-25'), hours('2026-06-01')]).toEqual([23, 25, 24]);
  });

  test('a day whose midnight does not exist begins with its first moment', () => {
    // Clocks went from 24:00 to 01:00 on this day in São Paulo.
    const { from } = reportPeriod({ from: '2018-11-04', to: '2018-11-04', timeZone: 'America/Sao_Paulo' });
    expect(wall(from, 'America/Sao_Paulo')).toBe('2018-11-04 01:00:00');
    expect(wall(new Date(Date.parse(from) - 1).toISOString(), 'America/Sao_Paulo')).toBe(
      '2018-11-03 23:59:59',
    );
  });

  test('begin and end exactly where the day changes, in every zone, on every day', () => {
    const days = fc.date({ min: new Date('2015-01-01'), max: new Date('2035-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(days, fc.constantFrom(...zones), (date, timeZone) => {
        const day = date.toISOString().slice(0, 10);
        const { from, to } = reportPeriod({ from: day, to: day, timeZone });
        expect(wall(from, timeZone).slice(0, 10)).toBe(day);
        expect(wall(new Date(Date.parse(from) - 1).toISOString(), timeZone).slice(0, 10) < day).toBe(true);
        expect(wall(new Date(Date.parse(to) - 1).toISOString(), timeZone).slice(0, 10)).toBe(day);
        expect(wall(to, timeZone).slice(0, 10) > day).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('refuses a zone that does not exist, and days in the wrong order', () => {
    expect(() => reportPeriod({ from: '2026-06-01', to: '2026-06-02', timeZone: 'Mars/Olympus' })).toThrow(
      RangeError,
    );
    expect(() => reportPeriod({ from: '2026-06-02', to: '2026-06-01', timeZone: 'UTC' })).toThrow(RangeError);
  });
});

describe('the last full week', () => {
  test.each([
    ['a Wednesday', '2026-11-25T12:00:00.000Z', 'UTC', '2026-11-16', '2026-11-22'],
    ['the last moment of a Sunday', '2026-11-22T23:59:59.999Z', 'UTC', '2026-11-09', '2026-11-15'],
    ['the first moment of a Monday', '2026-11-23T00:00:00.000Z', 'UTC', '2026-11-16', '2026-11-22'],
    [
      'a Sunday here that is Monday there',
      '2026-11-22T15:30:00.000Z',
      'Asia/Tokyo',
      '2026-11-16',
      '2026-11-22',
    ],
  ])('on %s', (_what, now, zone, from, to) => {
    expect(lastFullWeek(new Date(now), zone)).toEqual({ from, to });
  });
});
