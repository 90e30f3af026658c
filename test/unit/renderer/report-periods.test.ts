import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { daysOf, whyNoPeriod } from '#renderer/features/reports/periods.ts';

describe('the periods of a report', () => {
  it.each([
    ['last-week', new Date(2026, 10, 25), '2026-11-16', '2026-11-22'],
    ['last-week', new Date(2026, 10, 22), '2026-11-09', '2026-11-15'],
    ['last-week', new Date(2026, 10, 23), '2026-11-16', '2026-11-22'],
    ['last-month', new Date(2024, 2, 31), '2024-02-01', '2024-02-29'],
    ['last-month', new Date(2026, 0, 1), '2025-12-01', '2025-12-31'],
    ['last-quarter', new Date(2026, 1, 10), '2025-10-01', '2025-12-31'],
    ['this-year', new Date(2026, 10, 25), '2026-01-01', '2026-11-25'],
  ] as const)('%s, on %s', (choice, today, from, to) => {
    expect(daysOf(choice, today)).toEqual({ from, to });
  });

  it('the last full week has seven days, ends on a Sunday, and is over', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(2000, 0, 1), max: new Date(2090, 0, 1), noInvalidDate: true }),
        (today) => {
          const { from, to } = daysOf('last-week', today);
          expect((Date.parse(to) - Date.parse(from)) / 86_400_000).toBe(6);
          expect(new Date(`${to}T00:00:00Z`).getUTCDay()).toBe(0);
          const local = new Date(today.getTime() - today.getTimezoneOffset() * 60_000)
            .toISOString()
            .slice(0, 10);
          expect(to < local).toBe(true);
        },
      ),
    );
  });

  it('days that are no period say why', () => {
    expect(whyNoPeriod({ from: '2026-01-02', to: '2026-01-01' })).toBe('The first day is after the last.');
    expect(whyNoPeriod({ from: '', to: '2026-01-01' })).toBe('Give both days.');
    expect(whyNoPeriod({ from: '2026-01-01', to: '2026-01-01' })).toBeNull();
  });
});
