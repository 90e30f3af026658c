import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rolloverProblem } from '#electron/services/signer/rollover-statement.ts';
import { installationName } from '#shared/model/installation.ts';
import { openRunStates } from '#shared/model/run.ts';
import type { RunDetail, StepAct } from '#shared/model/run-detail.ts';
import { RolloverStatement } from '#shared/model/signer.ts';
import { GuidedFixture } from './guided-fixture.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });
const request = {
  runbook: 'signing-keys',
  environmentId: null,
  keys: [],
  reason: 'The two years are over',
  dryRun: false,
  drill: false,
} as const;

/** What a person does at a step; `answers` by step. */
function actAt(detail: RunDetail, answers: Readonly<Record<string, string>>): StepAct {
  const step = detail.steps.find(({ current }) => current);
  if (!step) throw new Error('The run stands nowhere');
  const legal = step.acts.map(({ act }) => act);
  if (legal.includes('answer')) return { act: 'answer', choice: answers[step.id] ?? '' };
  if (legal.includes('submit')) return { act: 'submit', input: { checkpoint: answers[step.id] ?? '' } };
  if (legal.includes('commit')) return { act: 'commit', name: installationName };
  const primary = step.acts.find(({ primary: first }) => first)?.act;
  if (
    primary === 'confirm' ||
    primary === 'run-action' ||
    primary === 'retry' ||
    primary === 'begin' ||
    primary === 'probe'
  ) {
    return { act: primary };
  }
  throw new Error(
    `Nothing to do at ${step.id}: ${legal.join(', ')}; ${JSON.stringify(detail.run.steps.at(-1))}`,
  );
}

/** Goes on until the run ends or stands at `stop`. */
async function walk(
  fixture: GuidedFixture,
  begun: RunDetail,
  answers: Readonly<Record<string, string>>,
  stop: string | null = null,
): Promise<{ detail: RunDetail; visited: string[] }> {
  let detail = begun;
  const visited: string[] = [];
  while (openRunStates.includes(detail.run.state) && detail.current_step_id !== stop) {
    if (visited.length > 40) throw new Error(`The walk goes in circles: ${visited.join(', ')}`);
    visited.push(detail.current_step_id ?? '');
    detail = await fixture.services.guided.act(
      detail.run.run_id,
      detail.current_step_id ?? '',
      actAt(detail, answers),
    );
  }
  return { detail, visited };
}

const resultOf = (detail: RunDetail, step: string) =>
  detail.run.steps.find(({ id }) => id === step)?.result.join('\n') ?? '';

describe('the runbook "Replace the signing keys"', () => {
  let fixture: GuidedFixture;
  beforeAll(async () => {
    fixture = new GuidedFixture();
    await fixture.createVault();
  }, 60_000);
  afterAll(() => fixture.close());

  it('is about this installation: no environment, no drill', async () => {
    const { guided } = fixture.services;
    await expect(guided.start({ ...request, drill: true })).rejects.toEqual(code('drill-refused'));
    const environmentId = await fixture.plain('some');
    await expect(guided.start({ ...request, environmentId })).rejects.toEqual(code('usage'));
    await expect(guided.start({ ...request, runbook: 'recovery' })).rejects.toEqual(code('usage'));
  });

  it('says at its first step when there is nothing to replace', async () => {
    const { guided, runs, signer } = fixture.services;
    const begun = await guided.start(request);
    expect(begun.environment).toMatchObject({ id: signer.installationId(), name: installationName });
    expect(begun.runbook.subject).toBe('installation');
    const detail = await guided.act(begun.run.run_id, 'present', { act: 'run-action' });
    expect(detail.run.steps.at(-1)?.error).toMatchObject({ code: 'signer-absent' });
    await guided.abort(begun.run.run_id, 'There are none');
    expect(runs.openRuns(signer.installationId())).toEqual([]);
  });

  it('walks as a dry run, and changes nothing', async () => {
    const { guided, signer } = fixture.services;
    const before = await signer.ensure();
    const begun = await guided.start({ ...request, dryRun: true });
    const { detail } = await walk(fixture, begun, { why: 'due', organisation: 'no' });
    expect(detail.run.state).toBe('completed');
    expect(signer.facts()).toEqual(before);
  });

  it('replaces keys that are due, and writes what auditors need', async () => {
    const { guided, signer, log } = fixture.services;
    const before = await signer.ensure();
    const begun = await guided.start(request);
    const atReplace = await walk(fixture, begun, { why: 'due' }, 'replace');
    expect(atReplace.detail.steps.find(({ current }) => current)?.preview.join(' ')).toContain(
      before.reportFingerprint,
    );
    const { detail } = await walk(fixture, atReplace.detail, { organisation: 'no' });
    expect(detail.run.state).toBe('completed');
    const after = signer.facts();
    expect(after?.reportFingerprint).not.toBe(before.reportFingerprint);
    expect(resultOf(detail, 'replace')).toContain(after?.reportFingerprint);
    expect(after?.rollovers.map(rolloverProblem)).toEqual([null]);
    const folder = join(fixture.folder, 'data', 'runs', detail.run.run_id, 'signer');
    expect(readFileSync(join(folder, 'fingerprints.txt'), 'utf8')).toContain(after?.reportFingerprint);
    expect(existsSync(join(folder, 'rollovers', '001.old.sig'))).toBe(true);
    const ofRun = [...log.scan()].filter(({ run_id }) => run_id === detail.run.run_id);
    const keys = ofRun.filter(({ event_type }) => event_type === 'access').map(({ action }) => action);
    expect(keys).toEqual(['signing-keys-intended', 'signing-keys-replaced', 'signing-keys-destroyed']);
    expect(guided.timeline(detail.run.run_id)).toContain(installationName);
  });

  it('after a compromise asks again until it knows what stays trusted, and states it', async () => {
    const { guided, signer } = fixture.services;
    const begun = await guided.start({ ...request, reason: 'The machine was stolen' });
    const wrong = await walk(fixture, begun, { why: 'compromised', until: '/no/such/file' }, 'trusted');
    const failed = await guided.act(begun.run.run_id, 'trusted', { act: 'run-action' });
    expect(failed.run.steps.find(({ id }) => id === 'trusted')?.error?.code).toBe('invalid-input');
    expect(wrong.visited).toContain('contain');
    const back = await guided.act(begun.run.run_id, 'trusted', { act: 'follow-failure' });
    expect(back.current_step_id).toBe('until');
    const { detail, visited } = await walk(fixture, back, { until: '3', organisation: 'no' });
    expect(detail.run.state).toContain('completed');
    expect(visited).not.toContain('tell');
    expect(resultOf(detail, 'trusted')).toContain('up to 3 events');
    const rollover = signer.facts()?.rollovers.at(-1);
    const statement = RolloverStatement.parse(JSON.parse(rollover?.statement ?? ''));
    expect(statement).toMatchObject({
      compromised: true,
      trusted_until: { size: 3 },
      reason: 'The machine was stolen',
    });
    expect(rollover?.oldSignature).toBeNull();
  });

  it('goes on after a kill in the middle, and replaces the keys once', async () => {
    const { guided, signer } = fixture.services;
    await signer.ensure();
    const begun = await guided.start(request);
    const { detail: ready } = await walk(fixture, begun, { why: 'due' }, 'replace');
    const runId = ready.run.run_id;
    fixture.services.log.close();
    const commit = (folder: string, environment: Record<string, string>) =>
      spawnSync(
        process.execPath,
        [
          '--import',
          join(import.meta.dirname, '../../crash/kill-points.mjs'),
          join(import.meta.dirname, 'commit-act.ts'),
          folder,
          runId,
          'replace',
          installationName,
        ],
        { encoding: 'utf8', env: { ...process.env, ...environment } },
      );
    const copy = () => {
      const folder = mkdtempSync(join(tmpdir(), 'rekey-guided-'));
      cpSync(fixture.folder, folder, { recursive: true });
      return folder;
    };
    const traced = copy();
    const trace = join(traced, 'trace');
    const whole = commit(traced, { TRACE_FILE: trace });
    expect(whole.status, whole.stderr).toBe(0);
    const effects = readFileSync(trace, 'utf8').trimEnd().split('\n').length;
    const outcomes = new Set<string>();
    for (const share of [0.15, 0.5, 0.8]) {
      const folder = copy();
      const killed = commit(folder, { KILL_AT: String(Math.round(effects * share)) });
      expect(killed.signal, killed.stderr).toBe('SIGKILL');
      const after = new GuidedFixture({ folder });
      const found = await after.services.guided.detail(runId);
      outcomes.add(found.run.steps.find(({ id }) => id === 'replace')?.state ?? '');
      const { detail } = await walk(after, found, { organisation: 'no' });
      expect(detail.run.state).toContain('completed');
      const rollovers = after.services.signer.facts()?.rollovers ?? [];
      expect(rollovers).toHaveLength((signer.facts()?.rollovers.length ?? 0) + 1);
      expect(rollovers.map(rolloverProblem)).toEqual(rollovers.map(() => null));
      await after.close();
      rmSync(folder, { recursive: true, force: true });
    }
    expect(outcomes).toContain('indeterminate');
    rmSync(traced, { recursive: true, force: true });
  }, 120_000);
});
