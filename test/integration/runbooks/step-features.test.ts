import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placeInWords } from '#shared/logic/connector-places.ts';
import type { RunDetail, StepAct } from '#shared/model/run-detail.ts';
import { GuidedFixture, plainValues } from './guided-fixture.ts';

let fixture: GuidedFixture;
beforeAll(async () => {
  fixture = new GuidedFixture();
  await fixture.createVault();
}, 60_000);
afterAll(() => fixture.close());

const end = `
  - id: finish
    title: Finish
    kind: info
    phase: one
    why: It is over.
    instructions: Done.`;

/** A runbook of one's own with these steps, and a last one. */
function write(id: string, steps: string, keys = 'none'): void {
  const head = `id: ${id}
title: Of our own
summary: A runbook of the tests.
owner: Security
version: '1.0'
next_review: 2027-01-01
mode: planned
keys: ${keys}
phases:
  - { id: one, title: One }
steps:`;
  writeFileSync(join(fixture.services.runbooks.customFolder(), `${id}.yaml`), `${head}${steps}${end}\n`);
}

const step = (id: string, kind: string, more: string) => `
  - id: ${id}
    title: The step ${id}
    kind: ${kind}
    phase: one
    why: For the test.
    instructions: Do it.${more
      .split('\n')
      .map((line) => `\n    ${line}`)
      .join('')}`;

async function start(runbook: string, environmentId: string, more: object = {}): Promise<RunDetail> {
  const given = { runbook, environmentId, keys: [], reason: 'A test', dryRun: false, drill: false };
  return fixture.services.guided.start({ ...given, ...more });
}

const act = (detail: RunDetail, stepId: string, given: StepAct) =>
  fixture.services.guided.act(detail.run.run_id, stepId, given);
const current = (detail: RunDetail) => detail.steps.find(({ current: here }) => here);
const actsOf = (detail: RunDetail) => current(detail)?.acts.map(({ act: name }) => name);
const eventsOf = (detail: RunDetail) =>
  [...fixture.services.log.scan()].filter(({ run_id }) => run_id === detail.run.run_id);

describe('a step of one’s own runbook', () => {
  it('approval: waits for a recorded word, and for nothing else', async () => {
    write('approved', step('approve', 'approval', 'skippable: false'));
    const id = await fixture.plain('approved');
    let detail = await start('approved', id);
    expect([current(detail)?.state, actsOf(detail)]).toEqual([
      'awaiting-approval',
      ['attest', 'add-evidence'],
    ]);
    await expect(act(detail, 'approve', { act: 'confirm' })).rejects.toMatchObject({ code: 'illegal-move' });
    await expect(act(detail, 'approve', { act: 'attest', reason: '  ' })).rejects.toThrow();
    detail = await act(detail, 'approve', { act: 'attest', reason: 'Grace agreed in the channel.' });
    expect(detail.current_step_id).toBe('finish');
    expect(eventsOf(detail).find(({ action }) => action === 'attested')).toMatchObject({
      user_id: 'ada@example.org',
      reason: 'Grace agreed in the channel.',
    });
  });

  it('timeout: what takes too long is stopped, fails its step, and can be tried again', async () => {
    write('slow', step('verify', 'verify', 'action: environment.verify\ntimeout: 1s'));
    const id = await fixture.plain('slow', {
      commands: { verify: { argv: ['sleep', '60'], shell: false } },
    });
    let detail = await start('slow', id);
    detail = await act(detail, 'verify', { act: 'run-action' });
    expect(current(detail)).toMatchObject({ id: 'verify', state: 'failed' });
    expect(detail.run.steps[0]?.error?.message).toMatch(/stopped|too long/);
    await fixture.services.environments.update(id, {
      commands: { verify: { argv: ['true'], shell: false } },
    });
    detail = await act(detail, 'verify', { act: 'retry' });
    expect(detail.current_step_id).toBe('finish');
    expect(detail.run.steps[0]).toMatchObject({ state: 'done', attempts: 2 });
  });

  it('on_failure goto: takes the way that the runbook has for it, and keeps the failure', async () => {
    const check = step(
      'check',
      'verify',
      'action: environment.verify\non_failure: { goto: mend }\ngoto: finish',
    );
    write('branching', `${check}${step('mend', 'info', 'goto: check')}`);
    const id = await fixture.plain('branching', {
      commands: { verify: { argv: ['false'], shell: false } },
    });
    let detail = await start('branching', id);
    detail = await act(detail, 'check', { act: 'run-action' });
    expect(current(detail)?.acts[0]).toMatchObject({ act: 'follow-failure', label: 'Go to: The step mend' });
    detail = await act(detail, 'check', { act: 'follow-failure' });
    expect([detail.current_step_id, detail.steps[0]?.state]).toEqual(['mend', 'failed']);
    detail = await act(detail, 'mend', { act: 'confirm' });
    await fixture.services.environments.update(id, {
      commands: { verify: { argv: ['true'], shell: false } },
    });
    detail = await act(detail, 'check', { act: 'run-action' });
    expect([detail.current_step_id, detail.steps[0]?.state]).toEqual(['finish', 'done']);
  });

  it('on_failure stop: nobody goes on all the same', async () => {
    write('strict', step('check', 'verify', 'action: environment.verify\non_failure: stop'));
    const id = await fixture.plain('strict', { commands: { verify: { argv: ['false'], shell: false } } });
    const detail = await act(await start('strict', id), 'check', { act: 'run-action' });
    expect(actsOf(detail)).toEqual(['retry', 'add-evidence']);
    await expect(act(detail, 'check', { act: 'override', reason: 'It is fine' })).rejects.toMatchObject({
      code: 'illegal-move',
    });
  });

  it('preconditions, controls, a soft timer and commands are shown with the real names and paths', async () => {
    const more = `preconditions: ['Nobody deploys to {{environment}}']
controls: ['SOC2 CC7.3']
soft_timer: 5m
commands: [{ line: 'ls -l {{path}}' }]`;
    write('shown', step('look', 'command', more));
    const id = await fixture.plain('it is shown');
    const shown = current(await start('shown', id));
    const path = placeInWords(fixture.services.environments.find(id).connector);
    expect(shown).toMatchObject({
      preconditions: ['Nobody deploys to it is shown'],
      controls: ['SOC2 CC7.3'],
      soft_timer_ms: 300_000,
      commands: [{ line: `ls -l '${path}'` }],
    });
  });

  it('a skip needs a reason, and makes the run end with deviations', async () => {
    write('skipping', step('optional', 'info', 'skippable: true'));
    let detail = await start('skipping', await fixture.plain('skipping'));
    await expect(act(detail, 'optional', { act: 'skip', reason: ' ' })).rejects.toThrow();
    expect(detail.current_step_id).toBe('optional');
    detail = await act(detail, 'optional', { act: 'skip', reason: 'The window is too short.' });
    detail = await act(detail, 'finish', { act: 'confirm' });
    expect(detail.run).toMatchObject({
      state: 'completed-with-deviations',
      deviations: [{ step: 'optional', reason: 'The window is too short.', by: 'ada@example.org' }],
    });
    expect(detail.summary.join('\n')).toContain('The window is too short.');
  });
});

describe('a dry run', () => {
  it('shows exactly what would change, changes nothing, and is marked wherever it is seen', async () => {
    write(
      'planning',
      `${step('plan', 'automatic', 'action: rotation.plan')}${step('write', 'automatic', 'action: rotation.activate')}`,
      'choose',
    );
    const id = await fixture.plain('dry', { keys: { JWT_SECRET_KEY: { slots: 'previous', soak: '1h' } } });
    const path = placeInWords(fixture.services.environments.find(id).connector);
    const before = readFileSync(path, 'utf8');
    let detail = await start('planning', id, { keys: ['JWT_SECRET_KEY'], dryRun: true });
    const preview = current(detail)?.preview.join('\n') ?? '';
    expect(preview).toContain('JWT_SECRET_KEY');
    expect(preview).toContain('JWT_SECRET_KEY_PREVIOUS');
    expect(preview).not.toContain(plainValues.JWT_SECRET_KEY);
    for (const stepId of ['plan', 'write', 'finish']) {
      detail = await act(detail, stepId, { act: 'confirm' });
    }
    expect(detail.run).toMatchObject({ state: 'completed', dry_run: true, rotations: [] });
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(existsSync(`${path}.rekey.lock`)).toBe(false);
    expect(detail.summary[0]).toContain('DRY RUN');
    expect(fixture.services.guided.timeline(detail.run.run_id)).toMatch(/^# DRY RUN: /);
    expect(eventsOf(detail).every(({ event_type }) => event_type !== 'key_rotation')).toBe(true);
  });
});

describe('the export as Markdown', () => {
  it('is a private file with steps, evidence, notes and every event; the export is an event too', async () => {
    write('exported', step('look', 'info', 'skippable: true'));
    let detail = await start('exported', await fixture.plain('exported'));
    const { guided } = fixture.services;
    await act(detail, 'look', { act: 'add-evidence', kind: 'output', label: 'df -h', text: 'disk 40 %' });
    await guided.note(detail.run.run_id, 'Grace watches the dashboards.');
    detail = await act(detail, 'look', { act: 'confirm' });
    detail = await act(detail, 'finish', { act: 'confirm' });
    const file = join(fixture.folder, 'reports', 'run.md');
    await guided.exportTimeline(detail.run.run_id, file);
    const text = readFileSync(file, 'utf8');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const part of ['# Of our own', '- Reason: A test', '| The step look | done |', '| df -h |']) {
      expect(text).toContain(part);
    }
    expect(text).toContain('Grace watches the dashboards.');
    const before = eventsOf(detail).filter(({ action }) => action !== 'exported');
    expect(
      text
        .split('## Timeline\n')[1]
        ?.split('\n')
        .filter((line) => line.startsWith('- ')),
    ).toHaveLength(before.length);
    expect(eventsOf(detail).at(-1)).toMatchObject({ action: 'exported', data: { path: file } });
    await guided.exportTimeline(detail.run.run_id, file);
    expect(readFileSync(file, 'utf8')).toContain('exported');
  });
});

describe('a runbook with errors', () => {
  it('is refused with the file, the line and the field', async () => {
    write('wrong', step('look', 'infos', 'skippable: true'));
    const id = await fixture.plain('wrong');
    const file = join(fixture.services.runbooks.customFolder(), 'wrong.yaml');
    const line = readFileSync(file, 'utf8').split('\n').indexOf('    kind: infos') + 1;
    await expect(start('wrong', id)).rejects.toMatchObject({
      code: 'runbook-invalid',
      message: expect.stringContaining(`wrong.yaml has errors: line ${line}, steps[0].kind`),
      details: { file, line, field: 'steps[0].kind' },
    });
    expect(fixture.services.runs.openRuns(id)).toEqual([]);
  });
});
