import { join } from 'node:path';
import { openRunStates } from '#shared/model/run.ts';
import type { RunDetail, RunStepDetail, StepAct } from '#shared/model/run-detail.ts';
import { Secret } from '#shared/model/secret.ts';
import type { GuidedFixture } from './guided-fixture.ts';

/** Which branches were taken, over all walks: `runbook/step/branch`. */
export type Coverage = Set<string>;

export interface WalkOptions {
  runbook: string;
  environmentId: string;
  host?: string;
  keys?: readonly string[];
  dryRun?: boolean;
  drill?: boolean;
  /** Branches that must not be taken, as `step/branch`: those that lead to another runbook, for example. */
  never?: readonly string[];
  /** Branches that are preferred, as `step/branch`. */
  prefer?: readonly string[];
  coverage: Coverage;
}

export interface Walked {
  detail: RunDetail;
  /** `step: act` in the order in which they were done. */
  acts: string[];
}

/** More acts than any built-in runbook needs; a walk that takes more goes round in circles. */
const mostActs = 220;

/** Walks a runbook to its end as a person would who does what the screen offers, and asserts nothing by itself. */
export async function walk(fixture: GuidedFixture, options: WalkOptions): Promise<Walked> {
  const { guided } = fixture.services;
  const request = {
    runbook: options.runbook,
    environmentId: options.environmentId,
    host: options.host,
    keys: [...(options.keys ?? [])],
    reason: 'A walk of the tests',
    dryRun: options.dryRun ?? false,
    drill: options.drill ?? false,
  };
  let detail = await guided.start(request);
  const acts: string[] = [];
  const tries = new Map<string, number>();
  while (openRunStates.includes(detail.run.state)) {
    const step = detail.steps.find(({ current }) => current);
    if (!step || acts.length >= mostActs) throw new Error(stuck(detail, acts));
    if (detail.run.waits_for === 'backup-date') break;
    const act = chooseAct(step, detail, options, tries);
    if (!act) throw new Error(stuck(detail, acts));
    acts.push(`${step.id}: ${act.act}${act.act === 'answer' ? ` ${act.choice}` : ''}`);
    if (act.act === 'answer') options.coverage.add(`${options.runbook}/${step.id}/${act.choice}`);
    if (step.id === 'recovery-file' && act.act === 'run-action' && !options.dryRun)
      await writeRecoveryFile(fixture, detail);
    if (act.act === 'wait-over' || detail.run.waits_for === 'soak') fixture.offsetMs += 3_600_000 * 48;
    detail = await guided.act(detail.run.run_id, step.id, act);
  }
  return { detail, acts };
}

function chooseAct(
  step: RunStepDetail,
  detail: RunDetail,
  options: WalkOptions,
  tries: Map<string, number>,
): StepAct | null {
  const tried = tries.get(step.id) ?? 0;
  tries.set(step.id, tried + 1);
  const legal = new Set(step.acts.map(({ act }) => act));
  const primary = step.acts.find((act) => act.primary)?.act;
  if (legal.has('answer')) return { act: 'answer', choice: chooseBranch(step, options, tries) };
  if (detail.run.waits_for === 'soak' && legal.has('end-wait-early') && step.kind === 'wait' && tried < 2) {
    // The clock was put forward: the time is over at the next look.
    return { act: 'add-evidence', kind: 'output', label: 'Waiting', text: 'The time passes.' };
  }
  if (tried > 4 && legal.has('override')) return { act: 'override', reason: 'The walk goes on.' };
  if (tried > 4 && legal.has('skip')) return { act: 'skip', reason: 'The walk goes on.' };
  switch (primary) {
    case 'confirm':
    case 'run-action':
    case 'retry':
    case 'wait-over':
    case 'begin':
    case 'probe':
    case 'follow-failure':
      return { act: primary };
    case 'submit':
      return {
        act: 'submit',
        input: Object.fromEntries(step.inputs.map((field) => [field.id, inputFor(field.kind)])),
      };
    case 'commit':
      return { act: 'commit', name: detail.environment.name };
    case 'attest':
      return { act: 'attest', reason: 'I looked.', text: 'Logged in, and it worked.' };
    default:
      return legal.has('add-evidence') && tried < 3
        ? { act: 'add-evidence', kind: 'output', label: 'Output', text: 'all is well' }
        : null;
  }
}

/** A branch that no walk has taken yet, else one that this walk has not, so that loops come to an end. */
function chooseBranch(step: RunStepDetail, options: WalkOptions, tries: Map<string, number>): string {
  const { runbook, coverage, never = [], prefer = [] } = options;
  const usable = step.branches.map(({ id }) => id).filter((id) => !never.includes(`${step.id}/${id}`));
  const fresh = usable.filter((id) => !coverage.has(`${runbook}/${step.id}/${id}`));
  const key = (id: string) => `${step.id}/${id}`;
  const wanted = usable.find((id) => prefer.includes(key(id)) && !tries.has(key(id)));
  const chosen = wanted ?? fresh[0] ?? usable.find((id) => !tries.has(key(id))) ?? usable[0];
  if (chosen === undefined) throw new Error(`No branch of ${step.id} may be taken`);
  tries.set(key(chosen), 1);
  return chosen;
}

function inputFor(kind: string): string {
  if (kind === 'date') return '2026-01-31';
  if (kind === 'duration') return '24h';
  return kind === 'keys' ? 'JWT_SECRET_KEY' : 'As far as known';
}

async function writeRecoveryFile(fixture: GuidedFixture, detail: RunDetail): Promise<void> {
  const path = join(fixture.folder, `recovery-${detail.run.run_id}-${Date.now()}.age`);
  await fixture.services.recovery.writeFile(detail.run.run_id, path, {
    passphrase: new Secret('a passphrase for the recovery file'),
  });
}

function stuck(detail: RunDetail, acts: readonly string[]): string {
  const step = detail.steps.find(({ current }) => current);
  const view = detail.run.steps.find(({ id }) => id === step?.id);
  return `The walk is stuck at ${JSON.stringify(
    {
      run: detail.run.state,
      waits: detail.run.waits_for,
      step: step?.id,
      state: step?.state,
      error: view?.error,
      result: view?.result,
      acts: step?.acts.map(({ act }) => act),
      rotations: detail.run.rotations.map(({ key, state, adoption, blocked_reason }) => ({
        key,
        state,
        adoption,
        blocked_reason,
      })),
      done: acts.slice(-12),
    },
    null,
    1,
  )}`;
}
