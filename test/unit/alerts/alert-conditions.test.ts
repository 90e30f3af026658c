import { describe, expect, it } from 'vitest';
import { type AlertLook, alertConditions } from '#shared/logic/alert-conditions.ts';
import type { RiskException } from '#shared/model/exception.ts';
import type { KeyStatus } from '#shared/model/key.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';
import type { TaskRun } from '#shared/model/task.ts';

const now = new Date('2026-11-27T12:00:00.000Z');
const environment = { id: 'e1', name: 'Shop', stage: 'production' } as const;
const calm: AlertLook = {
  now,
  statuses: [],
  openRuns: [],
  tasks: [],
  checkedAt: now,
  failingServices: [],
  halts: [],
  exceptions: [],
  log: { folder: '/log', size: 1, root: null, state: 'ok', message: null },
  keychain: null,
  failingChannels: [],
};
const found = (look: Partial<AlertLook>) =>
  alertConditions({ ...calm, ...look }).map(({ id, severity, title }) => `${severity} ${id}: ${title}`);

const status = (
  keys: Record<string, KeyStatus>,
  more: Partial<EnvironmentStatus> = {},
): EnvironmentStatus => ({
  ...environment,
  reachable: true,
  compliance_score: 100,
  findings: [],
  keys: Object.entries(keys).map(([key, one]) => ({
    key,
    status: one,
    protects: 'messages',
    slots: 'one',
    fingerprint: null,
    age_days: null,
    due_at: null,
    problems: [],
  })),
  ...more,
});

it('nothing is wrong, nothing is told', () => {
  expect(found({ statuses: [status({ A: 'ok', B: 'due-soon', C: 'rotating', D: 'unrecorded' })] })).toEqual(
    [],
  );
});

describe('keys', () => {
  it('of one kind are one alert; in production it is critical', () => {
    const keys = {
      A: 'overdue',
      B: 'overdue',
      C: 'compromised',
      D: 'invalid',
      E: 'missing',
      F: 'drifted',
    } as const;
    expect(found({ statuses: [status(keys)] })).toEqual([
      'critical compromised/e1: Compromised in Shop: C',
      'critical overdue/e1: Overdue in Shop: A, B',
      'critical validation/e1: Missing or invalid in Shop: D, E',
      'critical drift/e1: Changed outside Rekey in Shop: F',
    ]);
    expect(
      found({ statuses: [status(keys, { stage: 'staging' })] }).map((text) => text.split(' ')[0]),
    ).toEqual(['critical', 'warning', 'warning', 'warning']);
  });

  it('of an environment that cannot be read are not guessed', () => {
    expect(found({ statuses: [status({ A: 'overdue' }, { reachable: false })] })).toEqual([
      'critical unavailable/e1: Shop cannot be read',
    ]);
    const hosts = [{ host: 'web-1', reachable: false, keys: [], problem: 'Refused.' }];
    expect(found({ statuses: [status({}, { hosts })] })).toEqual([
      'critical unavailable/e1: Hosts of Shop do not answer: web-1',
    ]);
    expect(found({ statuses: [status({})], failingServices: ['e1'] })).toEqual([
      'critical unavailable/e1: The service of Shop does not answer as it should',
    ]);
  });
});

describe('runs', () => {
  const run = (more: Partial<RunRecord>) =>
    ({
      run_id: 'r1',
      title: 'Rotation of A',
      environment,
      keys: ['A'],
      drill: false,
      state: 'running',
      waits_for: null,
      resume_after: null,
      rotations: [],
      ...more,
    }) as unknown as RunRecord;
  const of = (more: Partial<RunRecord>) => found({ openRuns: [run(more)] });
  const soaking = (resume_after: string) => ({ state: 'soaking', waits_for: 'soak', resume_after }) as const;

  it('that are blocked, or whose soak is over', () => {
    expect(of({ state: 'blocked' })).toEqual(['critical run-blocked/r1: Blocked: Rotation of A, Shop']);
    expect(of(soaking('2026-11-27T12:00:01.000Z'))).toEqual([]);
    expect(of(soaking('2026-11-27T12:00:00.000Z'))).toHaveLength(1);
    expect(of({})).toEqual([]);
  });

  it('that nobody watches: what they wait for is told, and their soak is left to the next window', () => {
    expect(of({ state: 'paused', automatic: true })).toEqual([
      'warning run-waits/r1: Waits for a person: Rotation of A, Shop',
    ]);
    expect(of({ state: 'paused' })).toEqual([]);
    expect(of({ ...soaking('2026-11-26T12:00:00.000Z'), automatic: true })).toEqual([]);
    expect(of({ ...soaking('2026-11-25T11:59:59.000Z'), automatic: true })).toHaveLength(1);
  });

  it('that are drills are practice', () => {
    expect(of({ state: 'blocked', drill: true })).toEqual([]);
  });
});

describe('the installation', () => {
  const failed = { task: 'rotation-check', outcome: 'failed', code: 'log-busy', summary: 'Busy.' } as TaskRun;
  it('tasks that fail, and a check that nobody ran for 26 hours', () => {
    expect(found({ tasks: [failed, { ...failed, outcome: 'begun' }] })).toHaveLength(1);
    // What was stopped is made up for.
    expect(found({ tasks: [{ ...failed, code: 'interrupted' }] })).toEqual([]);
    expect(found({ checkedAt: new Date('2026-11-26T10:00:00.000Z') })).toEqual([]);
    expect(found({ checkedAt: new Date('2026-11-26T09:59:59.999Z') })).toEqual([
      'critical check-missed: No rotation check has succeeded for 26 hours',
    ]);
    expect(found({ checkedAt: null })).toEqual([]);
  });

  it('log, keychain, channels and what stands still', () => {
    const texts = found({
      log: { ...calm.log, state: 'corrupt-acknowledged', message: 'Line 7.' },
      keychain: { state: 'locked', message: 'Locked.' },
      failingChannels: [{ id: 'c1', name: 'Operations', message: 'HTTP 500' }],
      halts: [{ environment, at: '', why: 'Restart failed.', run_id: 'r1' }],
    });
    expect(texts).toEqual([
      'critical automatic-halted/e1: Automatic rotation of Shop stands still',
      'warning log: The event log goes on after damage',
      'critical keychain: The keychain is locked',
      'warning channel-failed/c1: Alerts do not reach Operations',
    ]);
    expect(found({ log: { ...calm.log, state: 'repaired' } })).toEqual([]);
  });

  it('accepted risks that have expired, until somebody accepts them again or a month has passed', () => {
    const exception = (more: Partial<RiskException>) =>
      ({
        id: 'x1',
        environment,
        key: 'A',
        codes: [],
        reason: 'Later.',
        until: '2026-11-27T00:00:00.000Z',
        state: 'expired',
        ended_at: null,
        ...more,
      }) as RiskException;
    expect(found({ exceptions: [exception({})] })).toHaveLength(1);
    expect(found({ exceptions: [exception({ until: '2026-10-01T00:00:00.000Z' })] })).toEqual([]);
    expect(found({ exceptions: [exception({ ended_at: '2026-11-27T01:00:00.000Z' })] })).toEqual([]);
    expect(found({ exceptions: [exception({}), exception({ id: 'x2', state: 'active' })] })).toEqual([]);
  });
});
