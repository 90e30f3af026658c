import type { RunState, RunView, StepState, StepView, WaitsFor } from '../model/run.ts';
import type { Runbook, RunbookStep } from '../model/runbook.ts';
import type { StepEventAction, StepEventData, StepEventDraft } from '../model/step-event.ts';
import type { ActionOutcome } from './runbook-actions.ts';
import { hasEffects, rotationsUnfinished } from './runbook-acts.ts';
import { type Route, type RunbookContext, routeAfter } from './runbook-route.ts';
import { replaceStep, stepView } from './step-view.ts';

// The `step` events that a run is made of, as drafts: what each says about its step and about where the run stands.

/** How the record names a wait that was ended before its time. */
export function endedEarly(step: RunbookStep): string {
  return `The wait "${step.title}" was ended before its time`;
}

/** Evidence that was stored (redacted) for the current step. */
export function evidenceAdded(
  view: RunView,
  step: RunbookStep,
  evidence: StepView['evidence'][number],
): StepEventDraft {
  return {
    action: 'evidence-added',
    reason: null,
    data: {
      ...standing(step, stepView(view, step.id).state, view.state, view.waits_for, view.resume_after),
      evidence: [evidence],
    },
  };
}

/** A person's word, recorded before the action goes on with it. */
export function attested(
  step: RunbookStep,
  evidence: StepView['evidence'][number],
  reason: string,
): StepEventDraft {
  return stay(step, 'attested', 'active', { evidence: [evidence], effects: hasEffects(step) }, reason);
}

/** The way back was asked for at this step: durable before the first effect of it. */
export function rollbackBegun(step: RunbookStep, reason: string): StepEventDraft {
  const drafted = stay(step, 'started', 'rolling-back', { effects: true }, reason);
  return { ...drafted, data: { ...drafted.data, waits_for: null } };
}

/** The run's rotations were rolled back while it stood at its current step. */
export function stepRolledBack(step: RunbookStep, lines: readonly string[]): StepEventDraft {
  return stay(step, 'rolled-back', 'rolled-back', { result: [...lines] });
}

/** The state in which a step waits for a person. */
export function readyState(step: RunbookStep): StepState {
  if (step.kind === 'approval') return 'awaiting-approval';
  return step.kind === 'input' ? 'awaiting-input' : 'ready';
}

/** The step goes to work. */
export function started(step: RunbookStep): StepEventDraft {
  return {
    action: 'started',
    reason: null,
    data: {
      ...standing(step, step.kind === 'verify' ? 'verifying' : 'active', 'running', null, null),
      effects: hasEffects(step),
    },
  };
}

/** The step's action waits for something: a time, a value, a decision. */
export function waiting(
  step: RunbookStep,
  outcome: ActionOutcome,
  more: Partial<StepEventData>,
): StepEventDraft {
  const waitsFor = outcome.waitsFor ?? 'operator';
  const runState: RunState =
    waitsFor === 'soak' || waitsFor === 'backup-date'
      ? 'soaking'
      : waitsFor === 'decision' || waitsFor === 'probe'
        ? 'blocked'
        : 'running';
  const drafted = stay(step, 'waiting', 'waiting', more);
  return {
    ...drafted,
    data: {
      ...drafted.data,
      run_state: runState,
      waits_for: waitsFor,
      resume_after: outcome.resumeAfter ?? null,
    },
  };
}

/** The run stays at the step. */
export function stay(
  step: RunbookStep,
  action: StepEventAction,
  state: StepState,
  more: Partial<StepEventData>,
  reason: string | null = null,
): StepEventDraft {
  const atWork = state === 'active' || state === 'verifying';
  return {
    action,
    reason,
    data: { ...standing(step, state, 'running', atWork ? null : 'operator', null), ...more },
  };
}

/** The run leaves the step, unless it would end with a rotation half-way. */
export function leave(
  runbook: Runbook,
  view: RunView,
  context: RunbookContext,
  step: RunbookStep,
  action: StepEventAction,
  state: StepState,
  target: string | undefined,
  more: Partial<StepEventData>,
  reason: string | null = null,
): StepEventDraft {
  const answered =
    more.choice === undefined
      ? view
      : {
          ...view,
          steps: replaceStep(view.steps, { ...stepView(view, step.id), choice: more.choice ?? null }),
        };
  const route = routeAfter(runbook, step, target, answered, context);
  if (route.step === null && context.unfinished.length > 0 && !context.dryRun) {
    return stay(step, 'failed', 'failed', {
      ...more,
      error: {
        code: rotationsUnfinished,
        message: `The rotation of ${context.unfinished.join(', ')} is not finished, so the run cannot end here.`,
        unchanged: 'The rotation stays as it is.',
        remedy: 'Finish the rotations, or roll the run back.',
      },
    });
  }
  if (route.step === null && context.archivedUntil !== null && !context.dryRun) {
    const lines = [...(more.result ?? []), `The old value stays archived until ${context.archivedUntil}.`];
    const archived = {
      outcome: 'waits',
      lines,
      waitsFor: 'backup-date',
      resumeAfter: context.archivedUntil,
    } as const;
    const drafted = waiting(step, archived, { ...more, result: lines });
    return { ...drafted, reason };
  }
  const drafted = moved(action, step, state, route, reason);
  return { ...drafted, data: { ...drafted.data, ...more } };
}

/** The run goes along a route: to its next step, or to its end. */
export function moved(
  action: StepEventAction,
  step: RunbookStep,
  state: StepState,
  route: Route,
  reason: string | null = null,
): StepEventDraft {
  return {
    action,
    reason,
    data: {
      ...standing(step, state, 'running', route.step ? 'operator' : null, null),
      current: route.step
        ? { id: route.step.id, title: route.step.title, state: readyState(route.step) }
        : null,
      ...(route.passedOver.length > 0 ? { not_applicable: [...route.passedOver] } : {}),
    },
  };
}

/** Where the run stands when the step has this state. */
export function standing(
  step: RunbookStep,
  state: StepState,
  runState: RunState,
  waitsFor: WaitsFor | null,
  resumeAfter: string | null,
): StepEventData {
  return {
    step: step.id,
    title: step.title,
    state,
    current: { id: step.id, title: step.title, state },
    run_state: runState,
    waits_for: waitsFor,
    resume_after: resumeAfter,
  };
}
