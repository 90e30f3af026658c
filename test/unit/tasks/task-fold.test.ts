import { describe, expect, it } from 'vitest';
import { emptyTaskRecord, foldTask, type TaskRecord } from '#shared/logic/task-fold.ts';
import type { LogEvent } from '#shared/model/event.ts';

const event = (id: string, action: string, data: object, event_type: LogEvent['event_type'] = 'task') =>
  ({
    id,
    event_type,
    action,
    data,
    user_id: 'ada@example.org',
    timestamp: `2026-11-27T02:00:0${id}.000Z`,
  }) as LogEvent;

function folded(...events: LogEvent[]): TaskRecord {
  const record = emptyTaskRecord();
  for (const one of events) foldTask(record, one);
  return record;
}

const started = (id: string, scheduled_for: string | null = null) =>
  event(id, 'started', { task: 'rotation-check', scheduled_for });
const succeeded = (id: string, of: string) =>
  event(id, 'succeeded', {
    task: 'rotation-check',
    task_run: of,
    good: false,
    summary: '2 keys are due.',
  });

it('a run that has no end is begun, one that has is what its end says', () => {
  expect(folded(started('1')).last['rotation-check']).toMatchObject({ outcome: 'begun', ended_at: null });
  expect(folded(started('1'), succeeded('2', '1')).last['rotation-check']).toEqual({
    id: '1',
    task: 'rotation-check',
    by: 'ada@example.org',
    started_at: '2026-11-27T02:00:01.000Z',
    scheduled_for: null,
    ended_at: '2026-11-27T02:00:02.000Z',
    outcome: 'succeeded',
    good: false,
    summary: '2 keys are due.',
    code: null,
  });
  const failed = event('2', 'failed', {
    task: 'rotation-check',
    task_run: '1',
    code: 'log-busy',
    message: 'Busy.',
  });
  expect(folded(started('1'), failed).last['rotation-check']).toMatchObject({
    outcome: 'failed',
    good: false,
    summary: 'Busy.',
    code: 'log-busy',
  });
});

it('the end of an earlier run says nothing about the last', () => {
  const { last } = folded(started('1'), started('2'), succeeded('3', '1'));
  expect(last['rotation-check']).toMatchObject({ id: '2', outcome: 'begun' });
});

it('passes over what it does not know', () => {
  expect(
    folded(
      event('1', 'started', { task: 'brew-coffee', scheduled_for: null }),
      event('2', 'started', { task: 'rotation-check', scheduled_for: null }, 'run'),
      succeeded('3', '9'),
      event('4', 'failed', { task: 'rotation-check' }),
      event('5', 'paused', {}),
    ),
  ).toEqual({ ...emptyTaskRecord(), logBegan: '2026-11-27T02:00:01.000Z' });
});

it('a time of the schedule is met when its run has ended, not before', () => {
  const time = '2026-11-27T02:00:00.000Z';
  expect(folded(started('1', time)).met).toEqual({});
  expect(folded(started('1', time), succeeded('2', '1')).met).toEqual({ 'rotation-check': [time] });
  expect(folded(started('1'), succeeded('2', '1')).met).toEqual({});
});

describe('what is to be executed', () => {
  const check = (at: string, of: string, environments: string[]) => [
    event(of, 'started', { task: 'rotation-check', scheduled_for: null }),
    event(at, 'succeeded', { task: 'rotation-check', task_run: of, good: true, summary: '', environments }),
  ];
  const execution = (at: string, of: string, more: object) => [
    event(of, 'started', { task: 'execute-rotations', scheduled_for: null }),
    event(at, 'failed' in more ? 'failed' : 'succeeded', {
      task: 'execute-rotations',
      task_run: of,
      good: true,
      summary: '',
      ...more,
    }),
  ];

  it('is what the last check found, until it was tried there', () => {
    const found = check('2', '1', ['a', 'b']);
    expect(folded(...found).toExecute).toEqual(['a', 'b']);
    expect(folded(...found, ...execution('4', '3', { environments: ['a'] })).toExecute).toEqual(['b']);
    expect(folded(...found, ...check('4', '3', [])).toExecute).toEqual([]);
  });

  it('is not tried again and again when it fails, but after it was stopped', () => {
    const failed = { failed: true, code: 'log-busy', message: 'Busy.' };
    const found = check('2', '1', ['a']);
    expect(folded(...found, ...execution('4', '3', failed)).toExecute).toEqual([]);
    const stopped = execution('4', '3', { ...failed, code: 'interrupted' });
    expect(folded(...found, ...stopped).toExecute).toEqual(['a']);
  });
});

describe('what is looked after', () => {
  const about = (id: string, action: string, environment: string) => ({
    ...event(id, action, {}, 'environment'),
    environment: { id: environment, name: environment, stage: 'staging' as const },
  });
  it('begins with the first environment, and again after a time without any', () => {
    const [first, second] = [about('1', 'added', 'a'), about('2', 'added', 'b')];
    expect(folded(first, second).watchedSince).toBe(first.timestamp);
    const gone = [about('3', 'removed', 'a'), about('4', 'removed', 'b')];
    expect(folded(first, second, ...gone).watchedSince).toBeNull();
    const again = about('5', 'added', 'a');
    expect(folded(first, second, ...gone, again).watchedSince).toBe(again.timestamp);
  });
});

it('an end whose sample does not fit is an end all the same', () => {
  const data = { task: 'rotation-check', task_run: '1', good: true, summary: '', sample: { keys: 'many' } };
  expect(folded(started('1'), event('2', 'succeeded', data)).last['rotation-check']).toMatchObject({
    outcome: 'succeeded',
  });
});

it('a run that was stopped says so', () => {
  const failed = { task: 'rotation-check', task_run: '1', code: 'interrupted', message: 'It was stopped.' };
  expect(folded(started('1'), event('2', 'failed', failed)).last['rotation-check']).toMatchObject({
    outcome: 'failed',
    code: 'interrupted',
  });
});
