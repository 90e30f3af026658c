import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RekeyError } from '#shared/model/errors.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { ScheduledWorld } from './scheduled-world.ts';

let folder: string;
let world: ScheduledWorld;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rekey-tasks-'));
  world = new ScheduledWorld(folder, '2026-11-27T01:00:00.000Z');
});
afterEach(() => {
  world.close();
  rmSync(folder, { recursive: true, force: true });
});

const taskEvents = (): LogEvent[] => [...world.log.scan(0)].filter(({ event_type }) => event_type === 'task');
const told = () => taskEvents().map(({ action, data }) => `${data?.task} ${action}`);

describe('what is due', () => {
  it('runs once for its time, in the system’s name, and is told in the log', async () => {
    expect(await world.scheduler.runDue()).toEqual([]);
    world.set('2026-11-27T02:00:30.000Z');
    expect(await world.scheduler.runDue()).toEqual(['rotation-check']);
    expect(await world.scheduler.runDue()).toEqual([]);
    expect(told()).toEqual(['rotation-check started', 'rotation-check succeeded']);
    expect(taskEvents()[0]).toMatchObject({
      user_id: 'system',
      user_id_source: 'system',
      data: { scheduled_for: '2026-11-27T02:00:00.000Z' },
    });
    expect(world.scheduler.view()[1]).toMatchObject({
      task: 'rotation-check',
      next_at: '2026-11-28T02:00:00.000Z',
      last: { outcome: 'succeeded', good: true, by: 'system' },
    });
  });

  it('after three days of sleep each task runs once, on a Sunday the report too', async () => {
    world.set('2026-11-30T01:00:00.000Z');
    expect(await world.scheduler.runDue()).toEqual(['health-check', 'rotation-check', 'compliance-report']);
    expect(await world.scheduler.runDue()).toEqual([]);
  });

  it('what somebody starts by hand meets no time of the schedule', async () => {
    world.set('2026-11-27T01:59:00.000Z');
    await world.runner.run('rotation-check');
    world.set('2026-11-27T02:00:00.000Z');
    expect(await world.scheduler.runDue()).toEqual(['rotation-check']);
    expect(world.ran['rotation-check']).toBe(2);
  });

  it('nothing runs without an environment, and nothing of that time is caught up beyond its last', async () => {
    world.environments = 0;
    world.set('2026-11-27T09:00:00.000Z');
    expect(await world.scheduler.runDue()).toEqual([]);
    world.environments = 1;
    expect(await world.scheduler.runDue()).toEqual(['health-check', 'rotation-check']);
  });

  it('a task that fails has met its time, and does not keep the others from running', async () => {
    world.fail = new RekeyError('keychain-locked', { message: 'It is locked.', remedy: 'Unlock it.' });
    world.set('2026-11-27T04:00:00.000Z');
    expect(await world.scheduler.runDue()).toEqual(['health-check', 'rotation-check']);
    expect(told()).toEqual([
      'health-check started',
      'health-check failed',
      'rotation-check started',
      'rotation-check succeeded',
    ]);
    expect(world.scheduler.view()[0]?.last).toMatchObject({ outcome: 'failed', summary: 'It is locked.' });
    expect(await world.scheduler.runDue()).toEqual([]);
  });

  it('a defect is recorded without its text, and thrown', async () => {
    world.fail = new Error('something that may be a secret');
    world.set('2026-11-27T04:00:00.000Z');
    await expect(world.scheduler.runDue()).rejects.toThrow('may be a secret');
    expect(JSON.stringify(taskEvents())).not.toContain('may be a secret');
    expect(world.scheduler.view()[0]?.last).toMatchObject({ outcome: 'failed' });
  });

  it('one that is stopped has not met its time: the next look runs it again', async () => {
    const stop = new AbortController();
    world.during = () => stop.abort();
    world.set('2026-11-27T04:00:00.000Z');
    await expect(world.scheduler.runDue(stop.signal)).rejects.toThrow('aborted');
    expect(told()).toEqual(['health-check started', 'health-check failed']);
    expect(taskEvents()[1]?.data).toMatchObject({ code: 'interrupted', message: 'It was stopped.' });
    world.during = () => {};
    expect(await world.scheduler.runDue()).toEqual(['health-check', 'rotation-check']);
  });
});

it('closing stops what runs, waits until that is recorded, and its time is made up for', async () => {
  let reached = () => {};
  const underWay = new Promise<void>((resolve) => {
    reached = resolve;
  });
  world.hang = true;
  world.during = () => reached();
  world.set('2026-11-27T04:00:00.000Z');
  const looking = world.scheduler.runDue().catch((error: unknown) => error);
  await underWay;
  expect(told()).toEqual(['health-check started']);
  await world.runner.close();
  expect(told()).toEqual(['health-check started', 'health-check failed']);
  expect(taskEvents()[1]?.data).toMatchObject({ code: 'interrupted' });
  expect(await looking).toEqual([]);
  const next = new ScheduledWorld(folder, '2026-11-27T04:10:00.000Z');
  expect(await next.scheduler.runDue()).toContain('health-check');
  next.close();
});

describe('a schedule that is changed', () => {
  it('is recorded, and what was missed before is not caught up', async () => {
    world.set('2026-11-27T09:00:00.000Z');
    const wanted = { enabled: true, cron: '30 8 * * *', timeZone: 'Europe/Berlin' };
    const views = world.scheduler.set('rotation-check', wanted);
    expect(views[1]).toMatchObject({ schedule: wanted, next_at: '2026-11-28T07:30:00.000Z' });
    expect([...world.log.scan(0)].at(-1)).toMatchObject({
      event_type: 'settings',
      action: 'schedule-set',
      data: { task: 'rotation-check', ...wanted },
    });
    expect(await world.scheduler.runDue()).toEqual(['health-check']);
    world.set('2026-11-28T07:30:00.000Z');
    expect(await world.scheduler.runDue()).toContain('rotation-check');
  });

  it('off is off', async () => {
    const { cron, timeZone } = world.settings.read().schedule['health-check'];
    world.scheduler.set('health-check', { enabled: false, cron, timeZone });
    world.set('2026-11-27T09:00:00.000Z');
    expect(await world.scheduler.runDue()).toEqual(['rotation-check']);
    expect(world.scheduler.view()[0]?.next_at).toBeNull();
  });

  it('that cannot be used is refused, and nothing changes', () => {
    const before = world.settings.read();
    for (const wrong of [
      { enabled: true, cron: 'whenever it suits', timeZone: 'UTC' },
      { enabled: true, cron: '0 2 * * *', timeZone: 'Mars/Base' },
      { enabled: false, cron: '0 0 31 2 *', timeZone: 'UTC' },
    ]) {
      expect(() => world.scheduler.set('health-check', wrong)).toThrow(RekeyError);
    }
    expect(world.settings.read()).toEqual(before);
  });
});

describe('two Rekeys on one data folder', () => {
  it('look at the same moment for two months: no time is met twice, none is missed', async () => {
    const [from, to] = ['2026-11-27T01:00:00.000Z', '2027-01-26T01:00:00.000Z'];
    const rekeys = [0, 1].map(() => fork(join(import.meta.dirname, 'look-when-told.ts'), [folder, from]));
    for (let now = Date.parse(from); now <= Date.parse(to); now += 3_600_000) {
      const looked = rekeys.map((rekey) => once(rekey, 'message'));
      for (const rekey of rekeys) rekey.send(new Date(now).toISOString());
      for (const [problem] of await Promise.all(looked)) expect(problem).toBe('');
    }
    for (const rekey of rekeys) rekey.kill();
    const met = taskEvents()
      .filter(({ action }) => action === 'started')
      .map(({ data }) => `${data?.task} ${data?.scheduled_for}`);
    expect(new Set(met).size).toBe(met.length);
    const of = (task: string) => met.filter((one) => one.startsWith(task)).length;
    expect([of('health-check'), of('rotation-check'), of('compliance-report')]).toEqual([360, 60, 9]);
  }, 120_000);
});
