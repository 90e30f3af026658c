import fc from 'fast-check';
import { expect, it } from 'vitest';
import { durationBounds, emptyRotationTotals, foldRotationTotals } from '#shared/logic/rotation-totals.ts';
import type { LogEvent } from '#shared/model/event.ts';

const environment = { id: 'e1', name: 'Shop', stage: 'production' } as const;
const start = Date.parse('2026-11-27T02:00:00.000Z');

function events(id: string, seconds: number, ending: 'rotated' | 'rolled-back'): LogEvent[] {
  const activated_at = new Date(start + seconds * 1_000).toISOString();
  const common = {
    event_type: 'key_rotation',
    rotation_id: id,
    environment,
    key_type: 'A',
    drill: false,
  } as const;
  return [
    { ...common, action: 'planned', timestamp: new Date(start).toISOString(), data: {} },
    { ...common, action: ending, timestamp: activated_at, data: { activated_at } },
  ] as LogEvent[];
}

it('property: all are counted once, and each bucket has those that were at most so long', () => {
  const rotation = fc.record({
    seconds: fc.integer({ min: 0, max: 200_000 }),
    ending: fc.constantFrom('rotated' as const, 'rolled-back' as const),
  });
  fc.assert(
    fc.property(fc.array(rotation, { minLength: 1 }), (rotations) => {
      const totals = emptyRotationTotals();
      for (const [index, { seconds, ending }] of rotations.entries()) {
        for (const event of events(String(index), seconds, ending)) foldRotationTotals(totals, event);
      }
      const known = totals.environments.e1;
      const rotated = rotations.filter(({ ending }) => ending === 'rotated').map(({ seconds }) => seconds);
      expect(known).toMatchObject({
        succeeded: rotated.length,
        failed: rotations.length - rotated.length,
        count: rotated.length,
        sum: rotated.reduce((sum, seconds) => sum + seconds, 0),
        atMost: durationBounds.map((bound) => rotated.filter((seconds) => seconds <= bound).length),
      });
      expect(totals.begun.planned).toEqual({});
    }),
  );
});
