import { expect, it } from 'vitest';
import { checkRotations } from '#electron/services/tasks/rotation-check.ts';
import type { KeyStatus } from '#shared/model/key.ts';
import type { EnvironmentStatus } from '#shared/model/status.ts';

function environment(
  name: string,
  keys: readonly [key: string, status: KeyStatus, due: string | null][],
  reachable = true,
): EnvironmentStatus {
  return {
    id: `id-of-${name}`,
    name,
    stage: 'staging',
    reachable,
    compliance_score: 100,
    findings: [],
    keys: keys.map(([key, status, due_at]) => ({
      key,
      status,
      due_at,
      protects: 'messages',
      slots: 'one',
      fingerprint: null,
      age_days: null,
      problems: [],
    })),
  };
}

const checkedRotations = (statuses: EnvironmentStatus[]) => checkRotations(statuses, () => false);

it('lists what is due, the worst first and then the longest overdue, and what comes next', () => {
  const { due, next, unreachable } = checkedRotations([
    environment('api', [
      ['JWT_SECRET_KEY', 'overdue', '2026-11-01T00:00:00.000Z'],
      ['API_SIGNING_KEY', 'ok', '2027-02-01T00:00:00.000Z'],
      ['WEBHOOK_SIGNING_KEY', 'soaking', '2027-01-01T00:00:00.000Z'],
    ]),
    environment('web', [
      ['JWT_SECRET_KEY', 'overdue', '2026-10-01T00:00:00.000Z'],
      ['ENCRYPTION_KEY', 'compromised', '2027-01-15T00:00:00.000Z'],
      ['TOKEN_ENCRYPTION_KEY', 'unrecorded', null],
    ]),
    environment('silent', [], false),
  ]);
  expect(due.map(({ environment: { name }, key }) => `${name} ${key}`)).toEqual([
    'web ENCRYPTION_KEY',
    'web JWT_SECRET_KEY',
    'api JWT_SECRET_KEY',
    'web TOKEN_ENCRYPTION_KEY',
  ]);
  expect(next).toMatchObject({ environment: { name: 'api' }, key: 'WEBHOOK_SIGNING_KEY' });
  expect(unreachable).toEqual([{ id: 'id-of-silent', name: 'silent', stage: 'staging' }]);
});

it('a fleet of which a host is silent counts as not read', () => {
  const host = { keys: [], problem: null };
  const fleet = {
    ...environment('fleet', []),
    hosts: [
      { ...host, host: 'one', reachable: true },
      { ...host, host: 'two', reachable: false },
    ],
  };
  expect(checkedRotations([fleet]).unreachable.map(({ name }) => name)).toEqual(['fleet']);
});

it('of nothing, nothing is due', () => {
  expect(checkedRotations([])).toEqual({ due: [], next: null, unreachable: [], automatic: [] });
});
