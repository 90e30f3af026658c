import { durationMilliseconds } from '../model/duration.ts';
import { RekeyError } from '../model/errors.ts';
import type { RunView, StepState } from '../model/run.ts';
import type { StepAct } from '../model/run-detail.ts';
import type { ActionName, Runbook, RunbookStep } from '../model/runbook.ts';
import type { StepEventAction, StepEventData, StepEventDraft } from '../model/step-event.ts';
import type { ActionOutcome } from './runbook-actions.ts';
import { actionIsTheStep, hasEffects, previousStep, rotationsUnfinished, stepActs } from './runbook-acts.ts';
import { checkedInput } from './runbook-input.ts';
import { findStep, firstStep, type RunbookContext } from './runbook-route.ts';
import {
  endedEarly,
  leave,
  moved,
  readyState,
  rollbackBegun,
  standing,
  started,
  stay,
  waiting,
} from './step-drafts.ts';
import { stepView } from './step-view.ts';

/**
 * The machine of guided runs. Pure: it says which act is legal, what it means as an event, and what has to be carried
 * out after that event is durable; services/runbooks/run-service.ts does the carrying out. A run's view is the fold
 * of its events (step-fold.ts), so resuming is replaying.
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
  return moved('entered', step, readyState(step), { step, passedOver: route.passedOver });
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

function goBack(runbook: Runbook, view: RunView): Taken {
  const step = previousStep(runbook, view);
  if (!step) throw new Error('Going back was offered without a step to go back to');
  return {
    step,
    draft: moved('entered', step, readyState(step), { step, passedOver: [] }),
    followUp: 'none',
  };
}
