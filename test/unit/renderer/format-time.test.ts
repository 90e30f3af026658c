import { describe, expect, it } from 'vitest';
import { clockTime, dueInWords, relativeTime, utcTime } from '#renderer/ui/time/format-time.ts';

const now = Date.parse('2026-11-23T10:00:00.000Z');
const later = (hours: number) => new Date(now + hours * 3_600_000).toISOString();

describe('times in words', () => {
  it('counts whole days until a key is due, or since', () => {
    expect(dueInWords(later(24 * 12 + 5), now)).toBe('12 days left');
    expect(dueInWords(later(25), now)).toBe('1 day left');
    expect(dueInWords(later(3), now)).toBe('due within a day');
    expect(dueInWords(later(-3), now)).toBe('just overdue');
    expect(dueInWords(later(-24 * 37 - 10), now)).toBe('37 days overdue');
  });

  it('says how long ago in the largest unit that says something', () => {
    expect(relativeTime(later(0), now)).toBe('just now');
    expect(relativeTime(later(-2), now)).toBe('2 hours ago');
    expect(relativeTime(later(72), now)).toBe('in 3 days');
    expect(relativeTime('never', now)).toBe('never');
  });

  it('counts clocks in minutes and hours', () => {
    expect(clockTime(42_000)).toBe('0:42');
    expect(clockTime(3_753_000)).toBe('1:02:33');
    expect(clockTime(-5)).toBe('0:00');
  });

  it('shows UTC for what it is', () => {
    expect(utcTime('2026-11-23T10:00:09.123Z')).toBe('2026-11-23 10:00:09 UTC');
  });
});
