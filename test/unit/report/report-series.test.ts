import { describe, expect, it } from 'vitest';
import {
  agesByKey,
  rotationsOverTime,
  scheduleAdherence,
  timesToRotate,
} from '#shared/logic/report/report-series.ts';
import { sampleReport } from '#test/support/report/sample-report.ts';

const reportOf = (days: number) =>
  sampleReport({ firstDay: '2024-01-15', days, environments: 4, rotations: 60 });

describe('what the charts of a report show', () => {
  it.each([
    [7, 7, '01-15'],
    [14, 14, '01-15'],
    [90, 13, '01-15'],
    [366, 13, '2024-01'],
  ])('%i days are %i intervals, and every completed rotation is in one', (days, count, label) => {
    const report = reportOf(days);
    const intervals = rotationsOverTime(report);
    expect(intervals).toHaveLength(count);
    expect(intervals[0]?.label).toBe(label);
    const shown = intervals.reduce((sum, { planned, emergency }) => sum + planned + emergency, 0);
    expect(shown).toBe(report.rotations.filter(({ outcome }) => outcome === 'rotated').length);
    for (const [index, { until }] of intervals.entries())
      expect(intervals[index + 1]?.from ?? until).toBe(until);
  });

  it('intervals of months begin on their first day, in a leap year too', () => {
    const [first, second, third] = rotationsOverTime(reportOf(366));
    expect([first?.from, second?.from, third?.from]).toEqual(['2024-01-15', '2024-02-01', '2024-03-01']);
  });

  it('ages are shares of the cryptoperiod, the worst first, of observed keys only', () => {
    const report = reportOf(7);
    const all = agesByKey(report);
    expect(all).toHaveLength(report.population.keys.filter(({ age_days }) => age_days !== null).length);
    expect(all.map(({ percent }) => percent)).toEqual(
      all.map(({ percent }) => percent).toSorted((a, b) => b - a),
    );
    const [key] = report.population.keys;
    if (key) Object.assign(key, { presence: 'not-observed' });
    expect(agesByKey(report)).toHaveLength(all.length - 1);
  });

  it('each time to rotate is counted once, on its side of the limit', () => {
    const report = reportOf(7);
    report.rotations = report.rotations.slice(0, 4);
    [59_999, 60_000, 86_400_000, null].forEach((time, index) => {
      Object.assign(report.rotations[index] as object, { time_to_rotate_ms: time });
    });
    expect(timesToRotate(report).map(({ count }) => count)).toEqual([1, 1, 0, 0, 0, 0, 1]);
  });

  it('adherence adds up to the completed rotations', () => {
    const report = reportOf(30);
    const { onTime, late, unknown } = scheduleAdherence(report);
    expect(onTime + late + unknown).toBe(
      report.rotations.filter(({ outcome }) => outcome === 'rotated').length,
    );
    expect(unknown).toBeGreaterThan(0);
  });
});
