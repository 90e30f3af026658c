import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorReport } from '#shared/model/errors.ts';
import type { MetricsReport } from '#shared/model/metrics.ts';
import type { HealthCheckResult } from '#shared/model/task.ts';
import { RekeyWorld, strong } from './rekey-command.ts';

let world: RekeyWorld;

beforeAll(async () => {
  world = new RekeyWorld();
  await world.add('api', { JWT_SECRET_KEY: strong.jwt });
  await world.add('web', { WEBHOOK_SIGNING_KEY: strong.webhook });
});
afterAll(() => world.remove());

const check = async () => (await world.json<HealthCheckResult>('task health-check', [])).document;
const today = async () => (await world.json<MetricsReport>('metrics', [])).document.points.at(-1);

describe('metrics of a log to which this command wrote', () => {
  test('before anything was measured there are gaps, and the text says what measures', async () => {
    expect(await today()).toMatchObject({ due_soon: null, compliance: null, availability: null });
    expect((await world.call(['metrics'])).stdout).toContain('Nothing was measured yet');
  });

  test('a health check is a sample; availability is over all of a day', async () => {
    const { sample } = await check();
    expect(sample).toMatchObject({ environments: 2, available: 2 });
    expect(sample.keys).toBeGreaterThanOrEqual(2);
    expect(await today()).toMatchObject({
      due_soon: sample.due_soon,
      overdue: sample.overdue,
      compliance: (sample.compliant + sample.due_soon) / sample.keys,
      availability: 1,
    });
    rmSync(world.path('web.env'));
    expect((await check()).sample).toMatchObject({ environments: 2, available: 1 });
    world.file('web.env', `WEBHOOK_SIGNING_KEY=${strong.webhook}\n`);
    expect(await today()).toMatchObject({ availability: 0.75 });
    expect((await world.call(['metrics', '--days', '90'])).stdout).toContain('75 %');
  });

  test('a rotation counts when it ends, not before', async () => {
    const { document: run } = await world.json<{ run_id: string; state: string }>('rotate', [
      'web',
      'WEBHOOK_SIGNING_KEY',
      '--force',
      '--reason',
      'A test.',
      '--yes',
    ]);
    // Nothing here can prove that the new value is in use, so the run waits.
    expect(run.state).toBe('paused');
    expect((await today())?.rotations).toMatchObject({ succeeded: 0, failed: 0 });
    const back = await world.call(['run', 'rollback', run.run_id, '--reason', 'A test.', '--yes']);
    expect(back.code, back.stderr).toBe(0);
    expect((await today())?.rotations).toEqual({ succeeded: 0, failed: 1, duration_ms: null, timed: 0 });
  });

  test('another range is refused', async () => {
    const { code, document } = await world.json<{ error: ErrorReport }>('metrics', ['--days', '31']);
    expect([code, document.error.code]).toEqual([2, 'usage']);
  });
});
