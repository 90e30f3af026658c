import { describe, expect, it } from 'vitest';
import type { EventLog } from '#electron/services/events/event-log.ts';
import { isRekeyError, RekeyError } from '#shared/model/errors.ts';
import { rowsOf } from '#test/crash/consumer-environment.ts';
import { rotationWorlds, type TestWorld } from './world-fixture.ts';

const newWorld = rotationWorlds();
const key = 'API_SIGNING_KEY';

/** The world's log until it has taken so many events; then it can take none. */
function fullAfter(log: EventLog, events: number): EventLog {
  let left = events;
  return new Proxy(log, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (name !== 'append') return typeof value === 'function' ? value.bind(target) : value;
      return (draft: Parameters<EventLog['append']>[0]) => {
        if (left <= 0) throw new RekeyError('log-unwritable', { message: 'The disk is full.', remedy: '' });
        left -= 1;
        return target.append(draft);
      };
    },
  });
}

describe('the log cannot be written', () => {
  it('stops before the effect, whichever it is; resumed with a working log it is finished', async () => {
    let events = 0;
    for (let whole = false; !whole; events += 1) {
      const world = newWorld({ keys: { [key]: { slots: 'previous', soak: '0s' } } });
      const before = world.variables().get(key);
      const limited = world.reopen({ overrides: { log: fullAfter(world.log, events) } });
      const error = await limited.direct.rotate(limited.request([key])).then(
        () => null,
        (reason: unknown) => reason,
      );
      whole = error === null;
      if (whole) continue;
      if (!isRekeyError(error, 'log-unwritable')) throw error;
      expectNothingUnannounced(world, before);
      for (const { run_id } of world.runs.openRuns()) {
        expect(await world.direct.resume(run_id)).toMatchObject({ state: 'completed' });
        expect(world.running()).toEqual(world.variables());
      }
    }
    expect(events).toBeGreaterThan(20);
  }, 240_000);
});

describe('given up while it is not known whether the new value is in place', () => {
  it.each(['one', 'previous', 'next+previous'] as const)(
    'the old value is primary again, and none is lost (%s)',
    async (slots) => {
      for (const way of ['abort', 'roll back'] as const) {
        let interrupted = false;
        for (let events = 5; !interrupted; events += 1) {
          const world = newWorld({ keys: { [key]: { slots, soak: '0s' } } });
          const before = world.variables().get(key);
          const limited = world.reopen({ overrides: { log: fullAfter(world.log, events) } });
          await limited.direct.rotate(limited.request([key])).catch(() => null);
          const actions = world.actions();
          interrupted = actions.at(-1) === `${key} activate-intended`;
          if (!interrupted) continue;
          expect(world.variables().get(key)).not.toBe(before);
          const [open] = world.runs.openRuns();
          const runId = open?.run_id ?? '';
          if (way === 'abort') {
            await expect(world.direct.abort(runId, 'not wanted')).rejects.toMatchObject({
              code: 'illegal-move',
              remedy: expect.stringMatching(/roll/),
            });
          }
          const run = await world.direct.rollBack(runId, { reason: 'not wanted', restoreCompromised: false });
          expect(run).toMatchObject({ state: 'rolled-back', rotations: [{ state: 'rolled-back' }] });
          expect(world.variables().get(key)).toBe(before);
          expect(world.running().get(key)).toBe(before);
        }
      }
    },
    60_000,
  );
});

describe('an emergency of a key whose activation was interrupted', () => {
  it('finishes what was begun first: no data stays under a value that nobody has', async () => {
    let interrupted = false;
    for (let events = 5; !interrupted; events += 1) {
      const world = newWorld({ keys: { ENCRYPTION_KEY: { slots: 'previous' } } });
      const limited = world.reopen({ overrides: { log: fullAfter(world.log, events) } });
      await limited.direct.rotate(limited.request(['ENCRYPTION_KEY'])).catch(() => null);
      interrupted = world.actions().at(-1) === 'ENCRYPTION_KEY activate-intended';
      if (!interrupted) continue;
      const run = await world.direct.rotate(world.request(['ENCRYPTION_KEY'], { mode: 'emergency' }));
      expect(run).toMatchObject({ state: 'completed' });
      const value = world.variables().get('ENCRYPTION_KEY');
      const rows = rowsOf(world.root);
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) expect(row.value).toBe(value);
    }
  }, 60_000);
});

function expectNothingUnannounced(world: TestWorld, before: string | undefined): void {
  const actions = world.actions();
  const announced = (action: string) => actions.some((one) => one.startsWith(`${key} ${action}`));
  if (!announced('activate-intended')) expect(world.variables().get(key)).toBe(before);
  if (!announced('seal-intended')) expect(world.sealed.list()).toEqual([]);
  if (!announced('restart-intended')) expect(world.running().get(key)).toBe(before);
  if (announced('activate-done') && !announced('retire-intended')) {
    expect(world.variables().get(`${key}_PREVIOUS`)).toBe(before);
  }
}

describe('the lock is lost', () => {
  it('stops at the next effect, says so, and goes on when the run is resumed', async () => {
    const world = newWorld({ keys: { [key]: { slots: 'previous', soak: '0s' } } });
    world.tell('drop-lock');
    const error = await world.direct.rotate(world.request([key])).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'environment-locked',
      exitCode: 3,
      details: { run_id: expect.any(String) },
    });
    const [open] = world.runs.list();
    expect(open).toMatchObject({ state: 'paused', waits_for: 'unlock' });
    expect(world.runs.get(open?.run_id ?? '').rotations).toMatchObject([{ state: 'activated' }]);
    world.tell('drop-lock', false);
    expect(await world.direct.resume(open?.run_id ?? '')).toMatchObject({ state: 'completed' });
  });
});

describe('stopped by the operator', () => {
  it('a re-encryption that was stopped is blocked; nothing is assumed', async () => {
    const world = newWorld({ keys: { ENCRYPTION_KEY: { slots: 'previous' } } });
    const stop = new AbortController();
    const run = await world.direct.rotate(world.request(['ENCRYPTION_KEY']), {
      signal: stop.signal,
      onProgress: (line) => {
        if (line.startsWith('Re-encrypt')) stop.abort();
      },
    });
    expect(run).toMatchObject({
      state: 'blocked',
      rotations: [{ state: 'blocked', state_before_block: 'adopted' }],
    });
    const rotation = run.rotations[0];
    await expect(
      world.engine.decide(run.run_id, rotation?.rotation_id ?? '', 'old-is-primary', 'I think so'),
    ).rejects.toMatchObject({ code: 'illegal-move' });
    const decided = await world.engine.decide(
      run.run_id,
      rotation?.rotation_id ?? '',
      'new-is-primary',
      'The file says so.',
    );
    expect(decided.state).toBe('adopted');
    expect(await world.direct.resume(run.run_id)).toMatchObject({ state: 'completed' });
  });
});
