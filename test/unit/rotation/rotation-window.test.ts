import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inRotationWindow } from '#shared/logic/rotation-window.ts';
import type { RotationWindow } from '#shared/model/environment.ts';

const window = (more: Partial<RotationWindow> = {}): RotationWindow => ({
  days: ['fri'],
  from: '09:00',
  to: '17:00',
  timeZone: 'UTC',
  ...more,
});
const at = (time: string, ...windows: RotationWindow[]) => inRotationWindow(windows, new Date(time));

describe('a window', () => {
  it('begins with its first minute and is over with its last', () => {
    expect(at('2026-11-27T08:59:59.999Z', window())).toBe(false);
    expect(at('2026-11-27T09:00:00.000Z', window())).toBe(true);
    expect(at('2026-11-27T16:59:59.999Z', window())).toBe(true);
    expect(at('2026-11-27T17:00:00.000Z', window())).toBe(false);
    expect(at('2026-11-26T12:00:00.000Z', window())).toBe(false);
  });

  it('that goes over midnight belongs to the day on which it begins', () => {
    const night = window({ from: '22:00', to: '04:00' });
    expect(at('2026-11-27T21:59:00.000Z', night)).toBe(false);
    expect(at('2026-11-27T23:00:00.000Z', night)).toBe(true);
    expect(at('2026-11-28T03:59:00.000Z', night)).toBe(true);
    expect(at('2026-11-28T04:00:00.000Z', night)).toBe(false);
    expect(at('2026-11-27T03:00:00.000Z', night)).toBe(false);
    expect(at('2026-11-29T01:00:00.000Z', window({ days: ['sat'], from: '22:00', to: '04:00' }))).toBe(true);
  });

  it('means the clocks of its own time zone, also when they are changed', () => {
    const berlin = window({ days: ['sun'], from: '02:00', to: '03:30', timeZone: 'Europe/Berlin' });
    // 25 October 2026: 02:00 to 03:00 comes twice.
    expect(at('2026-10-24T23:59:00.000Z', berlin)).toBe(false);
    expect(at('2026-10-25T00:00:00.000Z', berlin)).toBe(true);
    expect(at('2026-10-25T01:30:00.000Z', berlin)).toBe(true);
    expect(at('2026-10-25T02:29:00.000Z', berlin)).toBe(true);
    expect(at('2026-10-25T02:30:00.000Z', berlin)).toBe(false);
    // 29 March 2026: it goes from 01:59 to 03:00.
    expect(at('2026-03-29T00:59:00.000Z', berlin)).toBe(false);
    expect(at('2026-03-29T01:00:00.000Z', berlin)).toBe(true);
  });

  it('that ends when it begins lasts the whole day, and none is never', () => {
    expect(at('2026-11-27T00:00:00.000Z', window({ from: '00:00', to: '00:00' }))).toBe(true);
    expect(at('2026-11-27T23:59:00.000Z', window({ from: '00:00', to: '00:00' }))).toBe(true);
    expect(at('2026-11-28T00:00:00.000Z', window({ from: '00:00', to: '00:00' }))).toBe(false);
    expect(at('2026-11-27T12:00:00.000Z')).toBe(false);
  });
});

it('property: in a week of UTC, a window is open for as many minutes as it is long, once for each of its days', () => {
  const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
  const minute = fc.integer({ min: 0, max: 24 * 60 - 1 });
  const text = (value: number) =>
    `${String(Math.floor(value / 60)).padStart(2, '0')}:${String(value % 60).padStart(2, '0')}`;
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...days), { minLength: 1, maxLength: 7 }),
      minute,
      minute,
      (chosen, from, to) => {
        const one = window({ days: chosen, from: text(from), to: text(to) });
        const length = to > from ? to - from : to - from + 24 * 60;
        let open = 0;
        for (let step = 0; step < 7 * 24 * 12; step += 1) {
          const now = new Date(Date.UTC(2026, 10, 23, 0, step * 5));
          if (inRotationWindow([one], now)) open += 5;
        }
        expect(Math.abs(open - length * chosen.length)).toBeLessThanOrEqual(5 * chosen.length);
      },
    ),
    { numRuns: 25 },
  );
});
