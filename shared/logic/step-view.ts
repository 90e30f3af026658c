import type { RunView, StepView } from '../model/run.ts';

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

/** The steps with one of them replaced, or added at the end. */
export function replaceStep(steps: readonly StepView[], step: StepView): StepView[] {
  return steps.some(({ id }) => id === step.id)
    ? steps.map((one) => (one.id === step.id ? step : one))
    : [...steps, step];
}
