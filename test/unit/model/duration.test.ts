import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DurationText, durationInWords, durationMilliseconds } from '#shared/model/duration.ts';

describe('durations', () => {
  it.each([
    ['0s', 0],
    ['250ms', 250],
    ['90s', 90_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['90d', 7_776_000_000],
  ])('%s is %d ms', (text, milliseconds) => {
    expect(durationMilliseconds(DurationText.parse(text))).toBe(milliseconds);
  });

  it.each(['', '5', 'h', '-1h', '1.5h', '01h', '1 h', '1w', '9999999999s', '1H'])('refuses %j', (text) => {
    expect(DurationText.safeParse(text).success).toBe(false);
  });

  it('says lengths in the two largest units that say something', () => {
    expect(durationInWords(0)).toBe('less than a second');
    expect(durationInWords(1_000)).toBe('1 second');
    expect(durationInWords(3_600_000)).toBe('1 hour');
    expect(durationInWords(90_061_000)).toBe('1 day 1 hour');
    expect(durationInWords(86_405_000)).toBe('1 day');
  });

  it('always says something, for any length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (milliseconds) => {
        expect(durationInWords(milliseconds)).toMatch(
          /^(less than a second|\d+ (day|hour|minute|second)s?( \d+ (hour|minute|second)s?)?)$/,
        );
      }),
    );
  });
});
