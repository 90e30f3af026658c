import { expect, it } from 'vitest';
import type { Environment } from '#electron/environments/environment.ts';
import { checkHealth } from '#electron/services/tasks/health-check.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import type { KeyStatus } from '#shared/model/key.ts';
import type { EnvironmentStatus, HostStatus } from '#shared/model/status.ts';

interface Seen {
  name: string;
  keys?: KeyStatus[];
  reachable?: boolean;
  hosts?: boolean[];
  practice?: boolean;
  /** What its health URL says; absent: none is configured. */
  service?: 'healthy' | 'failing' | 'silent';
}

function statusOf({ name, keys = [], reachable = true, hosts }: Seen): EnvironmentStatus {
  return {
    id: name,
    name,
    stage: 'staging',
    reachable,
    compliance_score: 100,
    findings: [],
    keys: keys.map((status, index) => ({
      key: `KEY_${index}`,
      status,
      due_at: null,
      protects: 'messages',
      slots: 'one',
      fingerprint: null,
      age_days: null,
      problems: [],
    })),
    ...(hosts
      ? {
          hosts: hosts.map((answers, index): HostStatus => {
            return { host: `host-${index}`, reachable: answers, problem: null, keys: [] };
          }),
        }
      : {}),
  };
}

async function sampleOf(...seen: Seen[]) {
  const { sample } = await checkHealth({
    environments: () =>
      seen.map(({ name, practice = false, service }) => {
        return { id: name, name, practice, health: service ? {} : null } as unknown as EnvironmentConfig;
      }),
    status: async () => seen.map(statusOf),
    open: (id) => {
      const service = seen.find(({ name }) => name === id)?.service;
      return {
        health: async () => ({
          configured: true,
          reachable: service !== 'silent',
          healthy: service === 'healthy',
          problem: null,
        }),
        close: async () => {},
      } as unknown as Environment;
    },
    log: () => ({ state: 'ok', message: null }) as never,
    probeKeychain: async () => ({ state: 'durable', message: '' }) as never,
  });
  return sample;
}

it('counts each key once, by its compliance status', async () => {
  const sample = await sampleOf(
    { name: 'api', keys: ['ok', 'soaking', 'due-soon'] },
    { name: 'web', keys: ['overdue', 'compromised'] },
  );
  expect(sample).toEqual({
    keys: 5,
    compliant: 2,
    due_soon: 1,
    overdue: 1,
    environments: 2,
    available: 2,
  });
});

it('available is what could be read on every host and whose service answers well', async () => {
  const sample = await sampleOf(
    { name: 'healthy', service: 'healthy' },
    { name: 'without a service' },
    { name: 'failing', service: 'failing' },
    { name: 'silent', service: 'silent' },
    { name: 'unread', reachable: false },
    { name: 'fleet', hosts: [true, false] },
  );
  expect(sample).toMatchObject({ environments: 6, available: 2 });
});

it('practice is not counted, also where there is nothing else', async () => {
  const practice: Seen = { name: 'practice', practice: true, keys: ['overdue'], service: 'failing' };
  expect(await sampleOf(practice, { name: 'api', keys: ['ok'] })).toMatchObject({
    keys: 1,
    overdue: 0,
    environments: 1,
    available: 1,
  });
  expect(await sampleOf(practice)).toMatchObject({ keys: 0, environments: 0, available: 0 });
});
