import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wavesOf } from '#shared/logic/waves.ts';

describe('waves', () => {
  it('first the canary, then so many at a time', () => {
    const hosts = ['a', 'b', 'c', 'd', 'e', 'f'];
    expect(wavesOf(hosts, { first: 1, rest: 2 })).toEqual([['a'], ['b', 'c'], ['d', 'e'], ['f']]);
    expect(wavesOf(hosts, { first: 1, rest: null })).toEqual([['a'], ['b', 'c', 'd', 'e', 'f']]);
    expect(wavesOf(hosts, { first: 9, rest: null })).toEqual([hosts]);
    expect(wavesOf([], { first: 1, rest: null })).toEqual([]);
  });

  it('holds every host once, in order, in no empty wave', () => {
    const size = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { maxLength: 100 }),
        size,
        fc.option(size, { nil: null }),
        (hosts, first, rest) => {
          const waves = wavesOf(hosts, { first, rest });
          expect(waves.flat()).toEqual(hosts);
          expect(waves.every((wave) => wave.length > 0)).toBe(true);
          if (waves[0]) expect(waves[0].length).toBeLessThanOrEqual(first);
          for (const wave of waves.slice(1)) expect(wave.length).toBeLessThanOrEqual(rest ?? hosts.length);
        },
      ),
    );
  });
});
