import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { UuidV7Generator } from '#shared/logic/uuid-v7.ts';

describe('UUIDs of version 7', () => {
  it('has the layout of RFC 9562, with the time of its example', () => {
    // Appendix A.6: Tuesday, 22 February 2022, 14:22:22.00 GMT-05:00 is 017F22E279B0.
    const id = new UuidV7Generator(() => new Uint8Array(10).fill(0xff)).next(
      new Date('2022-02-22T19:22:22.000Z'),
    );
    expect(id).toBe('017f22e2-79b0-77ff-bfff-ffffffffffff');
    expect(z.uuidv7().safeParse(id).success).toBe(true);
  });

  it('only grows, also within a millisecond and when the clock goes back', () => {
    const generator = new UuidV7Generator(randomBytes);
    const start = Date.parse('2026-11-23T08:00:00.000Z');
    const ids: string[] = [];
    for (let index = 0; index < 10_000; index += 1) ids.push(generator.next(new Date(start)));
    for (const back of [-1, -1_000, -86_400_000]) ids.push(generator.next(new Date(start + back)));
    ids.push(generator.next(new Date(start + 60_000)));
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => z.uuidv7().safeParse(id).success)).toBe(true);
  });
});
