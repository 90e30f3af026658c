import type { RunView } from '../model/run.ts';
import type { Runbook } from '../model/runbook.ts';
import type { StepEventDraft } from '../model/step-event.ts';
import { hasEffects } from './runbook-acts.ts';
import { findStep } from './runbook-route.ts';
import { readyState, stay, waiting } from './step-drafts.ts';
import { stepView } from './step-view.ts';

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
