import Ajv2020 from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '#shared/logic/canonical-json.ts';
import { populationCsv, rotationsCsv } from '#shared/logic/report/csv.ts';
import { reportSchemaText } from '#shared/logic/report/report-schema.ts';
import type { KeyName } from '#shared/model/key.ts';
import { keyCatalog } from '#shared/model/key-catalog.ts';
import type { Report } from '#shared/model/report.ts';
import { reportOver } from '#test/support/built-report.ts';
import { type SimulatedEnvironment, SimulatedHistory } from '#test/support/simulated-history.ts';

const hour = 3_600_000;
const names = keyCatalog.map(({ name }) => name);

/** One thing that somebody does; numbers choose among what is there. */
const act = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      keys: fc.subarray(names),
      old: fc.boolean(),
      practice: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), which: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('forget-key' as const), which: fc.nat(20), key: fc.nat(4) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('rotate' as const),
      which: fc.nat(20),
      key: fc.nat(4),
      mode: fc.constantFrom('planned' as const, 'emergency' as const),
      adoption: fc.constantFrom('proven' as const, 'attested' as const),
      stopAt: fc.constantFrom(
        undefined,
        'preflighted' as const,
        'activated' as const,
        'soaking' as const,
        'retired' as const,
      ),
      rollBackAt: fc.constantFrom(undefined, undefined, 'activated' as const, 'adopted' as const),
      drill: fc.constantFrom(false, false, false, true),
      stepMs: fc.constantFrom(1, 1_000, 6 * hour),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('mark' as const), which: fc.nat(20), key: fc.nat(4) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('accept' as const),
      which: fc.nat(20),
      key: fc.nat(4),
      days: fc.integer({ min: 1, max: 90 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('report' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), hours: fc.nat(600) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('lose' as const), count: fc.integer({ min: 1, max: 3 }) }),
  },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

interface Told {
  history: SimulatedHistory;
  reportId: string;
}

function tell(acts: readonly Act[]): Told {
  const history = new SimulatedHistory('2026-05-01T00:00:00.000Z');
  // Two that are there from the beginning, so that most acts find something to act on.
  const there = ['api', 'web'].map((name) => {
    const made = history.addEnvironment(name, names, { activatedAt: '2025-12-20T00:00:00.000Z' });
    return { ...made, practice: false };
  });
  const busy = new Set<string>();
  for (const [index, one] of acts.entries()) {
    history.advance(hour);
    if (one.kind === 'add') {
      const activatedAt = one.old ? '2025-06-01T00:00:00.000Z' : null;
      const { practice } = one;
      there.push({
        ...history.addEnvironment(`env-${index}`, one.keys, { activatedAt, practice }),
        practice,
      });
    } else if (one.kind === 'wait') history.advance(one.hours * hour);
    else if (one.kind === 'lose') history.skipNumbers(one.count);
    else if (one.kind === 'report') history.beginReport(there);
    else actOn(history, there, busy, one);
  }
  history.advance(hour);
  return { history, reportId: history.beginReport(there).id };
}

function actOn(
  history: SimulatedHistory,
  there: (SimulatedEnvironment & { practice: boolean })[],
  busy: Set<string>,
  one: Exclude<Act, { kind: 'add' | 'wait' | 'lose' | 'report' }>,
): void {
  if (there.length === 0) return;
  const environment = there[one.which % there.length] as SimulatedEnvironment & { practice: boolean };
  if (one.kind === 'remove') {
    history.removeEnvironment(environment);
    there.splice(there.indexOf(environment), 1);
    return;
  }
  const key = names[one.key] as KeyName;
  const place = `${environment.reference.id}/${key}`;
  if (one.kind === 'forget-key') environment.keys.delete(key);
  if (one.kind === 'mark' && environment.keys.has(key)) history.mark(environment, key, 'leaked');
  if (one.kind === 'accept') {
    const until = new Date(Date.parse(history.now) + one.days * 24 * hour).toISOString();
    const { reference } = environment;
    const data = { codes: [], until };
    history.append({
      event_type: 'exception',
      action: 'added',
      key_type: key,
      reason: 'r',
      environment: reference,
      data,
    });
  }
  if (one.kind !== 'rotate' || busy.has(place) || (one.drill && !environment.practice)) return;
  const { mode, adoption, stopAt, rollBackAt, drill, stepMs } = one;
  const ended = history.rotate(
    {
      environment,
      key,
      mode,
      adoption,
      drill,
      ...(stopAt ? { stopAt } : {}),
      ...(rollBackAt ? { rollBackAt } : {}),
    },
    stepMs,
  );
  if (ended.ended_at === null) busy.add(place);
}

const histories = fc.array(act, { maxLength: 40, size: 'max' });
const june = { from: '2026-06-01', to: '2026-06-30' };
const over = ({ history, reportId }: Told): Report =>
  reportOver(history.events, { ...june, at: history.now, reportId });
const validate = new Ajv2020.default({ strict: true, allErrors: true, validateFormats: false }).compile(
  JSON.parse(reportSchemaText()),
);

describe('whatever happened', () => {
  test('every count reconciles, and the report fits its JSON Schema by another implementation', () => {
    fc.assert(
      fc.property(histories, (acts) => {
        const report = over(tell(acts));
        const { keys, reconciliation } = report.population;
        expect(reconciliation.equations.filter(({ holds }) => !holds)).toEqual([]);
        expect(reconciliation.equations).toHaveLength(9);
        expect(reconciliation.keys).toBe(keys.length);
        expect(new Set(keys.map(({ environment, key }) => `${environment.id}/${key}`)).size).toBe(
          keys.length,
        );
        expect(validate(JSON.parse(JSON.stringify(report)))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('the same events give the same bytes', () => {
    fc.assert(
      fc.property(histories, (acts) => {
        const [one, other] = [over(tell(acts)), over(tell(acts))];
        expect(canonicalJson(one)).toBe(canonicalJson(other));
        expect(populationCsv(one)).toBe(populationCsv(JSON.parse(canonicalJson(one))));
        expect(rotationsCsv(one)).toBe(rotationsCsv(JSON.parse(canonicalJson(one))));
      }),
      { numRuns: 50 },
    );
  });

  test('each item names events that exist, and findings are in their order', () => {
    fc.assert(
      fc.property(histories, (acts) => {
        const told = tell(acts);
        const report = over(told);
        const there = new Set(told.history.events.map(({ seq }) => seq));
        const items = [
          ...report.environments,
          ...report.population.keys,
          ...report.rotations,
          ...report.deviations,
          ...report.exceptions,
          ...report.drills,
        ];
        for (const { log, events } of items) {
          expect(log).toBe('own');
          expect(events.length).toBeGreaterThan(0);
          expect(events).toEqual(events.toSorted((a, b) => a - b));
          for (const seq of events) expect(there.has(seq)).toBe(true);
        }
        const order = ['critical', 'high', 'medium', 'low'];
        const weights = report.findings.map(({ severity }) => order.indexOf(severity));
        expect(weights).toEqual(weights.toSorted((a, b) => a - b));
        const { critical, high, medium, low, accepted } = report.verdict;
        expect(critical + high + medium + low + accepted).toBe(report.findings.length);
      }),
      { numRuns: 150 },
    );
  });

  test('rotations of drills and of practice never count', () => {
    fc.assert(
      fc.property(histories, (acts) => {
        const told = tell(acts);
        const drilled = new Set(
          told.history.events.filter(({ drill }) => drill).map(({ rotation_id }) => rotation_id),
        );
        for (const { rotation_id } of over(told).rotations) expect(drilled.has(rotation_id)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});

test('the schema refuses what is no report', () => {
  const report = over(tell([]));
  expect(validate(JSON.parse(JSON.stringify(report)))).toBe(true);
  expect(validate({ ...report, more: 1 })).toBe(false);
  expect(validate({ ...report, kind: 'another' })).toBe(false);
  const { sample: _left, ...rest } = report;
  expect(validate(rest)).toBe(false);
});
