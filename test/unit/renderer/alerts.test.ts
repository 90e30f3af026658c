import { describe, expect, it } from 'vitest';
import { alertsOf } from '#renderer/features/overview/alerts-of.ts';
import { complianceScore } from '#renderer/features/status/standing.ts';
import type { KeyStatus } from '#shared/model/key.ts';
import type { RunSummary } from '#shared/model/run.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';

const now = Date.parse('2026-11-23T10:00:00.000Z');

function environment(
  name: string,
  statuses: KeyStatus[],
  rest: Partial<EnvironmentStatus> = {},
): EnvironmentStatus {
  return {
    id: name,
    name,
    stage: 'production',
    reachable: true,
    compliance_score: 0,
    findings: [],
    keys: statuses.map((status, index) => ({
      key: `KEY_${index}`,
      status,
      protects: 'messages',
      slots: 'one',
      fingerprint: null,
      age_days: null,
      due_at: null,
      problems: [],
    })),
    ...rest,
  };
}

function run(rest: Partial<RunSummary>): RunSummary {
  return {
    run_id: 'run',
    runbook: 'planned',
    title: 'Planned rotation',
    environment: { id: 'shop', name: 'shop', stage: 'production' },
    state: 'running',
    mode: 'planned',
    dry_run: false,
    drill: false,
    keys: [],
    operator: 'kim@example.com',
    reason: null,
    started_at: '2026-11-23T09:00:00.000Z',
    ended_at: null,
    waits_for: null,
    resume_after: null,
    current_step: null,
    ...rest,
  };
}

const signer = { state: 'ok', due_at: null, days_left: null, message: null } as const;

describe('alerts', () => {
  it('name the hosts of a fleet that do not answer, whatever the keys of the others say', () => {
    const host = (name: string, reachable: boolean) => ({
      host: name,
      reachable,
      keys: [],
      problem: reachable ? null : `${name} cannot be reached.`,
    });
    const shop = environment('shop', ['ok'], { hosts: [host('web-1', true), host('web-2', false)] });
    const alerts = alertsOf({ environments: [shop], runs: [], signer, now });
    expect(alerts).toMatchObject([
      { tone: 'danger', title: 'web-2 of shop does not answer', detail: 'web-2 cannot be reached.' },
    ]);
    // None answers: that is said once.
    const all = { ...shop, reachable: false, hosts: [host('web-1', false), host('web-2', false)] };
    const none = alertsOf({ environments: [all], runs: [], signer, now });
    expect(none.map(({ id }) => id)).toEqual(['unreachable/shop']);
  });

  it('names what is on fire, worst first, and nothing that is fine', () => {
    const alerts = alertsOf({
      signer,
      environments: [
        environment('fine', ['ok', 'soaking', 'rotating', 'due-soon', 'unrecorded']),
        environment('shop', ['overdue', 'compromised', 'overdue']),
      ],
      runs: [run({ state: 'completed', ended_at: '2026-11-23T09:10:00.000Z' })],
      now,
    });
    expect(alerts.map(({ title }) => title)).toEqual([
      'Compromised in shop: KEY_1',
      'Overdue in shop: KEY_0, KEY_2',
    ]);
  });

  it('puts a blocked run before everything', () => {
    const alerts = alertsOf({
      signer,
      environments: [environment('shop', ['compromised'])],
      runs: [run({ state: 'blocked', waits_for: 'decision' })],
      now,
    });
    expect(alerts[0]?.title).toBe('Blocked: Planned rotation, shop');
    expect(alerts[0]?.tone).toBe('danger');
  });

  it('names a blocked key once: by its run where that is known, else by itself', () => {
    const blocked = environment('shop', ['blocked', 'blocked']);
    const alerts = alertsOf({
      signer,
      environments: [blocked],
      runs: [run({ state: 'blocked', waits_for: 'decision', keys: ['KEY_0'] })],
      now,
    });
    expect(alerts.map(({ title }) => title)).toEqual([
      'Blocked: Planned rotation, shop',
      'Blocked in shop: KEY_1',
    ]);
    const elsewhere = alertsOf({ signer, environments: [blocked], runs: [], now });
    expect(elsewhere.map(({ title }) => title)).toEqual(['Blocked in shop: KEY_0, KEY_1']);
  });

  it('offers to finish a soak when its time has come, and only then', () => {
    const soaking = { state: 'soaking', waits_for: 'soak' } as const;
    const before = alertsOf({
      signer,
      environments: [],
      runs: [run({ ...soaking, resume_after: '2026-11-23T10:00:01.000Z' })],
      now,
    });
    const after = alertsOf({
      signer,
      environments: [],
      runs: [run({ ...soaking, resume_after: '2026-11-23T10:00:00.000Z' })],
      now,
    });
    expect(before[0]?.act.label).toBe('Open');
    expect(after[0]?.act.label).toBe('Finish');
  });

  it('says that an environment cannot be read, with the reason', () => {
    const [alert] = alertsOf({
      signer,
      environments: [
        environment('shop', [], {
          reachable: false,
          findings: [{ code: 'file-missing', severity: 'error', message: 'There is no file.' }],
        }),
      ],
      runs: [],
      now,
    });
    expect(alert?.title).toBe('shop cannot be read');
    expect(alert?.detail).toBe('There is no file.');
  });
});

describe('compliance score', () => {
  it('is round(100 × keys compliant or due soon / keys listed)', () => {
    const shop = environment('shop', ['ok', 'due-soon', 'overdue']);
    expect(complianceScore(shop.keys.map((key) => ({ environment: shop, key })))).toEqual({
      score: 67,
      compliant: 2,
      listed: 3,
    });
    expect(complianceScore([])).toBeNull();
  });

  it('signing keys that are due are among them, like any other key', () => {
    const none = { environments: [], runs: [], now };
    expect(alertsOf({ ...none, signer })).toEqual([]);
    const message = 'The signing keys are overdue since 2026-11-01.';
    const overdue = { state: 'overdue', due_at: '2026-11-01T00:00:00.000Z', days_left: -3, message } as const;
    expect(alertsOf({ ...none, signer: overdue })).toMatchObject([
      { tone: 'danger', title: 'Overdue: the signing keys', detail: message },
    ]);
    const soon = { ...overdue, state: 'due-soon' } as const;
    expect(alertsOf({ ...none, signer: soon })).toMatchObject([{ tone: 'warning' }]);
  });
});
