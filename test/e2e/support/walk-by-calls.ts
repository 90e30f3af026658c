import type { Page } from '@playwright/test';
import { openRunStates } from '#shared/model/run.ts';
import type { RunDetail, RunStepDetail, StepAct } from '#shared/model/run-detail.ts';
import { call } from './calls.ts';

export interface StartByCalls {
  runbook: string;
  environmentId: string;
  keys: string[];
  dryRun?: boolean;
  drill?: boolean;
  /** Stops before acting at the step with this id. */
  until?: string;
  /** Which branch to take, by step; default: the first. */
  choices?: Readonly<Record<string, string>>;
}

const mostActs = 120;

/** Starts a run and takes each step's primary act without showing it, up to the step that a test is about. */
export async function startByCalls(page: Page, options: StartByCalls): Promise<RunDetail> {
  const detail = await call(page, 'runs.start', {
    runbook: options.runbook,
    environmentId: options.environmentId,
    keys: options.keys,
    reason: 'INC-1234: seen in a public repository',
    dryRun: options.dryRun ?? false,
    drill: options.drill ?? false,
  });
  return walkByCalls(page, detail, options);
}

/** Goes on from where the run stands. */
export async function walkByCalls(
  page: Page,
  from: RunDetail,
  { until, choices = {} }: Pick<StartByCalls, 'until' | 'choices'>,
): Promise<RunDetail> {
  let detail = from;
  for (let acts = 0; acts < mostActs; acts += 1) {
    const step = detail.steps.find(({ current }) => current);
    if (step === undefined || !openRunStates.includes(detail.run.state)) return detail;
    if (step.id === until) return detail;
    const act = primaryAct(step, detail, choices);
    detail = await call(page, 'runs.act', { runId: detail.run.run_id, stepId: step.id, act });
  }
  throw new Error(`${mostActs} acts do not lead to ${until ?? 'the end'}`);
}

function primaryAct(
  step: RunStepDetail,
  detail: RunDetail,
  choices: Readonly<Record<string, string>>,
): StepAct {
  const primary = step.acts.find((offer) => offer.primary)?.act;
  switch (primary) {
    case 'answer':
      return { act: 'answer', choice: choices[step.id] ?? step.branches[0]?.id ?? '' };
    case 'submit':
      return {
        act: 'submit',
        input: Object.fromEntries(step.inputs.map(({ id, kind }) => [id, wordsFor(kind)])),
      };
    case 'commit':
      return { act: 'commit', name: detail.environment.name };
    case 'attest':
      return { act: 'attest', reason: 'Logged in, and it worked.' };
    case 'confirm':
    case 'run-action':
    case 'begin':
    case 'wait-over':
      return { act: primary };
    default:
      throw new Error(`"${step.title}" offers ${primary ?? 'nothing'} (${step.state}, ${detail.run.state})`);
  }
}

function wordsFor(kind: string): string {
  if (kind === 'date') return '2026-01-01';
  if (kind === 'duration') return '24h';
  return 'INC-1234, seen by Ada Lovelace';
}
