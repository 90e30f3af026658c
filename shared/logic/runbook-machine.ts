import { durationMilliseconds } from '../model/duration.ts';
import { RekeyError } from '../model/errors.ts';
import type { LogEvent } from '../model/event.ts';
import type { RunState, RunView, StepState, StepView, WaitsFor } from '../model/run.ts';
import type { StepAct } from '../model/run-detail.ts';
import type { ActionName, Runbook, RunbookStep } from '../model/runbook.ts';
import { type StepEventAction, StepEventData, type StepEventDraft } from '../model/step-event.ts';
import { actionIsTheStep, hasEffects, previousStep, rotationsUnfinished, stepActs } from './runbook-acts.ts';
import { checkedInput } from './runbook-input.ts';
import { findStep, firstStep, type Route, type RunbookContext, routeAfter } from './runbook-route.ts';
import { replaceStep, stepView } from './step-view.ts';

/**
 * The machine of guided runs. Pure: it says which act is legal, what it means as an event, and what has to be carried
 * out after that event is durable; services/runbooks/run-service.ts does the carrying out. A run's view is the fold
 * of its events (`foldStep`), so resuming is replaying.
 */

/** What is to be carried out once the act's event is durable. */
export type FollowUp = 'none' | 'action' | 'probe' | 'attest' | 'decide';

export interface Taken {
  readonly step: RunbookStep;
  /** Appended before anything is carried out; null where the follow-up writes its own. */
  readonly draft: StepEventDraft | null;
  readonly followUp: FollowUp;
  /** What is carried out, for the follow-up `action`. */
  readonly action?: ActionName;
}

/** How an action ended. Lines are for people and hold no secrets. */
export interface ActionOutcome {
  readonly outcome: 'done' | 'waits' | 'failed' | 'not-done';
  readonly lines: readonly string[];
  readonly waitsFor?: WaitsFor | null;
  /** RFC 3339. */
  readonly resumeAfter?: string | null;
  readonly error?: StepView['error'];
}

/** The event with which a started run comes to its first step. */
export function enterRun(runbook: Runbook, view: RunView, context: RunbookContext): StepEventDraft {
  const route = firstStep(runbook, view, context);
  const step = route.step;
  if (!step) {
    throw new RekeyError('runbook-invalid', {
      message: `No step of the runbook "${runbook.title}" applies to ${context.environmentName}.`,
      remedy: 'Look at the conditions of its steps, or choose another runbook.',
    });
  }
  return draft('entered', step, readyState(step), { step, passedOver: route.passedOver });
}

/**
 * One act by a person at the current step. Throws `illegal-move` when the act is not among `stepActs`, and
 * `invalid-input` when what it needs is missing; nothing has happened then.
 */
export function take(runbook: Runbook, view: RunView, context: RunbookContext, act: StepAct): Taken {
  const offers = stepActs(runbook, view, context);
  const step = findStep(runbook, view.current_step_id);
  if (!step || !offers.some((offer) => offer.act === act.act)) {
    throw new RekeyError('illegal-move', {
      message: step
        ? `"${step.title}" does not allow "${act.act}" now.`
        : 'The run has no step at which anything can be done.',
      remedy: `Possible now: ${offers.map((offer) => offer.label).join(', ') || 'nothing at this step'}.`,
    });
  }
  const on = (
    action: StepEventAction,
    state: StepState,
    target: string | undefined,
    more: Partial<StepEventData> = {},
    reason: string | null = null,
  ): Taken => ({
    step,
    draft: leave(runbook, view, context, step, action, state, target, more, reason),
    followUp: 'none',
  });

  const carryOut = (first: StepEventDraft = started(step)): Taken | null => {
    const action = actionOf(step, view, context);
    return action ? { step, draft: first, followUp: 'action', action } : null;
  };

  switch (act.act) {
    case 'begin':
      return carryOut() ?? beginWait(step, context);
    case 'confirm':
      return on(
        'completed',
        'done',
        step.goto,
        context.dryRun ? { result: ['Dry run: nothing was done.'] } : {},
      );
    case 'answer': {
      const branch = step.branches.find(({ id }) => id === act.choice);
      if (!branch) {
        throw new RekeyError('invalid-input', {
          message: `"${act.choice}" is no answer to "${step.title}".`,
          remedy: `Choose one of: ${step.branches.map(({ id }) => id).join(', ')}.`,
        });
      }
      const target = branch.runbook ? 'end' : (branch.goto ?? step.goto);
      const chosen = { choice: branch.id, result: [branch.label] };
      return on(
        'completed',
        'done',
        target,
        branch.runbook ? { ...chosen, next_runbook: branch.runbook } : chosen,
      );
    }
    case 'submit':
      return on('completed', 'done', step.goto, { input: checkedInput(step, act.input) });
    case 'run-action':
    case 'retry':
      return carryOut() ?? on('completed', 'done', step.goto);
    case 'commit':
      if (act.name.trim() !== context.environmentName) {
        throw new RekeyError('invalid-input', {
          message: 'The name that was typed is not the name of the environment.',
          remedy: `Type ${context.environmentName} exactly, or go back.`,
        });
      }
      return carryOut() ?? on('completed', 'done', step.goto);
    case 'wait-over':
      if (step.kind === 'wait' && !context.rollingBack && view.waits_for !== 'backup-date') {
        return on('completed', 'done', step.goto);
      }
      return carryOut() ?? on('completed', 'done', step.goto);
    case 'end-wait-early': {
      const deviation = endedEarly(step);
      if (step.kind === 'wait' && !context.rollingBack)
        return on('ended-early', 'done', step.goto, { deviation }, act.reason);
      const ended = stay(step, 'ended-early', 'active', { deviation, effects: hasEffects(step) }, act.reason);
      return carryOut(ended) ?? on('ended-early', 'done', step.goto, { deviation }, act.reason);
    }
    case 'skip':
      return on('skipped', 'skipped', step.goto, { deviation: `Skipped "${step.title}"` }, act.reason);
    case 'override':
      return on(
        'overridden',
        'done',
        step.goto,
        { deviation: `Went on although "${step.title}" was not proven` },
        act.reason,
      );
    case 'follow-failure': {
      if (step.on_failure === 'rollback') {
        const reason = `The step "${step.title}" failed`;
        return { step, draft: rollbackBegun(step, reason), followUp: 'action', action: 'rotation.rollback' };
      }
      const target = typeof step.on_failure === 'object' ? step.on_failure.goto : undefined;
      return on('failed', 'failed', target);
    }
    case 'go-back':
      return goBack(runbook, view);
    case 'attest':
      if (step.kind === 'approval') return on('attested', 'done', step.goto, {}, act.reason);
      return { step, draft: null, followUp: 'attest' };
    case 'probe':
      return { step, draft: null, followUp: 'probe' };
    case 'decide':
      return { step, draft: null, followUp: 'decide' };
    case 'add-evidence':
      return { step, draft: null, followUp: 'none' };
  }
}

/**
 * What a step carries out: its action; or the way back, once it was asked for; or closing the rotations, where the
 * run could not end without it.
 */
export function actionOf(step: RunbookStep, view: RunView, context: RunbookContext): ActionName | undefined {
  if (context.rollingBack) return 'rotation.rollback';
  const closing =
    stepView(view, step.id).error?.code === rotationsUnfinished || view.waits_for === 'backup-date';
  return closing ? 'rotation.close' : step.action;
}

/** The event that an action's end becomes, after `started` (or a probe) and the action itself. */
export function finishAction(
  runbook: Runbook,
  view: RunView,
  context: RunbookContext,
  carried: ActionName,
  outcome: ActionOutcome,
  durationMs: number,
): StepEventDraft {
  const step = findStep(runbook, view.current_step_id);
  if (!step) throw new Error('An action ended in a run that has no current step');
  const more: Partial<StepEventData> = { result: [...outcome.lines], duration_ms: durationMs };
  // A step whose action is only a look on the way stays where it is.
  if (!actionIsTheStep(step) && carried === step.action) {
    const error = outcome.error ? { error: outcome.error } : {};
    return stay(step, 'inspected', readyState(step), { ...more, ...error });
  }
  switch (outcome.outcome) {
    case 'done':
      if (step.kind === 'wait' && outcome.resumeAfter) {
        return waiting(step, { ...outcome, waitsFor: 'soak' }, more);
      }
      return leave(runbook, view, context, step, 'completed', 'done', step.goto, more);
    case 'not-done':
      return stay(step, 'probed', readyState(step), more);
    case 'waits':
      return waiting(step, outcome, more);
    case 'failed':
      return stay(step, 'failed', 'failed', { ...more, error: outcome.error ?? null });
  }
}

/** After a crash: a step that was at work is indeterminate when it had effects, and simply ready when not. */
export function afterCrash(runbook: Runbook, view: RunView): StepEventDraft | null {
  const step = findStep(runbook, view.current_step_id);
  if (!step) return null;
  const { state } = stepView(view, step.id);
  if (!['active', 'verifying', 'rolling-back'].includes(state)) return null;
  if (!hasEffects(step) && state !== 'rolling-back')
    return stay(step, 'found-indeterminate', readyState(step), {});
  return stay(step, 'found-indeterminate', 'indeterminate', {
    result: ['Rekey was interrupted while this step was at work. What is in place is found out first.'],
  });
}

/** What a paused run waited for is waited for again when it goes on; null where a person simply acts. */
export function afterPause(runbook: Runbook, view: RunView): StepEventDraft | null {
  const step = findStep(runbook, view.current_step_id);
  if (!step || stepView(view, step.id).state !== 'waiting') return null;
  return waiting(
    step,
    { outcome: 'waits', lines: [], waitsFor: view.waits_for, resumeAfter: view.resume_after },
    {},
  );
}

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

function beginWait(step: RunbookStep, context: RunbookContext): Taken {
  const until = step.until === undefined || step.until === 'soak' ? 0 : durationMilliseconds(step.until);
  const resumeAfter = new Date(Date.parse(context.now) + until).toISOString();
  return {
    step,
    draft: {
      action: 'waiting',
      reason: null,
      data: standing(step, 'waiting', 'soaking', 'operator', resumeAfter),
    },
    followUp: 'none',
  };
}

function started(step: RunbookStep): StepEventDraft {
  return {
    action: 'started',
    reason: null,
    data: {
      ...standing(step, step.kind === 'verify' ? 'verifying' : 'active', 'running', null, null),
      effects: hasEffects(step),
    },
  };
}

function waiting(step: RunbookStep, outcome: ActionOutcome, more: Partial<StepEventData>): StepEventDraft {
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
function stay(
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
function leave(
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
  const drafted = draft(action, step, state, route, reason);
  return { ...drafted, data: { ...drafted.data, ...more } };
}

function goBack(runbook: Runbook, view: RunView): Taken {
  const step = previousStep(runbook, view);
  if (!step) throw new Error('Going back was offered without a step to go back to');
  return {
    step,
    draft: draft('entered', step, readyState(step), { step, passedOver: [] }),
    followUp: 'none',
  };
}

function draft(
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

function standing(
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

/**
 * One `step` event folded into the view of its run. Pure: the same events always give the same view. Events whose
 * data a newer version wrote in another shape change nothing here.
 */
export function foldStep(view: RunView, event: LogEvent): RunView {
  const parsed = StepEventData.safeParse(event.data);
  if (event.event_type !== 'step' || !parsed.success) return view;
  const data = parsed.data;
  const before = view.steps.map((step): StepView => {
    const left = ['ready', 'awaiting-input', 'awaiting-approval'].includes(step.state);
    return left && step.id !== data.step && step.id !== data.current?.id
      ? { ...step, state: 'pending' }
      : step;
  });
  let steps = replaceStep(before, foldOne(stepView({ ...view, steps: before }, data.step), event, data));
  for (const id of data.not_applicable ?? []) {
    steps = replaceStep(steps, { ...stepView({ ...view, steps }, id), state: 'not-applicable' });
  }
  if (data.current && data.current.id !== data.step) {
    const entered = enter(stepView({ ...view, steps }, data.current.id));
    steps = replaceStep(steps, { ...entered, state: data.current.state, started_at: event.timestamp });
  }
  return {
    ...view,
    state: data.run_state,
    steps,
    current_step_id: data.current?.id ?? null,
    current_step: data.current?.title ?? null,
    waits_for: data.waits_for,
    resume_after: data.resume_after,
    deviations:
      data.deviation === undefined
        ? view.deviations
        : [
            ...view.deviations,
            {
              at: event.timestamp,
              by: event.user_id,
              step: data.step,
              what: data.deviation,
              reason: event.reason ?? '',
            },
          ],
  };
}

function foldOne(before: StepView, event: LogEvent, data: StepEventData): StepView {
  const step = event.action === 'entered' ? enter(before) : before;
  const ended = ['done', 'failed', 'skipped', 'rolled-back'].includes(data.state);
  const starts = event.action === 'started';
  return {
    ...step,
    state: data.state,
    started_at: event.action === 'entered' ? event.timestamp : (step.started_at ?? event.timestamp),
    ended_at: ended ? event.timestamp : null,
    duration_ms:
      data.duration_ms === undefined ? step.duration_ms : (step.duration_ms ?? 0) + data.duration_ms,
    choice: data.choice === undefined ? step.choice : data.choice,
    input: data.input === undefined ? step.input : data.input,
    skipped_reason: event.action === 'skipped' ? event.reason : starts ? null : step.skipped_reason,
    error: data.error !== undefined ? data.error : starts || data.state === 'done' ? null : step.error,
    result: data.result ?? step.result,
    evidence: [...step.evidence, ...(data.evidence ?? [])],
    attempts: step.attempts + (starts ? 1 : 0),
  };
}

/** A step that the run comes to, again perhaps: what was answered before is asked anew, what was proven is kept. */
function enter(step: StepView): StepView {
  return { ...step, ended_at: null, choice: null, error: null, skipped_reason: null };
}
