import type { LogEvent } from '../model/event.ts';
import type { RunView, StepView } from '../model/run.ts';
import { StepEventData } from '../model/step-event.ts';

const untouched: Omit<StepView, 'id'> = {
  state: 'pending',
  started_at: null,
  ended_at: null,
  duration_ms: null,
  choice: null,
  input: null,
  skipped_reason: null,
  error: null,
  result: [],
  evidence: [],
  attempts: 0,
};

/** The state of one step in a run; steps that no event has named yet are pending. */
export function stepView(view: RunView, id: string): StepView {
  return view.steps.find((step) => step.id === id) ?? { id, ...untouched };
}

/**
 * One `step` event folded into the view of its run. Pure: the same events always give the same view. Events whose
 * data a newer version wrote in another shape change nothing here.
 */
export function foldStep(view: RunView, event: LogEvent): RunView {
  const parsed = StepEventData.safeParse(event.data);
  if (event.event_type !== 'step' || !parsed.success) return view;
  const data = parsed.data;
  let steps = replaceStep(view.steps, foldOne(stepView(view, data.step), event, data));
  for (const id of data.not_applicable ?? []) {
    steps = replaceStep(steps, { ...stepView({ ...view, steps }, id), state: 'not-applicable' });
  }
  if (data.current && data.current.id !== data.step) {
    steps = replaceStep(steps, enter(stepView({ ...view, steps }, data.current.id)));
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

function foldOne(step: StepView, event: LogEvent, data: StepEventData): StepView {
  const ended = ['done', 'failed', 'skipped', 'rolled-back'].includes(data.state);
  const started = event.action === 'started';
  return {
    ...(event.action === 'entered' ? enter(step) : step),
    state: data.state,
    started_at: started ? (step.started_at ?? event.timestamp) : step.started_at,
    ended_at: ended ? event.timestamp : null,
    duration_ms:
      data.duration_ms === undefined ? step.duration_ms : (step.duration_ms ?? 0) + data.duration_ms,
    choice: data.choice === undefined ? step.choice : data.choice,
    input: data.input === undefined ? step.input : data.input,
    skipped_reason: event.action === 'skipped' ? event.reason : started ? null : step.skipped_reason,
    error: data.error === undefined ? (started || data.state === 'done' ? null : step.error) : data.error,
    result: data.result ?? step.result,
    evidence: [...step.evidence, ...(data.evidence ?? [])],
    attempts: step.attempts + (started ? 1 : 0),
  };
}

/** A step that the run comes to, again perhaps: what was answered before is asked anew, what was proven is kept. */
function enter(step: StepView): StepView {
  return { ...step, state: 'ready', ended_at: null, choice: null, error: null, skipped_reason: null };
}

function replaceStep(steps: readonly StepView[], step: StepView): StepView[] {
  return steps.some(({ id }) => id === step.id)
    ? steps.map((one) => (one.id === step.id ? step : one))
    : [...steps, step];
}
