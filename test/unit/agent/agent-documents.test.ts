import { describe, expect, it } from 'vitest';
import { type AgentLook, healthDocument, metricsDocument } from '#shared/logic/agent-documents.ts';
import type { Alert } from '#shared/model/alert.ts';

const now = new Date('2026-11-27T12:00:00.000Z');
const environment = { id: 'e1', name: 'Shop "A"', stage: 'production' } as const;
const alert: Alert = {
  id: 'overdue/e1',
  kind: 'overdue',
  severity: 'critical',
  environment,
  keys: ['A'],
  run_id: null,
  title: 'Overdue',
  detail: '',
  raised_at: '2026-11-27T11:00:00.000Z',
  updated_at: '2026-11-27T11:00:00.000Z',
  resolved_at: null,
  snoozed: null,
  notice: null,
};
const snoozed = { at: '', until: '2026-11-28T00:00:00.000Z', reason: 'Later.', by: 'ada@example.org' };
const look: AgentLook = {
  now,
  checkedAt: now,
  version: '1.2.3',
  statuses: [
    {
      ...environment,
      reachable: true,
      compliance_score: 50,
      findings: [],
      keys: [
        { key: 'A', status: 'overdue', due_at: '2026-11-25T00:00:00.000Z' },
        { key: 'B', status: 'ok', due_at: '2026-12-07T12:00:00.000Z' },
      ].map(
        (key) =>
          ({
            ...key,
            protects: 'messages',
            slots: 'one',
            fingerprint: null,
            age_days: null,
            problems: [],
          }) as never,
      ),
    },
  ],
  log: { folder: '/log', size: 7, root: null, state: 'ok', message: null },
  tasks: [],
  succeededAt: () => null,
  failingServices: [],
  alerts: [],
  halted: [],
  totals: [],
};

describe('the state', () => {
  const state = (more: Partial<AgentLook>) => healthDocument({ ...look, ...more }).status;
  it('is what open alerts say; what is put off wakes nobody', () => {
    expect(state({})).toBe('ok');
    expect(state({ alerts: [{ ...alert, severity: 'warning' }] })).toBe('degraded');
    expect(state({ alerts: [alert] })).toBe('failing');
    expect(state({ alerts: [{ ...alert, snoozed }] })).toBe('degraded');
  });
  it('fails where no alert could be recorded', () => {
    expect(state({ log: { ...look.log, state: 'unwritable' } })).toBe('failing');
    expect(state({ log: { ...look.log, state: 'corrupt' } })).toBe('failing');
    expect(state({ log: { ...look.log, state: 'repaired' } })).toBe('ok');
  });
});

it('the document says when alerts come back, and of no key more than its fingerprint', () => {
  const { key_rotation } = healthDocument({ ...look, alerts: [{ ...alert, snoozed }] });
  expect(key_rotation).toMatchObject({ compliance_score: 50, alerts: [{ snoozed_until: snoozed.until }] });
  expect(key_rotation.environments[0]?.keys[0]).toEqual({
    key: 'A',
    status: 'overdue',
    compliance_status: 'overdue',
    due_at: '2026-11-25T00:00:00.000Z',
    fingerprint: null,
  });
});

it('metrics count down the days, and quote names as Prometheus reads them', () => {
  const text = metricsDocument({ ...look, failingServices: ['e1'] });
  const labels = 'environment="Shop \\"A\\"",stage="production"';
  for (const line of [
    `rekey_keys{${labels},status="overdue"} 1`,
    `rekey_key_days_to_due{${labels},key="A"} -2.5`,
    `rekey_key_days_to_due{${labels},key="B"} 10`,
    'rekey_compliance_score 0.5',
    `rekey_environment_up{${labels}} 0`,
    'rekey_alerts{kind="overdue"} 0',
    'rekey_log_events 7',
    'rekey_build_info{version="1.2.3"} 1',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});
