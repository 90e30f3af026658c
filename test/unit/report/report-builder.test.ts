import { describe, expect, test } from 'vitest';
import { populationCsv, rotationsCsv } from '#shared/logic/report/csv.ts';
import { reportPeriod } from '#shared/logic/report/period.ts';
import { ReportBuilder } from '#shared/logic/report/report-builder.ts';
import type { Report } from '#shared/model/report.ts';
import { type Asked, frameFor, reportOver, sha256Text } from '#test/support/built-report.ts';
import { SimulatedHistory } from '#test/support/simulated-history.ts';

const day = 86_400_000;
const june = { from: '2026-06-01', to: '2026-06-30' };

/** A report over June, made at the end of the history. */
function overJune(history: SimulatedHistory, more: Partial<Asked> = {}): Report {
  return reportOver(history.events, { ...june, at: history.now, ...more });
}

function observed(
  history: SimulatedHistory,
  ...environments: Parameters<SimulatedHistory['beginReport']>[0]
) {
  return overJune(history, { reportId: history.beginReport(environments).id });
}

const codes = (report: Report) => report.findings.map(({ code, severity }) => `${severity} ${code}`);
const holding = (report: Report) =>
  report.population.reconciliation.equations.filter(({ holds }) => !holds).map(({ text }) => text);

describe('the population', () => {
  test('has silent keys, removed environments and keys that vanished, and its counts reconcile', () => {
    const history = new SimulatedHistory('2026-05-01T00:00:00.000Z');
    const api = history.addEnvironment('api', ['JWT_SECRET_KEY', 'WEBHOOK_SIGNING_KEY'], {
      activatedAt: '2026-04-01T00:00:00.000Z',
    });
    const old = history.addEnvironment('old', ['API_SIGNING_KEY']);
    const earlier = history.addEnvironment('earlier', ['API_SIGNING_KEY']);
    history.removeEnvironment(earlier);
    history.advance(20 * day);
    history.beginReport([api, old]);
    history.advance(20 * day);
    history.removeEnvironment(old);
    api.keys.delete('WEBHOOK_SIGNING_KEY');
    history.addKey(api, 'ENCRYPTION_KEY', history.now);
    history.advance(5 * day);
    history.beginReport([api]);
    history.advance(40 * day);
    const late = history.addEnvironment('late', ['JWT_SECRET_KEY']);
    const report = observed(history, api, late);

    expect(
      report.population.keys.map(({ environment, key, presence }) => [environment.name, key, presence]),
    ).toEqual([
      ['api', 'ENCRYPTION_KEY', 'observed'],
      ['api', 'JWT_SECRET_KEY', 'observed'],
      ['api', 'WEBHOOK_SIGNING_KEY', 'removed'],
      ['old', 'API_SIGNING_KEY', 'removed'],
    ]);
    expect(report.environments.map(({ name, state, reachable }) => [name, state, reachable])).toEqual([
      ['api', 'active', true],
      ['old', 'removed', null],
    ]);
    const { reconciliation } = report.population;
    expect(holding(report)).toEqual([]);
    expect(reconciliation).toMatchObject({
      keys: 4,
      observed: 2,
      removed: 2,
      at_start: 3,
      appeared: 1,
      disappeared: 2,
      at_end: 2,
    });
    expect(codes(report)).toContain('low key-gone');
    expect(codes(report)).toContain('low environment-removed');
  });

  test('names the events that each value was computed from', () => {
    const history = new SimulatedHistory('2026-06-02T00:00:00.000Z');
    const api = history.addEnvironment('api', ['JWT_SECRET_KEY'], {
      activatedAt: '2026-01-01T00:00:00.000Z',
    });
    history.rotate({ environment: api, key: 'JWT_SECRET_KEY' });
    history.advance(40 * day);
    const report = observed(history, api);
    const bySeq = new Map(history.events.map((event) => [event.seq, event]));
    const actions = (events: readonly number[]) =>
      events.map((seq) => `${bySeq.get(seq)?.event_type}/${bySeq.get(seq)?.action}`);
    expect(actions(report.population.keys[0]?.events ?? [])).toEqual([
      'key_rotation/activate-done',
      'report/observed',
    ]);
    expect(actions(report.environments[0]?.events ?? [])).toEqual(['environment/added', 'report/observed']);
    const [rotation] = report.rotations;
    expect(actions(rotation?.events ?? []).at(0)).toBe('key_rotation/planned');
    expect(actions(rotation?.events ?? []).at(-1)).toBe('key_rotation/rotated');
    for (const item of [...report.findings, ...report.population.keys, ...report.rotations]) {
      expect(item.log).toBe('own');
      for (const seq of item.events) expect(bySeq.has(seq)).toBe(true);
    }
  });

  test('an environment that could not be read has the keys that it should have, and none of them a status', () => {
    const history = new SimulatedHistory('2026-06-02T00:00:00.000Z');
    const api = history.addEnvironment('api', ['JWT_SECRET_KEY']);
    history.advance(40 * day);
    const begun = history.append({ event_type: 'report', action: 'begun', data: {} });
    const seen = history.observation(api, begun.id);
    const expected = seen.keys.map(
      ({ key, purpose, protects, slots, owner, cryptoperiod_days, policy_source }) => ({
        ...{ key, purpose, protects, slots, owner, cryptoperiod_days, policy_source },
        required: true,
        protects_account_data: false,
      }),
    );
    const finding = { code: 'file-missing', severity: 'error', message: 'There is no such file.', key: null };
    history.append({
      event_type: 'report',
      action: 'observed',
      environment: api.reference,
      data: { ...seen, reachable: false, keys: [], expected, findings: [finding] },
    });
    const report = overJune(history, { reportId: begun.id });
    expect(report.population.keys).toMatchObject([
      { presence: 'not-observed', status: null, required: true },
    ]);
    expect(report.environments).toMatchObject([{ reachable: false, compliance_score: null }]);
    expect(report.findings).toMatchObject([{ code: 'unreachable', severity: 'high' }]);
    expect(report.findings[0]?.detail).toContain('There is no such file.');
    expect(holding(report)).toEqual([]);
  });

  test('practice is left out, but drills are told and are no rotations', () => {
    const history = new SimulatedHistory('2026-06-02T00:00:00.000Z');
    const practice = history.addEnvironment('Practice', ['JWT_SECRET_KEY'], { practice: true });
    history.rotate({ environment: practice, key: 'JWT_SECRET_KEY', drill: true });
    history.rotate({ environment: practice, key: 'JWT_SECRET_KEY' });
    history.advance(40 * day);
    const report = observed(history, practice);
    expect(report.rotations).toEqual([]);
    expect(report.population.keys).toEqual([]);
    expect(report.drills).toMatchObject([{ runbook: 'rotate', state: 'completed' }]);
    expect(report.drills[0]?.duration_ms).toBeGreaterThan(0);
    expect(report.metrics.find(({ id }) => id === 'rotation-success-rate')?.value).toBeNull();
  });

  test('a run about the installation itself makes it no environment; its deviations are told', () => {
    const history = new SimulatedHistory('2026-06-02T00:00:00.000Z');
    const api = history.addEnvironment('api', ['JWT_SECRET_KEY'], {
      activatedAt: '2026-06-01T00:00:00.000Z',
    });
    const environment = { id: history.id(), name: 'This installation', stage: 'production' as const };
    const run = { environment, run_id: history.id(), drill: false, event_type: 'run' as const };
    const runbook = { runbook: 'signing-keys', runbook_sha256: null, runbook_version: null };
    const data = { ...runbook, title: 'Replace the signing keys', mode: 'planned', dry_run: false, keys: [] };
    history.append({ ...run, action: 'started', data });
    const reason = 'the auditor was on leave';
    history.append({
      ...run,
      action: 'deviation',
      reason,
      data: { what: 'nobody was called', step: 'call' },
    });
    history.append({ ...run, action: 'completed' });
    history.advance(40 * day);
    const report = observed(history, api);
    expect(report.environments.map(({ name }) => name)).toEqual(['api']);
    expect(codes(report)).toEqual(['low deviation']);
    expect(report.deviations).toMatchObject([{ environment, reason: 'the auditor was on leave' }]);
    const begun = history.beginReport([api]);
    const narrow = overJune(history, { reportId: begun.id, environments: [api.reference.id] });
    expect(narrow.deviations).toEqual([]);
  });

  test('the scope can be some environments only', () => {
    const history = new SimulatedHistory('2026-06-02T00:00:00.000Z');
    const [api, web] = ['api', 'web'].map((name) => history.addEnvironment(name, ['JWT_SECRET_KEY']));
    if (!api || !web) throw new Error('no environments');
    history.rotate({ environment: web, key: 'JWT_SECRET_KEY' });
    history.advance(40 * day);
    const begun = history.beginReport([api]);
    const report = overJune(history, { reportId: begun.id, environments: [api.reference.id] });
    expect(report.scope.chosen).toEqual([api.reference]);
    expect(report.rotations).toEqual([]);
    expect(report.population.keys).toHaveLength(1);
  });
});

describe('rotations', () => {
  test('tell requester, times, adoption, whether they were on time', () => {
    const history = new SimulatedHistory('2026-06-02T00:00:00.000Z');
    // Due on 2026-06-10 (API_SIGNING_KEY: 180 days).
    const api = history.addEnvironment('api', ['API_SIGNING_KEY', 'WEBHOOK_SIGNING_KEY'], {
      activatedAt: '2025-12-12T00:00:00.000Z',
    });
    history.rotate({ environment: api, key: 'API_SIGNING_KEY', requester: 'grace@example.org' });
    history.advance(20 * day);
    history.rotate({ environment: api, key: 'WEBHOOK_SIGNING_KEY', adoption: 'attested' });
    history.advance(20 * day);
    const report = observed(history, api);
    const [early, late] = report.rotations;
    expect(early).toMatchObject({
      outcome: 'rotated',
      requester: 'grace@example.org',
      approver: null,
      adoption: 'proven',
      was_due_at: '2026-06-10T00:00:00.000Z',
      on_time: true,
    });
    expect(early?.time_to_rotate_ms).toBeGreaterThan(0);
    expect(early?.next_due_at?.slice(0, 10)).toBe('2026-11-29');
    expect(late).toMatchObject({ outcome: 'rotated', on_time: false, adoption: 'attested' });
    expect(codes(report)).toEqual(expect.arrayContaining(['medium rotated-late', 'low adoption-attested']));
    const metric = (id: string) => report.metrics.find((one) => one.id === id);
    expect(metric('schedule-adherence')?.value).toBe(50);
    expect(metric('rotation-success-rate')?.value).toBe(100);
    expect(metric('system-availability')?.value).toBe(100);
    expect(report.population.keys.map(({ rotations }) => rotations)).toEqual([1, 1]);
  });

  test('are told as they stood at the end of the period, and only those that were under way in it', () => {
    const history = new SimulatedHistory('2026-05-02T00:00:00.000Z');
    const api = history.addEnvironment('api', ['API_SIGNING_KEY', 'JWT_SECRET_KEY', 'WEBHOOK_SIGNING_KEY']);
    history.rotate({ environment: api, key: 'WEBHOOK_SIGNING_KEY' });
    history.advance(57 * day);
    // Two hours before the end of June: closes in July.
    history.advance(Date.parse('2026-06-30T22:00:00.000Z') - Date.parse(history.now));
    history.rotate({ environment: api, key: 'API_SIGNING_KEY' }, 15 * 60_000);
    history.rotate({ environment: api, key: 'JWT_SECRET_KEY' });
    const report = observed(history, api);
    expect(report.rotations).toHaveLength(1);
    expect(report.rotations[0]).toMatchObject({ key: 'API_SIGNING_KEY', outcome: 'open', ended_at: null });
    for (const seq of report.rotations[0]?.events ?? []) {
      expect(Date.parse(history.events[seq]?.timestamp ?? '')).toBeLessThan(Date.parse(report.period.to));
    }
    expect(holding(report)).toEqual([]);
  });

  test('a compromised key is critical while it is in place, and its replacement is timed', () => {
    const history = new SimulatedHistory('2026-06-02T00:00:00.000Z');
    const api = history.addEnvironment('api', ['API_SIGNING_KEY', 'JWT_SECRET_KEY'], {
      activatedAt: '2026-06-01T00:00:00.000Z',
    });
    history.mark(api, 'API_SIGNING_KEY', 'found in a paste');
    history.mark(api, 'JWT_SECRET_KEY', 'laptop lost');
    history.advance(3_600_000);
    history.rotate({ environment: api, key: 'JWT_SECRET_KEY', mode: 'emergency' });
    history.advance(40 * day);
    const report = observed(history, api);
    const [first] = report.findings;
    expect(first).toMatchObject({ code: 'compromised', severity: 'critical', key: 'API_SIGNING_KEY' });
    expect(first?.detail).toContain('found in a paste');
    expect(codes(report)).toContain('high compromised-replaced');
    const rotation = report.rotations.find(({ key }) => key === 'JWT_SECRET_KEY');
    expect(rotation?.time_to_replacement_ms).toBeGreaterThanOrEqual(3_600_000);
    expect(report.metrics.find(({ id }) => id === 'time-to-replacement')?.value).toBe(
      rotation?.time_to_replacement_ms,
    );
    expect(report.verdict).toMatchObject({ level: 'critical-findings', critical: 1 });
  });

  test('one that is only in the state file of its environment is a finding until that log is imported', () => {
    const history = new SimulatedHistory('2026-06-02T00:00:00.000Z');
    const api = history.addEnvironment('api', ['JWT_SECRET_KEY'], {
      activatedAt: '2026-06-01T00:00:00.000Z',
    });
    const other = new SimulatedHistory('2026-06-03T00:00:00.000Z');
    const theirs = { reference: api.reference, keys: new Map(api.keys) };
    const rotated = other.rotate({
      environment: theirs,
      key: 'JWT_SECRET_KEY',
      requester: 'grace@example.org',
    });
    Object.assign(api.keys.get('JWT_SECRET_KEY') ?? {}, theirs.keys.get('JWT_SECRET_KEY'));
    history.advance(40 * day);
    const begun = history.beginReport([api]);
    expect(codes(overJune(history, { reportId: begun.id }))).toContain('medium rotated-elsewhere');

    const builder = new ReportBuilder({
      period: reportPeriod({ ...june, timeZone: 'UTC' }),
      environments: null,
      reportId: begun.id,
    });
    history.events.forEach((event, index) => {
      builder.add('own', event, index);
    });
    other.events.forEach((event, index) => {
      builder.add('imported-1', event, index);
    });
    const theirLog = {
      id: 'imported-1',
      kind: 'imported',
      name: 'grace’s machine',
      folder: 'logs/imported-1',
      origin: 'rekey/log/y',
      size: other.size,
      root: 'e'.repeat(64),
      anchored_by: 'checkpoint',
    } as const;
    const report = builder.finish(frameFor(history.now, history.size, [theirLog]));
    expect(codes(report)).not.toContain('medium rotated-elsewhere');
    expect(report.rotations).toMatchObject([{ rotation_id: rotated.rotation_id, log: 'imported-1' }]);
    expect(report.sample.population).toBe(0);
    expect(holding(report)).toEqual([]);
  });

  test('the sample can be drawn again from report.json alone', () => {
    const history = new SimulatedHistory('2026-06-02T00:00:00.000Z');
    const api = history.addEnvironment('api', ['JWT_SECRET_KEY']);
    for (let count = 0; count < 40; count += 1)
      history.rotate({ environment: api, key: 'JWT_SECRET_KEY' }, 1);
    history.advance(40 * day);
    const report = observed(history, api);
    const again = report.rotations
      .filter(({ log, outcome }) => log === 'own' && outcome !== 'open')
      .map((rotation) => ({ rotation, order: sha256Text(report.sample.seed + rotation.rotation_id) }))
      .sort((a, b) => (a.order < b.order ? -1 : 1))
      .slice(0, report.sample.size);
    expect(report.sample).toMatchObject({ population: 40, size: 25, seed: 'a'.repeat(64) });
    expect(report.sample.rotations.map(({ rotation_id }) => rotation_id)).toEqual(
      again.map(({ rotation }) => rotation.rotation_id),
    );
    for (const { seq, leaf_index, rotation_id } of report.sample.rotations) {
      expect(history.events[leaf_index]).toMatchObject({ seq, rotation_id, action: 'rotated' });
    }
  });
});

describe('the log', () => {
  test('gaps, jumps, repairs and damage are findings, and its numbers are told', () => {
    const history = new SimulatedHistory('2026-06-02T00:00:00.000Z');
    const api = history.addEnvironment('api', ['JWT_SECRET_KEY'], {
      activatedAt: '2026-06-01T00:00:00.000Z',
    });
    const own = (action: string, data: Record<string, unknown>) =>
      history.append({ event_type: 'log', action, data, by: { user_id: 'system', source: 'system' } });
    history.skipNumbers(3);
    own('clock-jumped', { milliseconds: -90_000, measured_against: 'monotonic-clock' });
    own('clock-jumped', { milliseconds: 3_600_000, measured_against: 'monotonic-clock' });
    own('tail-repaired', { removed_bytes: 17, removed_sha256: 'f'.repeat(64), offset: 0 });
    own('corruption-acknowledged', { problems: [{ message: 'Event 1 is not what was written.' }] });
    history.advance(40 * day);
    const report = observed(history, api);
    expect(report.logs[0]).toMatchObject({
      first_seq: 0,
      last_seq: history.size - 1,
      gaps: [{ first: 1, last: 3 }],
      clock_jumps: [{ milliseconds: -90_000 }, { milliseconds: 3_600_000 }],
    });
    expect(codes(report)).toEqual([
      'critical log-damaged',
      'critical log-gap',
      'medium clock-set-back',
      'low log-repaired',
    ]);
  });

  test('an event that is not what it says to be is a finding, and the rest is folded all the same', () => {
    const history = new SimulatedHistory('2026-06-02T00:00:00.000Z');
    const api = history.addEnvironment('api', ['JWT_SECRET_KEY'], {
      activatedAt: '2026-06-01T00:00:00.000Z',
    });
    const run_id = history.id();
    history.append({
      event_type: 'run',
      action: 'started',
      environment: api.reference,
      run_id,
      drill: false,
      data: {
        runbook: 'rotate',
        title: 't',
        mode: 'planned',
        dry_run: false,
        keys: [],
        runbook_sha256: null,
        runbook_version: null,
      },
    });
    history.append({
      event_type: 'key_rotation',
      action: 'planned',
      environment: api.reference,
      run_id,
      rotation_id: history.id(),
      key_type: 'JWT_SECRET_KEY',
      data: { plan: { nonsense: true } },
    });
    history.rotate({ environment: api, key: 'JWT_SECRET_KEY' });
    history.advance(40 * day);
    const report = observed(history, api);
    expect(codes(report)).toContain('critical log-damaged');
    expect(report.rotations).toHaveLength(1);
  });
});

describe('accepted risks', () => {
  test('mark what they accept, expire by themselves, and cannot accept what is said of the log', () => {
    const history = new SimulatedHistory('2026-06-02T00:00:00.000Z');
    const api = history.addEnvironment('api', ['JWT_SECRET_KEY', 'API_SIGNING_KEY'], {
      activatedAt: '2025-01-01T00:00:00.000Z',
    });
    history.skipNumbers(1);
    const accept = (key: string | null, until: string, list: string[]) =>
      history.append({
        event_type: 'exception',
        action: 'added',
        key_type: key,
        reason: 'the vendor needs until autumn',
        environment: api.reference,
        data: { codes: list, until },
      });
    const active = accept('JWT_SECRET_KEY', '2026-12-01T00:00:00.000Z', ['overdue']);
    accept('API_SIGNING_KEY', '2026-06-20T00:00:00.000Z', ['overdue']);
    const ended = accept(null, '2026-12-01T00:00:00.000Z', []);
    history.append({
      event_type: 'exception',
      action: 'ended',
      reason: 'no longer needed',
      environment: api.reference,
      data: { exception_id: ended.id },
    });
    history.advance(40 * day);
    const report = observed(history, api);
    expect(report.exceptions.map(({ state }) => state)).toEqual(['active', 'expired', 'ended']);
    const overdue = report.findings.filter(({ code }) => code === 'overdue');
    expect(overdue.map(({ key, exception }) => [key, exception])).toEqual([
      ['API_SIGNING_KEY', null],
      ['JWT_SECRET_KEY', active.id],
    ]);
    expect(report.verdict).toMatchObject({ critical: 2, accepted: 1 });
    expect(codes(report)).toContain('low exception-expired');
    expect(report.findings.find(({ code }) => code === 'log-gap')?.exception).toBeNull();
  });
});

describe('the tables', () => {
  test('quote what RFC 4180 says, and defuse what a spreadsheet would run', () => {
    const history = new SimulatedHistory('2026-06-02T00:00:00.000Z');
    const api = history.addEnvironment('=HYPERLINK("http://x","y")', ['JWT_SECRET_KEY'], {
      activatedAt: '2026-06-01T00:00:00.000Z',
    });
    history.mark(api, 'JWT_SECRET_KEY', '-1+1\nsecond line, with "quotes"');
    history.rotate({ environment: api, key: 'JWT_SECRET_KEY', requester: '@sum' });
    history.advance(40 * day);
    const report = observed(history, api);
    const population = populationCsv(report);
    expect(population.startsWith('environment,environment_id,stage,key,')).toBe(true);
    expect(population.split('\r\n')).toHaveLength(3);
    expect(population).toContain('"\'=HYPERLINK(""http://x"",""y"")",');
    expect(rotationsCsv(report)).toContain(",'@sum,");
  });
});

test('controls say what there is, and PCI DSS applies only to keys that protect stored account data', () => {
  const history = new SimulatedHistory('2026-06-02T00:00:00.000Z');
  const api = history.addEnvironment('api', ['ENCRYPTION_KEY'], { activatedAt: '2026-06-01T00:00:00.000Z' });
  history.advance(40 * day);
  const begun = history.append({ event_type: 'report', action: 'begun', data: {} });
  const seen = history.observation(api, begun.id);
  const told = (accountData: boolean) => {
    const keys = seen.keys.map((key) => ({ ...key, protects_account_data: accountData }));
    const event = history.append({
      event_type: 'report',
      action: 'observed',
      environment: api.reference,
      data: { ...seen, keys },
    });
    const report = overJune(history, { reportId: begun.id });
    expect(report.environments[0]?.events).toContain(event.seq);
    return report.controls;
  };
  const pci = (controls: Report['controls']) =>
    controls.filter(({ framework }) => framework.startsWith('PCI'));
  expect(pci(told(false)).every(({ applies, note }) => !applies && note !== null)).toBe(true);
  const applied = told(true);
  expect(pci(applied).every(({ applies }) => applies)).toBe(true);
  expect(applied.map(({ control }) => control)).toEqual(
    expect.arrayContaining([
      'CC6.1',
      'CC6.3',
      'CC7.2',
      'CC7.3',
      'CC7.4',
      'CC7.5',
      'CC8.1',
      'A.8.24',
      '3.7.4',
    ]),
  );
  for (const { evidence, applies } of applied) expect(applies ? evidence : '.').toMatch(/\.$/);
});
