import type { LogEvent } from '../model/event.ts';
import type { RunView, StepView } from '../model/run.ts';
import { StepEventData } from '../model/step-event.ts';
import { replaceStep, stepView } from './step-view.ts';

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
