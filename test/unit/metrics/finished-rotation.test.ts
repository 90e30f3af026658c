import { expect, it } from 'vitest';
import { finishedRotation, noRotationsBegun } from '#shared/logic/finished-rotation.ts';
import type { LogEvent } from '#shared/model/event.ts';

const environment = { id: 'e1', name: 'Shop', stage: 'production' } as const;
const event = (action: string, second: number, more: Partial<LogEvent> = {}) =>
  ({
    event_type: 'key_rotation',
    action,
    rotation_id: 'r1',
    environment,
    key_type: 'JWT_SECRET_KEY',
    drill: false,
    data: null,
    timestamp: `2026-11-27T02:00:${String(second).padStart(2, '0')}.000Z`,
    ...more,
  }) as LogEvent;

const finished = (...events: LogEvent[]) => {
  const begun = noRotationsBegun();
  const all = events.map((one) => finishedRotation(begun, one)).filter((one) => one !== null);
  return { all, planned: begun.planned };
};

it('counts from the plan until the new value is in use, however long the soak is', () => {
  const { all, planned } = finished(
    event('planned', 1),
    event('activate-done', 5, { data: { activated_at: '2026-11-27T02:00:05.000Z' } }),
    event('rotated', 50, { data: { activated_at: '2026-11-27T02:00:05.000Z' } }),
  );
  expect(all).toEqual([
    {
      key: 'JWT_SECRET_KEY',
      environment,
      outcome: 'succeeded',
      duration_ms: 4000,
      ended_at: '2026-11-27T02:00:50.000Z',
    },
  ]);
  expect(planned).toEqual({});
});

it('one that was rolled back or given up failed, and has no duration', () => {
  expect(finished(event('planned', 1), event('rolled-back', 2)).all).toMatchObject([
    { outcome: 'failed', duration_ms: null },
  ]);
  expect(finished(event('planned', 1), event('abandoned', 2)).all).toMatchObject([{ outcome: 'failed' }]);
});

it('counts no drill, and no duration where the plan is not known', () => {
  expect(finished(event('planned', 1, { drill: true }), event('rotated', 2, { drill: true }))).toEqual({
    all: [],
    planned: {},
  });
  const late = event('rotated', 9, { data: { activated_at: '2026-11-27T02:00:05.000Z' } });
  expect(finished(late).all).toMatchObject([{ outcome: 'succeeded', duration_ms: null }]);
});

it('counts nothing of a practice environment', () => {
  const practice = event('started', 0, { event_type: 'practice', rotation_id: null, key_type: null });
  expect(finished(practice, event('planned', 1), event('rotated', 2))).toEqual({ all: [], planned: {} });
});
