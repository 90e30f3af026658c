import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resourceFile } from '#electron/installation.ts';
import { loadRunbook } from '#electron/services/runbooks/runbook-loader.ts';
import type { ActionOutcome } from '#shared/logic/runbook-actions.ts';
import { stepView } from '#shared/logic/step-view.ts';
import { StepState } from '#shared/model/run.ts';
import type { StepAct, StepActOffer } from '#shared/model/run-detail.ts';
import type { Runbook } from '#shared/model/runbook.ts';
import { SimulatedRun, simulatedContext } from './simulated-run.ts';

const runbooks = ['emergency', 'planned', 'breach', 'recovery', 'troubleshooting'].map((id): Runbook => {
  const loaded = loadRunbook(
    readFileSync(resourceFile(import.meta.dirname, 'runbooks', `${id}.yaml`), 'utf8'),
  );
  if (!loaded.ok) throw new Error(`${id} has errors`);
  return loaded.runbook;
});

const failure: ActionOutcome = {
  outcome: 'failed',
  lines: [],
  error: { code: 'command-failed', message: 'No.', unchanged: 'Nothing.', remedy: 'Again.' },
};
const outcomes: (ActionOutcome | null)[] = [
  { outcome: 'done', lines: ['done'] },
  failure,
  { outcome: 'waits', lines: [], waitsFor: 'attestation' },
  { outcome: 'waits', lines: [], waitsFor: 'soak', resumeAfter: '2026-11-24T09:00:00.000Z' },
  { outcome: 'waits', lines: [], waitsFor: 'decision' },
  { outcome: 'waits', lines: [], waitsFor: 'operator' },
  { outcome: 'not-done', lines: [] },
  null,
];

function actFor(run: SimulatedRun, offer: StepActOffer, pick: number): StepAct {
  const step = run.runbook.steps.find(({ id }) => id === run.view.current_step_id);
  const reason = 'because';
  switch (offer.act) {
    case 'answer':
      return { act: 'answer', choice: step?.branches[pick % step.branches.length]?.id ?? '' };
    case 'submit':
      return {
        act: 'submit',
        input: Object.fromEntries(
          (step?.inputs ?? []).map(({ id, kind }) => [
            id,
            kind === 'date' ? '2026-01-31' : kind === 'duration' ? '1h' : 'x',
          ]),
        ),
      };
    case 'add-evidence':
      return { act: 'add-evidence', kind: 'output', label: 'x', text: 'x' };
    case 'commit':
      return { act: 'commit', name: 'Shop' };
    case 'decide':
      return { act: 'decide', rotationId: 'x', decision: 'new-is-primary', reason };
    case 'attest':
    case 'skip':
    case 'override':
    case 'end-wait-early':
      return { act: offer.act, reason };
    default:
      return { act: offer.act };
  }
}

const everyAct: StepAct[] = [
  { act: 'begin' },
  { act: 'confirm' },
  { act: 'answer', choice: 'x' },
  { act: 'submit', input: {} },
  { act: 'run-action' },
  { act: 'attest', reason: 'x' },
  { act: 'skip', reason: 'x' },
  { act: 'retry' },
  { act: 'probe' },
  { act: 'wait-over' },
  { act: 'end-wait-early', reason: 'x' },
  { act: 'commit', name: 'Shop' },
  { act: 'decide', rotationId: 'x', decision: 'old-is-primary', reason: 'x' },
  { act: 'override', reason: 'x' },
  { act: 'follow-failure' },
  { act: 'go-back' },
];

const contexts = fc.record({
  runbook: fc.constantFrom(...runbooks),
  dryRun: fc.boolean(),
  unfinished: fc.constantFrom<string[]>([], ['JWT_SECRET_KEY']),
  rollingBack: fc.boolean(),
  blocked: fc.boolean(),
  configured: fc.subarray(['restart', 'stop', 'start', 'reencrypt', 'verify', 'health']),
  slots: fc.constantFrom('one' as const, 'previous' as const, 'next+previous' as const),
});
const moves = fc.array(fc.tuple(fc.nat(1_000), fc.nat(1_000), fc.nat(outcomes.length - 1)), {
  maxLength: 120,
});

describe('random acts on the built-in runbooks', () => {
  it('never meet an illegal state nor a dead end, and replaying gives the same view', () => {
    fc.assert(
      fc.property(contexts, moves, (given, steps) => {
        const run = new SimulatedRun(given.runbook, {
          ...simulatedContext,
          mode: given.runbook.mode,
          dryRun: given.dryRun,
          configured: given.configured,
          keys: simulatedContext.keys.map((key) => ({ ...key, slots: given.slots })),
          decisions: given.blocked ? [{ rotation_id: 'x', key: 'JWT_SECRET_KEY', found: 'neither' }] : [],
        });
        for (const [choose, pick, ends] of steps) {
          if (run.over) break;
          // What a rotation does meanwhile, the machine only hears about.
          run.context = {
            ...run.context,
            unfinished: pick % 3 === 0 ? given.unfinished : [],
            rollingBack: given.rollingBack && pick % 5 === 0,
          };
          const { offers } = run;
          expect(offers, run.view.current_step_id ?? '').not.toEqual([]);
          expect(offers.filter(({ primary }) => primary).length).toBeLessThanOrEqual(1);
          const offer = offers[choose % offers.length];
          if (!offer) break;
          const before = run.view;
          run.act(actFor(run, offer, pick), outcomes[ends] ?? null);
          const { view } = run;
          for (const step of view.steps) expect(StepState.options).toContain(step.state);
          expect(
            view.steps
              .filter(({ state }) =>
                [
                  'ready',
                  'awaiting-input',
                  'awaiting-approval',
                  'active',
                  'verifying',
                  'waiting',
                  'indeterminate',
                ].includes(state),
              )
              .map(({ id }) => id),
          ).toEqual(
            view.current_step_id === null
              ? []
              : view.steps
                  .filter(({ id, state }) => id === view.current_step_id && state !== 'failed')
                  .map(({ id }) => id),
          );
          expect(view.deviations.length).toBeGreaterThanOrEqual(before.deviations.length);
        }
        expect(run.view).toEqual(run.followed);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses every act that is not offered, and then nothing has happened', () => {
    fc.assert(
      fc.property(contexts, moves, (given, steps) => {
        const run = new SimulatedRun(given.runbook, {
          ...simulatedContext,
          mode: given.runbook.mode,
          dryRun: given.dryRun,
        });
        for (const [choose, pick, ends] of steps.slice(0, 25)) {
          if (run.over) break;
          const offered = new Set(run.offers.map(({ act }) => act));
          const size = run.events.length;
          for (const act of everyAct) {
            if (offered.has(act.act)) continue;
            expect(() => run.act(act, null)).toThrow(/does not allow/);
          }
          expect(run.events.length).toBe(size);
          const offer = run.offers[choose % run.offers.length];
          if (offer) run.act(actFor(run, offer, pick), outcomes[ends] ?? null);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('reach the end when every step is answered with its primary act', () => {
    for (const runbook of runbooks) {
      const run = new SimulatedRun(runbook, { ...simulatedContext, mode: runbook.mode });
      const used = new Map<string, number>();
      for (let count = 0; !run.over && count < 400; count += 1) {
        const id = run.view.current_step_id ?? '';
        const pick = used.get(id) ?? 0;
        used.set(id, pick + 1);
        const offer = run.offers.find(({ primary }) => primary) ?? run.offers[0];
        if (!offer) throw new Error(`nothing to do at ${id}`);
        run.act(actFor(run, offer, pick), { outcome: 'done', lines: [] });
      }
      expect([runbook.id, run.over]).toEqual([runbook.id, true]);
      expect(run.view.steps.filter(({ state }) => state === 'failed')).toEqual([]);
    }
  });
});

describe('the machine', () => {
  const planned = runbooks.find(({ id }) => id === 'planned') as Runbook;

  function at(step: string, context = simulatedContext, runbook = planned): SimulatedRun {
    const run = new SimulatedRun(runbook, context);
    for (let count = 0; run.view.current_step_id !== step && count < 100; count += 1) {
      const offer = run.offers.find(({ primary }) => primary) ?? run.offers[0];
      if (!offer) throw new Error('stuck');
      run.act(actFor(run, offer, 0), { outcome: 'done', lines: [] });
    }
    return run;
  }

  it('finds a step with effects indeterminate after a crash, and probes before it retries', () => {
    const run = at('activate');
    run.act({ act: 'run-action' }, null);
    expect(stepView(run.view, 'activate').state).toBe('indeterminate');
    expect(run.offers.map(({ act }) => act)).toEqual(['probe', 'add-evidence']);
    run.act({ act: 'probe' }, { outcome: 'not-done', lines: ['The old value is in place.'] });
    expect(stepView(run.view, 'activate').state).toBe('ready');
    run.act({ act: 'run-action' }, { outcome: 'done', lines: [] });
    expect(stepView(run.view, 'activate')).toMatchObject({ state: 'done', attempts: 2 });
  });

  it('does a read-only step simply again after a crash', () => {
    const run = at('validate');
    run.act({ act: 'run-action' }, null);
    expect(stepView(run.view, 'validate').state).toBe('ready');
  });

  it('does not end while a rotation is half-way, and offers to finish it', () => {
    const run = at('finish', simulatedContext);
    run.context = { ...run.context, unfinished: ['JWT_SECRET_KEY'] };
    run.act({ act: 'confirm' }, null);
    expect(run.over).toBe(false);
    expect(stepView(run.view, 'finish').error?.code).toBe('rotations-unfinished');
    expect(run.offers[0]).toMatchObject({ act: 'retry', label: 'Finish the rotations' });
    run.context = { ...run.context, unfinished: [] };
    run.act({ act: 'retry' }, { outcome: 'done', lines: [] });
    expect(run.over).toBe(true);
  });

  it('stays open for an archived value, and ends when its time has come', () => {
    const run = at('finish', simulatedContext);
    run.context = { ...run.context, archivedUntil: '2027-02-01T00:00:00.000Z' };
    run.act({ act: 'confirm' }, null);
    expect(run.view).toMatchObject({
      state: 'soaking',
      waits_for: 'backup-date',
      resume_after: '2027-02-01T00:00:00.000Z',
    });
    expect(run.offers.map(({ act }) => act)).not.toContain('wait-over');
    run.context = { ...run.context, now: '2027-02-02T00:00:00.000Z' };
    expect(run.offers[0]?.act).toBe('wait-over');
    run.context = { ...run.context, archivedUntil: null };
    run.act({ act: 'wait-over' }, { outcome: 'done', lines: [] });
    expect(run.over).toBe(true);
  });

  it('asks for the name of the environment at a point of no return', () => {
    const run = at('accept-outage');
    expect(() => run.act({ act: 'commit', name: 'shop' }, null)).toThrow(/not the name/);
    run.act({ act: 'commit', name: 'Shop' }, null);
    expect(stepView(run.view, 'accept-outage').state).toBe('done');
  });

  it('offers the way back where the runbook has it for a failure, once something was activated', () => {
    const steps = planned.steps.map((step) =>
      step.id === 'adopt' ? { ...step, on_failure: 'rollback' as const } : step,
    );
    const run = at('adopt', simulatedContext, { ...planned, steps });
    run.act({ act: 'run-action' }, failure);
    expect(run.offers[0]?.act).toBe('retry');
    run.context = { ...run.context, unfinished: ['JWT_SECRET_KEY'] };
    expect(run.offers[0]).toMatchObject({ act: 'follow-failure', label: 'Roll back', primary: true });
    run.act({ act: 'follow-failure' }, null);
    expect(stepView(run.view, 'adopt').state).toBe('indeterminate');
  });

  it('records a skip and an override as deviations', () => {
    const run = at('health-after-by-hand');
    run.act({ act: 'skip', reason: 'No dashboard.' }, null);
    expect(run.view.deviations).toMatchObject([{ step: 'health-after-by-hand', reason: 'No dashboard.' }]);
    run.act({ act: 'run-action' }, failure);
    expect(run.offers.map(({ act }) => act)).toContain('override');
    run.act({ act: 'override', reason: 'Known.' }, null);
    expect(run.view.deviations).toHaveLength(2);
  });

  it('goes back one step, and asks again', () => {
    const run = at('told');
    expect(stepView(run.view, 'freeze').choice).toBe('free');
    run.act({ act: 'go-back' }, null);
    expect(run.view.current_step_id).toBe('freeze');
    expect(stepView(run.view, 'freeze')).toMatchObject({ state: 'ready', choice: null });
    run.act({ act: 'answer', choice: 'frozen' }, null);
    expect(run.over).toBe(true);
  });

  it('ends a soak early only with a reason, which is a deviation', () => {
    const run = at('soak');
    run.act(
      { act: 'begin' },
      { outcome: 'waits', lines: [], waitsFor: 'soak', resumeAfter: '2026-11-24T09:00:00.000Z' },
    );
    expect(run.view).toMatchObject({ state: 'soaking', waits_for: 'soak' });
    expect(run.offers.map(({ act }) => act)).toEqual(['end-wait-early', 'add-evidence']);
    run.act({ act: 'end-wait-early', reason: 'Nobody is logged in.' }, null);
    expect(run.view.current_step_id).toBe('retire');
    expect(run.view.deviations[0]?.reason).toBe('Nobody is logged in.');
  });
});
