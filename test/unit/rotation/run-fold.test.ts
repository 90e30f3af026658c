import { describe, expect, it } from 'vitest';
import { foldRun } from '#shared/logic/run-fold.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { RunView } from '#shared/model/run.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import { environment, planOf } from './simulated-rotation.ts';

let seq = 0;

function logEvent(part: Partial<LogEvent> & Pick<LogEvent, 'event_type' | 'action'>): LogEvent {
  seq += 1;
  return {
    timestamp: `2026-01-01T00:00:${String(seq % 60).padStart(2, '0')}.000Z`,
    key_type: null,
    reason: null,
    user_id: 'ada@example.org',
    compliance_status: null,
    next_rotation_due: null,
    seq,
    id: '0190aaaa-0000-7000-8000-000000000001',
    environment,
    run_id: 'run-1',
    rotation_id: null,
    drill: false,
    user_id_source: 'declared',
    host: 'host',
    os_user: 'ada',
    app_version: '0.1.0',
    data: null,
    ...part,
  };
}

const started = (runbook: string) =>
  logEvent({
    event_type: 'run',
    action: 'started',
    reason: 'scheduled',
    data: {
      runbook,
      title: 'Rotation',
      mode: 'planned',
      dry_run: false,
      keys: ['SOME_KEY'],
      runbook_sha256: null,
      runbook_version: null,
    },
  });
const runEvent = (action: string, data: LogEvent['data'] = null, reason: string | null = null) =>
  logEvent({ event_type: 'run', action, data, reason });
const rotationEvent = (action: string, data: Record<string, unknown> = {}, id = 'rotation-1') =>
  logEvent({ event_type: 'key_rotation', action, data, rotation_id: id, key_type: 'SOME_KEY' });
const planned = () => rotationEvent('planned', { plan: planOf({ slots: 'previous' }) });
const effect = (name: string, more: Record<string, unknown> = {}, step = name) => [
  rotationEvent(`${name}-intended`, { step, ...more }),
  rotationEvent(`${name}-done`, { step, ...more }),
];
const toSoak = () => [
  ...effect('preflight'),
  ...effect('seal', { new_fingerprint: '0000000000000002' }),
  ...effect('activate', { activated_at: '2026-01-01T00:00:00.000Z' }),
  ...effect('restart'),
  ...effect('verify', { adoption: 'proven' }),
  ...effect('soak', { retire_after: '2026-01-01T01:00:00.000Z' }),
];

function fold(events: readonly LogEvent[]): RunRecord {
  const run = events.reduce<RunRecord | null>(foldRun, null);
  if (!run) throw new Error('no run');
  return run;
}

describe('a run is the fold of its events', () => {
  it('begins with its start, and is nothing before', () => {
    expect(foldRun(null, runEvent('note', { text: 'x' }))).toBeNull();
    expect(fold([started('rotate')])).toMatchObject({
      runbook: 'rotate',
      state: 'running',
      operator: 'ada@example.org',
      reason: 'scheduled',
      keys: ['SOME_KEY'],
    });
  });

  it('has the form that windows and commands are promised', () => {
    const run = fold([started('rotate'), planned(), ...toSoak(), runEvent('note', { text: 'hello' })]);
    expect(RunView.safeParse(run).error).toBeUndefined();
    expect(run.notes).toMatchObject([{ text: 'hello', by: 'ada@example.org' }]);
  });

  it('a direct run soaks when nothing but time is missing, and says until when', () => {
    const run = fold([started('rotate'), planned(), ...toSoak()]);
    expect(run).toMatchObject({
      state: 'soaking',
      waits_for: 'soak',
      resume_after: '2026-01-01T01:00:00.000Z',
    });
  });

  it('an interrupted effect is running: it can go on by itself', () => {
    const run = fold([
      started('rotate'),
      planned(),
      ...toSoak(),
      rotationEvent('retire-intended', { step: 'retire' }),
    ]);
    expect(run).toMatchObject({
      state: 'running',
      waits_for: null,
      rotations: [{ state: 'soaking', indeterminate: 'retire' }],
    });
  });

  it('a failed effect waits for the operator until it is tried again', () => {
    const events = [started('rotate'), planned(), rotationEvent('preflight-intended', { step: 'preflight' })];
    const failed = [
      ...events,
      rotationEvent('preflight-failed', { step: 'preflight', code: 'x', message: 'y' }),
    ];
    expect(fold(failed)).toMatchObject({ state: 'paused', waits_for: 'operator' });
    expect(fold([...failed, ...effect('preflight')])).toMatchObject({ state: 'running', waits_for: null });
  });

  it('a blocked rotation blocks its run, guided or not', () => {
    for (const runbook of ['rotate', 'planned']) {
      const run = fold([started(runbook), planned(), rotationEvent('blocked', { why: 'neither' })]);
      expect(run).toMatchObject({ state: 'blocked', waits_for: 'decision' });
    }
  });

  it('a guided run stands where its steps say, whatever its rotations do', () => {
    const step = logEvent({
      event_type: 'step',
      action: 'waiting',
      data: {
        step: 'soak',
        title: 'Soak',
        state: 'waiting',
        current: { id: 'soak', title: 'Soak', state: 'waiting' },
        run_state: 'soaking',
        waits_for: 'soak',
        resume_after: '2026-01-01T01:00:00.000Z',
      },
    });
    const run = fold([started('planned'), planned(), ...toSoak(), step]);
    expect(run).toMatchObject({
      state: 'soaking',
      current_step_id: 'soak',
      rotations: [{ state: 'soaking' }],
    });
    const next = foldRun(run, rotationEvent('retire-intended', { step: 'retire' }));
    expect(next).toMatchObject({ state: 'soaking', current_step_id: 'soak' });
  });

  it('paused, resumed, handed over, ended', () => {
    const base = [started('rotate'), planned()];
    const paused = [...base, runEvent('paused', { waits_for: 'attestation' })];
    expect(fold(paused)).toMatchObject({ state: 'paused', waits_for: 'attestation' });
    expect(fold([...paused, runEvent('resumed')])).toMatchObject({ state: 'running', waits_for: null });
    expect(fold([...base, runEvent('handed-over', { to: 'bob@example.org' })]).operator).toBe(
      'bob@example.org',
    );
    expect(fold([...base, runEvent('completed')])).toMatchObject({ state: 'completed', waits_for: null });
    const deviation = runEvent('deviation', { what: 'Retired early', step: null }, 'no tokens');
    expect(fold([...base, deviation, runEvent('completed')])).toMatchObject({
      state: 'completed-with-deviations',
      deviations: [{ what: 'Retired early', reason: 'no tokens' }],
    });
    expect(fold([...base, runEvent('aborted')]).ended_at).not.toBeNull();
  });

  it('an attestation lets a paused run go on', () => {
    const run = fold([
      started('rotate'),
      rotationEvent('planned', { plan: planOf({ slots: 'one' }) }),
      ...toSoak().slice(0, 8),
      ...effect('verify', { adoption: 'unproven' }),
      runEvent('paused', { waits_for: 'attestation' }),
    ]);
    expect(run).toMatchObject({
      state: 'paused',
      waits_for: 'attestation',
      rotations: [{ adoption: 'unproven' }],
    });
    expect(foldRun(run, rotationEvent('attested', { what: 'adoption' }))).toMatchObject({
      state: 'running',
      waits_for: null,
      rotations: [{ adoption: 'attested' }],
    });
  });

  it('does not hide an event that the machine does not allow: the rotation is blocked', () => {
    const run = fold([started('rotate'), planned(), rotationEvent('rotated')]);
    expect(run.state).toBe('blocked');
    expect(run.rotations[0]?.blocked_reason).toContain('does not allow');
  });

  it('leaves events of other programs alone', () => {
    const run = fold([started('rotate'), planned()]);
    expect(foldRun(run, rotationEvent('noticed-by-a-later-version'))).toMatchObject({
      ...run,
      last_seq: expect.any(Number),
    });
  });
});
