import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDetail, StepAct } from '#shared/model/run-detail.ts';
import { smallRunbook } from '#test/unit/runbooks/runbook-text.ts';
import { GuidedFixture, plainValues } from './guided-fixture.ts';

let fixture: GuidedFixture;
const keys = ['JWT_SECRET_KEY'];

beforeAll(async () => {
  fixture = new GuidedFixture();
  await fixture.createVault();
}, 60_000);
afterAll(() => fixture.close());

async function start(environmentId: string, more: object = {}): Promise<RunDetail> {
  const request = { runbook: 'planned', environmentId, keys, reason: 'A test', dryRun: false, drill: false };
  return fixture.services.guided.start({ ...request, ...more });
}

/** Goes on with primary acts until the run stands at a step. */
async function goTo(detail: RunDetail, target: string): Promise<RunDetail> {
  let at = detail;
  for (let count = 0; at.current_step_id !== target; count += 1) {
    const step = at.steps.find(({ current }) => current);
    const primary = step?.acts.find((act) => act.primary)?.act;
    if (!step || !primary || count > 60) throw new Error(`stuck at ${at.current_step_id}`);
    const act = {
      answer: { act: 'answer', choice: step.id === 'recovery' ? 'decline' : (step.branches[0]?.id ?? '') },
      submit: {
        act: 'submit',
        input: Object.fromEntries(step.inputs.map(({ id, kind }) => [id, kind === 'duration' ? '1h' : 'x'])),
      },
      commit: { act: 'commit', name: at.environment.name },
      attest: { act: 'attest', reason: 'Seen.' },
    }[primary as string] as StepAct | undefined;
    at = await fixture.services.guided.act(at.run.run_id, step.id, act ?? ({ act: primary } as StepAct));
  }
  return at;
}

/** Every byte that Rekey keeps about runs and in its log. */
function everythingWritten(): string {
  const read = (folder: string): string =>
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      .join('\n');
  return read(fixture.services.folder.log) + read(fixture.services.folder.runs);
}

describe('starting', () => {
  it('refuses a drill outside the practice environment, unknown keys, and no reason; nothing is recorded', async () => {
    const id = await fixture.plain('start');
    await expect(start(id, { drill: true })).rejects.toMatchObject({ code: 'drill-refused' });
    await expect(start(id, { keys: ['NOT_A_KEY'] })).rejects.toMatchObject({ code: 'key-unknown' });
    await expect(start(id, { keys: [] })).rejects.toMatchObject({ code: 'key-unknown' });
    await expect(start(id, { reason: '  ' })).rejects.toMatchObject({ code: 'invalid-input' });
    await expect(start(id, { runbook: 'nothing' })).rejects.toMatchObject({ code: 'runbook-unknown' });
    expect(fixture.services.runs.openRuns(id)).toEqual([]);
  });

  it('pins the text: what is edited afterwards does not change the run', async () => {
    const id = await fixture.plain('pinned');
    const folder = fixture.services.runbooks.customFolder();
    const file = join(folder, 'small.yaml');
    writeFileSync(file, smallRunbook);
    const detail = await start(id, { runbook: 'small' });
    writeFileSync(file, smallRunbook.replace('title: Ask', 'title: Asked otherwise'));
    const again = await fixture.services.guided.detail(detail.run.run_id);
    expect(again.steps[0]?.title).toBe('Ask');
    const hash = createHash('sha256').update(smallRunbook).digest('hex');
    expect(again.run.runbook_sha256).toBe(hash);
    writeFileSync(join(fixture.services.folder.runs, detail.run.run_id, 'runbook.yaml'), 'tampered');
    await expect(
      fixture.services.guided.act(detail.run.run_id, 'ask', { act: 'answer', choice: 'no-thanks' }),
    ).rejects.toMatchObject({ code: 'runbook-invalid' });
    await fixture.services.guided.abort(detail.run.run_id, 'Tampered with');
    expect(fixture.services.runs.get(detail.run.run_id).state).toBe('aborted');
  });
});

describe('the library', () => {
  it('lists a custom runbook with its errors, and never runs it', async () => {
    const id = await fixture.plain('library');
    const folder = fixture.services.runbooks.customFolder();
    writeFileSync(
      join(folder, 'broken.yml'),
      smallRunbook.replace('id: small', 'id: broken').replace('goto: act', 'goto: nowhere'),
    );
    writeFileSync(join(folder, 'double.yaml'), smallRunbook.replace('id: small', 'id: planned'));
    const listing = fixture.services.runbooks.list();
    const broken = listing.find((one) => one.id === 'broken');
    expect(broken?.errors).toMatchObject([{ line: 19, field: 'steps[0].branches[0].goto' }]);
    expect(
      listing.filter((one) => one.id === 'planned').map(({ source, errors }) => [source, errors.length]),
    ).toEqual([
      ['built-in', 0],
      ['custom', 1],
    ]);
    await expect(start(id, { runbook: 'broken' })).rejects.toMatchObject({ code: 'runbook-invalid' });
    expect((await start(id)).runbook.title).toBe('Planned rotation');
  });

  it('copies a built-in one to be edited, and the copy runs', async () => {
    const id = await fixture.plain('copied');
    const file = fixture.services.runbooks.copy('recovery');
    expect(readFileSync(file, 'utf8')).toContain('id: recovery-copy');
    const second = fixture.services.runbooks.copy('recovery');
    expect(second).toContain('recovery-copy-2.yaml');
    const detail = await start(id, { runbook: 'recovery-copy', keys: [] });
    expect(detail.runbook.title).toBe('Service recovery (copy)');
  });

  it('says when reviews and drills are overdue', () => {
    const emergency = () => fixture.services.runbooks.list().find(({ id }) => id === 'emergency');
    expect(emergency()).toMatchObject({ review_overdue: false, drill_overdue: true, last_drill: null });
    fixture.offsetMs += 400 * 86_400_000;
    expect(emergency()?.review_overdue).toBe(true);
    fixture.offsetMs = 0;
  });
});

describe('what people paste and type', () => {
  it('is redacted before it is hashed and stored, and the redaction is recorded', async () => {
    const id = await fixture.plain('redacted');
    let detail = await start(id, { reason: `It printed ${plainValues.JWT_SECRET_KEY}` });
    const runId = detail.run.run_id;
    const pasted = `key=${plainValues.WEBHOOK_SIGNING_KEY}\nAuthorization: Bearer abcdefghijklmnop123456\nall well`;
    detail = await fixture.services.guided.act(runId, 'window', {
      act: 'add-evidence',
      kind: 'output',
      label: `Output of ${plainValues.TOKEN_ENCRYPTION_KEY}`,
      text: pasted,
    });
    const [evidence] = detail.run.steps.find((step) => step.id === 'window')?.evidence ?? [];
    expect(evidence?.redactions).toBe(3);
    const text = fixture.services.guided.evidenceText(runId, evidence?.sha256 ?? '');
    expect(text).toContain('all well');
    expect(createHash('sha256').update(text).digest('hex')).toBe(evidence?.sha256);
    await fixture.services.guided.act(runId, 'window', {
      act: 'submit',
      input: { start: `now ${plainValues.JWT_SECRET_KEY}`, change: '', lifetime: '1h' },
    });
    await fixture.services.guided.note(runId, `seen: ${plainValues.TOKEN_ENCRYPTION_KEY}`);
    const file = join(fixture.folder, 'evidence.log');
    writeFileSync(file, `in a file: ${plainValues.WEBHOOK_SIGNING_KEY}`);
    await fixture.services.guided.attachFile(runId, 'freeze', file);
    const written = everythingWritten();
    for (const value of Object.values(plainValues)) expect(written).not.toContain(value);
    expect(written).not.toContain('abcdefghijklmnop123456');
    expect(written).toContain('[redacted]');
  });

  it('takes a value that a third party issues, and records nothing of it', async () => {
    const id = await fixture.plain('supplied', { keys: { JWT_SECRET_KEY: { issuer: 'supplied' } } });
    let detail = await goTo(await start(id), 'prepare');
    const runId = detail.run.run_id;
    const offered = () => detail.steps.find(({ current }) => current);
    expect([offered()?.acts[0]?.asks, offered()?.supplied_keys]).toEqual([['supplied'], keys]);
    detail = await fixture.services.guided.act(runId, 'prepare', { act: 'run-action' });
    expect([detail.run.waits_for, offered()?.acts[0]?.asks]).toEqual(['supplied-value', ['supplied']]);
    const value = randomBytes(48).toString('base64url');
    detail = await fixture.services.guided.act(runId, 'prepare', {
      act: 'retry',
      supplied: { JWT_SECRET_KEY: value },
    });
    expect(detail.run.rotations.map(({ state }) => state)).toEqual(['pending']);
    await goTo(detail, 'restart-by-hand');
    expect(fixture.values(id).JWT_SECRET_KEY).toBe(value);
    expect(everythingWritten()).not.toContain(value);
  }, 60_000);

  it('refuses what cannot be searched for secrets', async () => {
    const id = await fixture.plain('binary');
    const { run } = await start(id);
    const file = join(fixture.folder, 'picture.png');
    writeFileSync(file, Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 255]));
    expect(() => fixture.services.guided.attachFile(run.run_id, 'window', file)).toThrow(/not text/);
  });
});

describe('whose run it is', () => {
  it('belongs to one operator at a time, can be handed over, and taken over with a reason', async () => {
    const id = await fixture.plain('owner');
    const { run } = await start(id);
    const other = new GuidedFixture({ folder: fixture.folder }, 'grace@example.org');
    const theirs = await other.services.guided.detail(run.run_id);
    expect([theirs.mine, theirs.steps.flatMap(({ acts }) => acts)]).toEqual([false, []]);
    expect(theirs.acts.map(({ act }) => act)).toContain('take-over');
    const act: StepAct = { act: 'submit', input: { start: 'now' } };
    await expect(other.services.guided.act(run.run_id, 'window', act)).rejects.toMatchObject({
      code: 'run-open',
    });
    await fixture.services.guided.handOver(run.run_id, 'grace@example.org', 'The window is not fixed yet.');
    await expect(fixture.services.guided.act(run.run_id, 'window', act)).rejects.toMatchObject({
      code: 'run-open',
    });
    expect((await other.services.guided.act(run.run_id, 'window', act)).current_step_id).toBe('freeze');
    const back = await fixture.services.guided.takeOver(run.run_id, 'Grace is asleep.');
    expect([back.mine, back.run.operator]).toEqual([true, 'ada@example.org']);
    await other.services.close();
  });

  it('refuses an act at a step at which the run no longer stands', async () => {
    const id = await fixture.plain('moved-on');
    const { run } = await start(id);
    const act: StepAct = { act: 'submit', input: { start: 'now' } };
    await fixture.services.guided.act(run.run_id, 'window', act);
    await expect(fixture.services.guided.act(run.run_id, 'window', act)).rejects.toMatchObject({
      code: 'illegal-move',
    });
  });
});

describe('the way back', () => {
  it('rolls back, and the old key is primary again', async () => {
    const id = await fixture.plain('back', { commands: { restart: { argv: ['true'], shell: false } } });
    const detail = await goTo(await start(id), 'adopt');
    expect(fixture.values(id).JWT_SECRET_KEY).not.toBe(plainValues.JWT_SECRET_KEY);
    expect(detail.rollback.possible).toBe(true);
    let after = await fixture.services.guided.rollBack(detail.run.run_id, {
      reason: 'Logins fail',
      restoreCompromised: false,
    });
    for (let count = 0; after.run.ended_at === null && count < 5; count += 1) {
      const step = after.steps.find(({ current }) => current);
      const primary = step?.acts.find((act) => act.primary)?.act;
      const act: StepAct =
        primary === 'attest' ? { act: 'attest', reason: 'The old value works.' } : { act: 'retry' };
      after = await fixture.services.guided.act(after.run.run_id, step?.id ?? '', act);
    }
    expect(after.run.state).toBe('rolled-back');
    expect(fixture.values(id).JWT_SECRET_KEY).toBe(plainValues.JWT_SECRET_KEY);
  }, 60_000);

  it('rolls back by itself where the runbook says so for a failure', async () => {
    const id = await fixture.plain('by-itself', { commands: { restart: { argv: ['false'], shell: false } } });
    const file = fixture.services.runbooks.copy('planned');
    const text = readFileSync(file, 'utf8');
    const from = text.indexOf('  - id: adopt');
    writeFileSync(
      file,
      text.slice(0, from) + text.slice(from).replace('on_failure: retry', 'on_failure: rollback'),
    );
    let detail = await goTo(await start(id, { runbook: 'planned-copy' }), 'adopt');
    detail = await fixture.services.guided.act(detail.run.run_id, 'adopt', { act: 'run-action' });
    const step = detail.steps.find(({ current }) => current);
    expect([step?.state, step?.acts[0]?.label]).toEqual(['failed', 'Roll back']);
    await fixture.services.environments.update(id, {
      commands: { restart: { argv: ['true'], shell: false } },
    });
    detail = await fixture.services.guided.act(detail.run.run_id, 'adopt', { act: 'follow-failure' });
    expect(fixture.values(id).JWT_SECRET_KEY).toBe(plainValues.JWT_SECRET_KEY);
    expect(detail.run.rotations.map(({ state }) => state)).toEqual([
      expect.stringMatching(/^roll(ing|ed)-back$/),
    ]);
  }, 60_000);

  it('aborts before activation, and refuses to after it', async () => {
    const id = await fixture.plain('abort');
    const prepared = await goTo(await start(id), 'recovery');
    await fixture.services.guided.abort(prepared.run.run_id, 'Not today');
    expect(fixture.services.runs.get(prepared.run.run_id).rotations.map(({ state }) => state)).toEqual([
      'abandoned',
    ]);
    expect(fixture.values(id).JWT_SECRET_KEY).toBe(plainValues.JWT_SECRET_KEY);
    const activated = await goTo(await start(id), 'restart-by-hand');
    await expect(fixture.services.guided.abort(activated.run.run_id, 'Not today')).rejects.toMatchObject({
      code: 'illegal-move',
    });
  }, 60_000);
});

describe('leaving and coming back', () => {
  it('waits for the same thing after a pause', async () => {
    const id = await fixture.plain('soaking', {
      keys: { JWT_SECRET_KEY: { slots: 'previous', soak: '1h' } },
    });
    const at = await goTo(await start(id), 'soak');
    const waiting = await fixture.services.guided.act(at.run.run_id, 'soak', { act: 'begin' });
    expect(waiting.run).toMatchObject({ state: 'soaking', waits_for: 'soak' });
    await fixture.services.guided.pause(at.run.run_id);
    expect((await fixture.services.guided.detail(at.run.run_id)).steps.flatMap(({ acts }) => acts)).toEqual(
      [],
    );
    const resumed = await fixture.services.guided.resume(at.run.run_id);
    expect(resumed.run).toMatchObject({
      state: 'soaking',
      waits_for: 'soak',
      resume_after: waiting.run.resume_after,
    });
    fixture.offsetMs = 2 * 3_600_000;
    const over = await fixture.services.guided.detail(at.run.run_id);
    expect(over.steps.find(({ current }) => current)?.acts[0]?.act).toBe('wait-over');
    fixture.offsetMs = 0;
  }, 60_000);

  it('stays open while backups need the old value, and ends when they have expired', async () => {
    const id = await fixture.plain('archived');
    const at = await goTo(await start(id, { keys: ['TOKEN_ENCRYPTION_KEY'] }), 'backups');
    const runId = at.run.run_id;
    const expiry = new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 10);
    let detail = await fixture.services.guided.act(runId, 'backups', {
      act: 'submit',
      input: { date: expiry },
    });
    detail = await goTo(detail, 'finish');
    detail = await fixture.services.guided.act(runId, 'finish', { act: 'confirm' });
    expect(detail.run).toMatchObject({
      state: 'soaking',
      waits_for: 'backup-date',
      resume_after: `${expiry}T00:00:00.000Z`,
    });
    expect(detail.summary.join(' ')).toContain('Still open: TOKEN_ENCRYPTION_KEY is archived');
    expect(detail.run.rotations[0]?.state).toBe('archived');
    fixture.offsetMs = 41 * 86_400_000;
    detail = await fixture.services.guided.act(runId, 'finish', { act: 'wait-over' });
    fixture.offsetMs = 0;
    expect([detail.run.state, detail.run.rotations[0]?.state]).toEqual(['completed', 'closed']);
  }, 60_000);

  it('finds a killed step indeterminate, probes, and goes on to the end', async () => {
    const id = await fixture.plain('killed', {
      commands: { restart: { argv: ['sh', '-c', 'kill -9 $PPID; sleep 1'], shell: false } },
    });
    const at = await goTo(await start(id), 'adopt');
    const runId = at.run.run_id;
    const child = spawnSync(
      process.execPath,
      [join(import.meta.dirname, 'crashing-act.ts'), fixture.folder, runId, 'adopt'],
      { encoding: 'utf8' },
    );
    expect([child.signal, child.stdout]).toEqual(['SIGKILL', '']);
    let detail = await fixture.services.guided.detail(runId);
    const step = detail.steps.find(({ current }) => current);
    expect([step?.id, step?.state, step?.acts[0]?.act]).toEqual(['adopt', 'indeterminate', 'probe']);
    await expect(fixture.services.guided.act(runId, 'adopt', { act: 'run-action' })).rejects.toMatchObject({
      code: 'illegal-move',
    });
    await fixture.services.environments.update(id, {
      commands: { restart: { argv: ['true'], shell: false } },
    });
    detail = await fixture.services.guided.act(runId, 'adopt', { act: 'probe' });
    expect(detail.steps.find(({ current }) => current)?.state).toBe('ready');
    detail = await goTo(detail, 'finish');
    detail = await fixture.services.guided.act(runId, 'finish', { act: 'confirm' });
    expect(detail.run.state).toBe('completed');
    expect(detail.run.rotations.map(({ state }) => state)).toEqual(['closed']);
    const timeline = fixture.services.guided.timeline(runId);
    expect(timeline).toContain('found-indeterminate');
    expect(timeline).toContain('## Timeline');
    expect(timeline).not.toContain(fixture.values(id).JWT_SECRET_KEY);
  }, 120_000);
});
