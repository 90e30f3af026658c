import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pageLength, pageOfRow, rowCount } from '#renderer/features/events/event-rows.ts';

const histories = fc
  .array(fc.nat({ max: 3 * pageLength }), { minLength: 1, maxLength: 4 })
  .map((sizes) => sizes.map((nextSeq, index) => ({ id: `log-${index}`, folder: `/${index}`, nextSeq })));

describe('rows of the events list', () => {
  it('are the numbers of each log downwards, one log after the other', () => {
    fc.assert(
      fc.property(histories, (logs) => {
        const expected = logs.flatMap(({ id, nextSeq }) =>
          Array.from({ length: nextSeq }, (_, index) => `${id} ${nextSeq - 1 - index}`),
        );
        const rows = Array.from({ length: rowCount(logs) }, (_, row) => {
          const place = pageOfRow(logs, row);
          return place && `${place.from.log} ${place.from.beforeSeq - 1 - place.offset}`;
        });
        expect(rows).toEqual(expected);
        expect(pageOfRow(logs, rowCount(logs))).toBeNull();
      }),
    );
  });

  it('share a page exactly when they have the same key', () => {
    fc.assert(
      fc.property(histories, fc.nat(2_000), fc.nat(2_000), (logs, one, other) => {
        const first = pageOfRow(logs, one);
        const second = pageOfRow(logs, other);
        fc.pre(first !== null && second !== null);
        expect(first?.key === second?.key).toBe(
          first?.from.log === second?.from.log && first?.from.beforeSeq === second?.from.beforeSeq,
        );
        expect(first?.offset).toBeLessThan(Math.min(pageLength, first?.from.beforeSeq ?? 0));
      }),
    );
  });

  it('none, where there is no log yet', () => {
    expect(rowCount([])).toBe(0);
    expect(pageOfRow([], 0)).toBeNull();
  });
});
