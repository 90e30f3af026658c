import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldRotation } from '#shared/logic/rotation-fold.ts';
import { hasEnded, moves } from '#shared/logic/rotation-moves.ts';
import { currentPath, forwardPath, reversePath } from '#shared/logic/rotation-path.ts';
import {
  effectKinds,
  type RotationPlan,
  type RotationRecord,
  rotationStates,
} from '#shared/model/rotation.ts';
import { eventOf, planned, resultOf } from './simulated-rotation.ts';

const plans = fc.record({
  protects: fc.constantFrom('messages', 'data'),
  slots: fc.constantFrom('one', 'previous', 'next+previous'),
  mode: fc.constantFrom('planned', 'emergency'),
  soak_ms: fc.constantFrom(0, 3_600_000),
  old_fingerprint: fc.constantFrom('0000000000000001', null),
}) as fc.Arbitrary<Partial<RotationPlan>>;

const stepIds = [
  ...new Set(
    [
      ...forwardPath(planned({ protects: 'data', slots: 'one', soak_ms: 0 }).plan),
      ...forwardPath(planned({ protects: 'data', slots: 'next+previous' }).plan),
      ...reversePath(planned({ protects: 'data', slots: 'one' })),
      ...reversePath(planned({ protects: 'data', slots: 'previous' })),
    ].map(({ id }) => id as string),
  ),
  'unstage',
  'abandon-destroy',
];

/** Any action with any step: almost always illegal. */
const anyMove = fc.oneof(
  fc.record({
    action: fc
      .tuple(
        fc.constantFrom(...effectKinds),
        fc.constantFrom('intended', 'done', 'failed', 'skipped', 'probed'),
      )
      .map((parts) => parts.join('-')),
    step: fc.constantFrom(...stepIds),
    adoption: fc.constantFrom('proven', 'attested', 'unproven'),
    remaining: fc.nat(1),
  }),
  fc.record({
    action: fc.constantFrom(
      'rotated',
      'rolled-back',
      'abandoned',
      'blocked',
      'rollback-requested',
      'abandon-requested',
      'superseded',
      'planned',
      'made-up',
    ),
  }),
  fc.record({ action: fc.constant('unblocked'), to: fc.constantFrom(...rotationStates) }),
  fc.record({
    action: fc.constant('attested'),
    what: fc.constantFrom('adoption', 're-encryption', 'stopped', 'old-refused'),
  }),
);

/** The next step of the path, so that random sequences get anywhere at all. */
const usualMove = fc.record({
  usual: fc.oneof(
    { arbitrary: fc.constant('forward' as const), weight: 20 },
    { arbitrary: fc.constantFrom('intended', 'done', 'failed', 'skipped', 'probed'), weight: 2 },
  ),
  adoption: fc.constantFrom('proven' as const, 'unproven' as const),
});

type AnyMove = typeof anyMove extends fc.Arbitrary<infer T> ? T : never;
type UsualMove = typeof usualMove extends fc.Arbitrary<infer T> ? T : never;

function eventFor(rotation: RotationRecord, move: AnyMove | UsualMove) {
  if ('usual' in move) {
    const id = rotation.indeterminate_step;
    const step = currentPath(rotation).find((one) =>
      id ? one.id === id : !rotation.steps_done.includes(one.id),
    );
    if (!step) return eventOf('made-up');
    if (step.effect === null) {
      const name = { close: 'rotated', 'back-close': 'rolled-back', 'abandon-close': 'abandoned' }[
        step.id as string
      ];
      return eventOf(name ?? 'made-up');
    }
    const outcome = move.usual === 'forward' ? (id ? 'done' : 'intended') : move.usual;
    return eventOf(`${step.effect}-${outcome}`, resultOf(step, move.adoption));
  }
  const { action, ...data } = move as Record<string, unknown> & { action: string };
  const counts = { total: 2, changed: 1, remaining_old: data.remaining ?? 0 };
  return eventOf(action, action === 'planned' ? { plan: rotation.plan } : { ...data, counts });
}

describe('random events', () => {
  it('move a rotation only along the table, or are rejected without a trace', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(
        plans,
        fc.oneof(fc.nat(6), fc.nat(40)),
        fc.array(
          fc.oneof(
            { arbitrary: usualMove, weight: 30 },
            {
              arbitrary: fc.constantFrom({ action: 'rollback-requested' }, { action: 'abandon-requested' }),
              weight: 2,
            },
            { arbitrary: anyMove, weight: 2 },
          ),
          { minLength: 10, maxLength: 80, size: 'max' },
        ),
        (plan, lead, rest) => {
          // Straight on for a while, so that late states are reached too; then anything.
          const straight = Array.from(
            { length: lead },
            (): UsualMove => ({ usual: 'forward', adoption: 'proven' }),
          );
          const sequence = [...straight, ...rest];
          let rotation = planned(plan);
          const seen = new Set<string>([rotation.state]);
          for (const move of sequence) {
            const before = structuredClone(rotation);
            const event = eventFor(rotation, move);
            let next: RotationRecord;
            try {
              next = foldRotation(rotation, event);
            } catch {
              expect(rotation).toEqual(before);
              continue;
            }
            expect(rotation).toEqual(before);
            expect(hasEnded(before)).toBe(false);
            if (next.state !== before.state) {
              expect(
                moves.some(
                  ({ from, to, action }) =>
                    from === before.state && to === next.state && action === event.action,
                ),
              ).toBe(true);
            }
            expectSound(next, seen);
            rotation = next;
            seen.add(rotation.state);
            reached.add(rotation.state);
          }
        },
      ),
      { numRuns: 500 },
    );
    // A property over sequences that never get anywhere proves nothing.
    expect(rotationStates.filter((state) => !reached.has(state))).toEqual([]);
  });
});

/** What must hold in every state that can be reached. */
function expectSound(rotation: RotationRecord, seen: ReadonlySet<string>): void {
  if (rotation.state === 'retired' || rotation.state === 'closed') {
    expect(
      rotation.adoption === 'proven' || rotation.adoption === 'attested' || rotation.superseded_by !== null,
    ).toBeTruthy();
    expect(seen.has('activated')).toBe(true);
    if (rotation.plan.protects === 'data' && rotation.old_fingerprint !== null) {
      expect(rotation.attested.includes('re-encryption') || rotation.reencryption?.remaining_old === 0).toBe(
        true,
      );
    }
  }
  if (rotation.state === 'closed') expect(rotation.steps_done).toContain('destroy');
  if (rotation.state === 'abandoned') expect(rotation.rollback).toBeNull();
  if (rotation.state === 'blocked') expect(rotation.indeterminate).toBeNull();
  if (rotation.steps_done.includes('activate')) expect(rotation.steps_done).toContain('seal');
  if (rotation.state === 'rolled-back') expect(rotation.steps_done).toContain('roll-back');
}
