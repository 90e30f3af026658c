import { hostNames, placeInWords } from '#shared/logic/connector-places.ts';
import { actionMeanings } from '#shared/logic/runbook-actions.ts';
import { evidenceLacking, hasEffects, stepActs } from '#shared/logic/runbook-acts.ts';
import { applies, findStep, type RunbookContext } from '#shared/logic/runbook-route.ts';
import { stepView } from '#shared/logic/step-view.ts';
import { durationMilliseconds } from '#shared/model/duration.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import type { KeyName } from '#shared/model/key.ts';
import { openRunStates, type RunView } from '#shared/model/run.ts';
import type { RunActOffer, RunDetail, RunStepDetail, StepActOffer } from '#shared/model/run-detail.ts';
import type { Runbook, RunbookStep } from '#shared/model/runbook.ts';
import { equivalentCommand, type RunWords } from './run-words.ts';

/** All from which a run's detail is made; no part of it holds a secret. */
export interface DetailParts {
  readonly run: RunView;
  readonly runbook: Runbook;
  readonly config: EnvironmentConfig | null;
  readonly context: RunbookContext;
  readonly words: RunWords;
  readonly rollback: RunDetail['rollback'];
  /** What the current step's action would do, line by line. */
  readonly preview: readonly string[];
  /** An action of this run is at work in this process. */
  readonly working: boolean;
  readonly mine: boolean;
  readonly next: { id: string; title: string; keys: KeyName[] } | null;
  readonly summary: readonly string[];
}

export function buildDetail(parts: DetailParts): RunDetail {
  const { run, runbook, config, words, mine } = parts;
  const steps = runbook.steps.map((step) => stepDetail(step, parts));
  return {
    run,
    runbook: {
      id: runbook.id,
      title: runbook.title,
      summary: runbook.summary,
      version: runbook.version,
      owner: runbook.owner,
      subject: runbook.subject,
    },
    environment: {
      ...run.environment,
      practice: config?.practice ?? false,
      path: config ? placeInWords(config.connector) : '',
    },
    phases: runbook.phases.map(({ id, title }) => ({
      id,
      title: words.fill(title),
      state: phaseState(steps, id),
    })),
    steps,
    current_step_id: run.current_step_id,
    elapsed_ms: elapsed(run, parts.context.now),
    rollback: parts.rollback,
    acts: runActs(parts),
    mine,
    next_runbook: parts.next,
    ...(run.host === undefined && config?.connector.kind === 'ssh' && config.connector.hosts.length > 1
      ? { hosts: hostNames(config.connector) }
      : {}),
    summary: [...parts.summary],
  };
}

function stepDetail(step: RunbookStep, parts: DetailParts): RunStepDetail {
  const { run, runbook, config, context, words, working, mine } = parts;
  const view = stepView(run, step.id);
  const current = run.current_step_id === step.id;
  const applicable =
    view.state !== 'not-applicable' && (view.state !== 'pending' || applies(step, run, context));
  const acts = current && mine && !working ? stepActs(runbook, run, context) : [];
  return {
    id: step.id,
    title: words.fill(step.title),
    kind: step.kind,
    phase: step.phase,
    why: words.fill(step.why),
    instructions: words.fill(step.instructions),
    state: view.state === 'pending' && !applicable ? 'not-applicable' : view.state,
    applicable,
    current,
    commands: step.commands.map(({ platform, line, label }) => ({
      platform,
      line: words.fillCommand(line),
      label: label ?? null,
    })),
    preconditions: step.preconditions.map(words.fill),
    expected: step.expected === undefined ? null : words.fill(step.expected),
    challenge: step.challenge === undefined ? null : words.fill(step.challenge),
    inputs: step.inputs,
    branches: step.branches.map((branch) => ({
      id: branch.id,
      label: branch.label,
      consequence: branch.consequence === undefined ? null : words.fill(branch.consequence),
      leads_to: leadsTo(runbook, step, branch, words),
    })),
    action: step.action ? actionMeanings[step.action].title : null,
    action_name: step.action ?? null,
    effects: hasEffects(step),
    preview: current ? [...parts.preview] : [],
    acts: acts.map((act): StepActOffer => ({ ...act, label: words.fill(act.label) })),
    supplied_keys:
      current && acts.some(({ asks }) => asks.includes('supplied'))
        ? context.keys.filter(({ supplied }) => supplied).map(({ name }) => name)
        : [],
    decisions: current ? context.decisions.map((decision) => ({ ...decision })) : [],
    equivalent_command: equivalentCommand(step, run, config),
    controls: step.controls,
    evidence: step.evidence
      ? {
          kind: step.evidence.kind,
          required: step.evidence.required,
          label: step.evidence.label ?? 'Evidence',
          given: !evidenceLacking({ ...step, evidence: { ...step.evidence, required: true } }, run),
        }
      : null,
    soft_timer_ms: step.soft_timer === undefined ? null : durationMilliseconds(step.soft_timer),
    active_since: current && run.ended_at === null ? view.started_at : null,
    skippable: step.skippable,
  };
}

function leadsTo(
  runbook: Runbook,
  step: RunbookStep,
  branch: RunbookStep['branches'][number],
  words: RunWords,
): string | null {
  if (branch.runbook) return `Runbook: ${branch.runbook}`;
  const target = branch.goto ?? step.goto;
  if (target === 'end') return null;
  const next = target ? findStep(runbook, target) : runbook.steps[runbook.steps.indexOf(step) + 1];
  return next ? words.fill(next.title) : null;
}

function phaseState(steps: readonly RunStepDetail[], phase: string): RunDetail['phases'][number]['state'] {
  const own = steps.filter((step) => step.phase === phase);
  if (own.some(({ current }) => current)) return 'active';
  const applicable = own.filter(({ state }) => state !== 'not-applicable');
  if (applicable.length === 0) return 'not-applicable';
  const over = applicable.filter(({ state }) => ['done', 'skipped', 'failed', 'rolled-back'].includes(state));
  return over.length === applicable.length ? 'done' : 'pending';
}

/** Milliseconds from the start to the end, or to now, wall-clock jumps taken out. */
export function elapsed(run: RunView, now: string): number {
  const jumps = run.clock_jumps.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return Math.max(0, Date.parse(run.ended_at ?? now) - Date.parse(run.started_at) - jumps);
}

function runActs({ run, working, mine, rollback }: DetailParts): RunActOffer[] {
  const act = (name: RunActOffer['act'], label: string, asks: RunActOffer['asks'] = []): RunActOffer => ({
    act: name,
    label,
    asks,
  });
  const always = [act('note', 'Add a note', ['text']), act('export', 'Export the timeline')];
  if (!openRunStates.includes(run.state)) return [act('export', 'Export the timeline')];
  if (!mine) return [act('take-over', 'Take the run over', ['reason']), ...always];
  if (working) return [act('stop', 'Stop what runs'), act('pause', 'Pause after this'), ...always];
  const acts = run.state === 'paused' ? [act('resume', 'Go on')] : [act('pause', 'Pause')];
  acts.push(...always, act('hand-over', 'Hand over', ['operator', 'text']));
  if (run.rotations.some(({ new_fingerprint: fresh }) => fresh !== null)) {
    acts.push(act('recovery-file', 'Write recovery file'));
  }
  if (rollback.possible && !run.dry_run) {
    const asks: RunActOffer['asks'] = rollback.restores_compromised
      ? ['reason', 'restore-compromised']
      : ['reason'];
    acts.push(
      act('roll-back', 'Roll back', run.environment.stage === 'production' ? [...asks, 'name'] : asks),
    );
  }
  acts.push(act('abort', 'Abort', ['reason']));
  return acts;
}
