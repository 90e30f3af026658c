import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { environmentTabs, hashOf, type Route, routeOf } from '#renderer/state/route.ts';

const text = fc.string({ minLength: 1, maxLength: 40 }).filter((one) => one !== 'add');
const route: fc.Arbitrary<Route> = fc.oneof(
  fc.constantFrom<Route>(
    { screen: 'overview' },
    { screen: 'environments' },
    { screen: 'add-environment' },
    { screen: 'runs' },
    { screen: 'events' },
    { screen: 'settings' },
  ),
  fc.record({
    screen: fc.constant('environment' as const),
    id: text,
    tab: fc.constantFrom(...environmentTabs),
  }),
  fc.record({ screen: fc.constant('run' as const), id: text }),
  fc.record({ screen: fc.constant('events' as const), environment: text, runId: text }),
);

describe('the address of a screen', () => {
  it('leads back to the screen', () => {
    fc.assert(
      fc.property(route, (one) => {
        expect(routeOf(hashOf(one))).toEqual(one);
      }),
    );
  });

  it('leads to the Overview when it is unknown', () => {
    for (const hash of ['', '#', '#/', '#/nowhere', '#/%E0%A4%A', '#//', '#/run/x']) {
      expect(routeOf(hash)).toEqual({ screen: 'overview' });
    }
  });
});
