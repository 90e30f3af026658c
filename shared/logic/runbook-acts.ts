import type { RunView, StepView } from '../model/run.ts';
import { openRunStates } from '../model/run.ts';
import type { StepActName, StepActOffer } from '../model/run-detail.ts';
import type { Runbook, RunbookStep } from '../model/runbook.ts';
import { actionMeanings } from './runbook-actions.ts';
import { findStep, type RunbookContext } from './runbook-route.ts';
import { stepView } from './step-view.ts';

/** Kinds whose action is the step itself. In the other kinds an action is only a read-only look on the way. */
export function actionIsTheStep(step: RunbookStep): boolean {
  return (
    step.action !== undefined &&
    (step.kind === 'automatic' || step.kind === 'verify' || step.kind === 'commit' || step.kind === 'wait')
  );
}

/** Whether a step's action changes anything outside Rekey's own records. */
export function hasEffects(step: RunbookStep): boolean {
  return step.action !== undefined && actionMeanings[step.action].effects;
}

type Asks = StepActOffer['asks'];

/** Code of the failure of a last step: the run cannot end while a rotation is half-way. */
export const rotationsUnfinished = 'rotations-unfinished';

function offer(
  act: StepActName,
  label: string,
  rest: Partial<Omit<StepActOffer, 'act' | 'label'>> = {},
): StepActOffer {
  return { act, label, primary: false, asks: [], deviation: false, consequence: null, ...rest };
}

/**
 * What a person may do at the current step, the primary act first. Empty only when nothing is to be decided here:
 * the run has ended, is paused, or its action is at work this moment.
 */
export function stepActs(runbook: Runbook, view: RunView, context: RunbookContext): StepActOffer[] {
  const step = findStep(runbook, view.current_step_id);
  if (!step || !openRunStates.includes(view.state) || view.state === 'paused' || view.state === 'draft')
    return [];
  const current = stepView(view, step.id);
  if (
    context.rollingBack &&
    !['active', 'verifying', 'rolling-back', 'indeterminate'].includes(current.state)
  ) {
    return wayBackActs(step, view, context);
  }
  switch (current.state) {
    case 'active':
    case 'verifying':
    case 'rolling-back':
      return [];
    case 'indeterminate':
      return [
        offer('probe', 'Find out what is in place', {
          primary: true,
          consequence: 'Looks at what is there before anything is tried again.',
        }),
        ...evidenceActs(step),
      ];
    case 'failed':
      return failedActs(runbook, step, current, context);
    case 'waiting':
      return waitingActs(step, view, context);
    default:
      return readyActs(runbook, step, view, context);
  }
}

function readyActs(
  runbook: Runbook,
  step: RunbookStep,
  view: RunView,
  context: RunbookContext,
): StepActOffer[] {
  const acts: StepActOffer[] = [];
  if (context.dryRun) acts.push(...dryRunActs(step));
  else acts.push(...liveActs(step, view, context));
  if (step.action && !actionIsTheStep(step)) {
    acts.push(offer('run-action', actionMeanings[step.action].title));
  }
  acts.push(...evidenceActs(step));
  if (step.skippable) acts.push(skipAct());
  if (previousStep(runbook, view)) acts.push(offer('go-back', 'Go back one step'));
  return acts;
}

function liveActs(step: RunbookStep, view: RunView, context: RunbookContext): StepActOffer[] {
  const lacking = evidenceLacking(step, view);
  switch (step.kind) {
    case 'decision':
      return [offer('answer', 'Choose', { primary: true, asks: ['choice'] })];
    case 'input':
      return [offer('submit', 'Go on', { primary: true, asks: ['input'] })];
    case 'confirm':
      return lacking ? [] : [offer('confirm', step.expected ?? 'Confirmed', { primary: true })];
    case 'approval':
      return [offer('attest', 'Record the approval', { primary: true, asks: ['reason'] })];
    case 'commit':
      return lacking ? [] : [offer('commit', step.title, { primary: true, asks: ['name'] })];
    case 'wait':
      return [offer('begin', 'Start waiting', { primary: true })];
    case 'info':
      return lacking ? [] : [offer('confirm', 'Continue', { primary: true })];
    case 'command':
      return lacking ? [] : [offer('confirm', 'I have run it', { primary: true })];
    default:
      if (lacking) return [];
      return step.action
        ? [
            offer('run-action', actionMeanings[step.action].title, {
              primary: true,
              asks: suppliedAsks(step, context),
            }),
          ]
        : [
            offer('confirm', 'Verified', { primary: true }),
            offer('override', 'It is not as expected', {
              asks: ['reason'],
              deviation: true,
              consequence: 'Goes on all the same; the run ends with a deviation.',
            }),
          ];
  }
}

/** In a dry run every step can be walked past, and what only reads is carried out. */
function dryRunActs(step: RunbookStep): StepActOffer[] {
  if (step.kind === 'decision') return [offer('answer', 'Choose', { primary: true, asks: ['choice'] })];
  if (actionIsTheStep(step) && !hasEffects(step) && step.action) {
    return [
      offer('run-action', actionMeanings[step.action].title, { primary: true }),
      offer('confirm', 'Next step'),
    ];
  }
  return [offer('confirm', 'Next step', { primary: true, consequence: 'Dry run: nothing is carried out.' })];
}

function failedActs(
  runbook: Runbook,
  step: RunbookStep,
  current: StepView,
  context: RunbookContext,
): StepActOffer[] {
  const route = typeof step.on_failure === 'object' ? findStep(runbook, step.on_failure.goto) : undefined;
  const back = step.on_failure === 'rollback' && context.unfinished.length > 0 && !context.dryRun;
  const acts = [
    offer('retry', current.error?.code === rotationsUnfinished ? 'Finish the rotations' : 'Try again', {
      primary: !route && !back,
      asks: suppliedAsks(step, context),
    }),
  ];
  if (route) {
    acts.unshift(
      offer('follow-failure', `Go to: ${route.title}`, {
        primary: true,
        consequence: 'Leaves this step as failed and takes the way that the runbook has for it.',
      }),
    );
  }
  if (back) {
    acts.unshift(
      offer('follow-failure', 'Roll back', {
        primary: true,
        consequence: 'The old value becomes primary again, as the runbook has it for this failure.',
      }),
    );
  }
  if (context.decisions.length > 0) acts.push(offer('probe', 'Find out what is in place'), decideAct(false));
  if (context.dryRun) acts.push(offer('confirm', 'Next step'));
  acts.push(...evidenceActs(step));
  if (step.skippable) acts.push(skipAct());
  if (step.on_failure !== 'stop' && current.error?.code !== rotationsUnfinished) {
    acts.push(
      offer('override', 'Go on all the same', {
        asks: ['reason'],
        deviation: true,
        consequence: 'The step stays unproven, and the run ends with a deviation.',
      }),
    );
  }
  return acts;
}

function waitingActs(step: RunbookStep, view: RunView, context: RunbookContext): StepActOffer[] {
  const acts: StepActOffer[] = [];
  const archived = view.waits_for === 'backup-date';
  const timed = archived || view.waits_for === 'soak' || (step.kind === 'wait' && view.resume_after !== null);
  if (timed) {
    const over = view.resume_after === null || Date.parse(context.now) >= Date.parse(view.resume_after);
    if (over) acts.push(offer('wait-over', 'The time is over: go on', { primary: true }));
    else if (!archived) {
      acts.push(
        offer('end-wait-early', 'End the wait early', {
          asks: ['reason'],
          deviation: true,
          consequence: 'What was made under the old value and still lives is refused from then on.',
        }),
      );
    }
  } else if (view.waits_for === 'attestation') {
    acts.push(
      offer('attest', 'Attest it', {
        primary: true,
        asks: ['reason', 'evidence'],
        consequence: 'Your word, with your name, stands in place of the proof.',
      }),
    );
  } else if (view.waits_for === 'decision' || view.waits_for === 'probe') {
    acts.push(offer('probe', 'Find out what is in place', { primary: context.decisions.length === 0 }));
    if (context.decisions.length > 0) acts.push(decideAct(true));
  }
  // A plain wait has nothing to try again: it is over when it is over.
  if (step.kind === 'wait' && timed)
    return [...acts, ...evidenceActs(step), ...(step.skippable ? [skipAct()] : [])];
  acts.push(
    offer('retry', acts.length === 0 ? 'Go on' : 'Try again', {
      primary: acts.every((act) => !act.primary) && !timed,
      asks: view.waits_for === 'supplied-value' ? ['supplied'] : [],
    }),
  );
  acts.push(...evidenceActs(step));
  if (step.skippable) acts.push(skipAct());
  return acts;
}

/** A rotation that is being rolled back goes on, waits, or is decided on; nothing else of the runbook applies. */
function wayBackActs(step: RunbookStep, view: RunView, context: RunbookContext): StepActOffer[] {
  const acts = waitingActs({ ...step, kind: 'automatic', skippable: false }, view, context);
  return acts.map((act) => (act.act === 'retry' ? { ...act, label: 'Go on with rolling back' } : act));
}

function decideAct(primary: boolean): StepActOffer {
  return offer('decide', 'Decide which value is in place', {
    primary,
    asks: ['decision', 'reason'],
    consequence: 'Your decision is recorded with what the probe found.',
  });
}

function evidenceActs(step: RunbookStep): StepActOffer[] {
  return [offer('add-evidence', step.evidence?.label ?? 'Add evidence', { asks: ['evidence'] })];
}

function skipAct(): StepActOffer {
  return offer('skip', 'Skip this step', { asks: ['reason'], deviation: true });
}

function suppliedAsks(step: RunbookStep, context: RunbookContext): Asks {
  return step.action === 'rotation.prepare' && context.keys.some((key) => key.supplied) ? ['supplied'] : [];
}

/** A step that demands evidence cannot be confirmed before something was given. Never in a dry run. */
export function evidenceLacking(step: RunbookStep, view: RunView): boolean {
  return (
    step.evidence?.required === true &&
    !stepView(view, step.id).evidence.some(
      ({ kind }) => kind === 'output' || kind === 'file' || kind === 'attestation',
    )
  );
}

/** The step that was finished last, when nothing was done to the world there and it may be answered again. */
export function previousStep(runbook: Runbook, view: RunView): RunbookStep | null {
  let latest: StepView | null = null;
  for (const one of view.steps) {
    if (one.ended_at === null || one.id === view.current_step_id) continue;
    if (latest === null || one.ended_at >= (latest.ended_at ?? '')) latest = one;
  }
  const step = findStep(runbook, latest?.id ?? null);
  if (!step || latest?.state !== 'done' || actionIsTheStep(step)) return null;
  return ['info', 'confirm', 'input', 'decision', 'command'].includes(step.kind) ? step : null;
}
