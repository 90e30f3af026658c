import type { RunDetail, RunStepDetail } from '../model/run-detail.ts';

/** What one step found, line by line. */
export interface EarlierResult {
  id: string;
  title: string;
  lines: readonly string[];
  /** Whether the step changed anything outside Rekey's own records. */
  effects: boolean;
}

/**
 * What the steps before this one found, oldest first: a decision rests on every check since a person last did
 * something, any other step on the one right before it.
 */
export function earlierResults(detail: RunDetail, step: RunStepDetail): EarlierResult[] {
  const ended = detail.run.steps
    .filter(({ ended_at: at, id }) => at !== null && id !== step.id)
    .sort((a, b) => (b.ended_at ?? '').localeCompare(a.ended_at ?? ''));
  const results: EarlierResult[] = [];
  for (const { id, result } of ended) {
    const before = detail.steps.find((one) => one.id === id);
    if (!before || before.action_name === null) break;
    if (before.kind !== 'automatic' && before.kind !== 'verify' && results.length > 0) break;
    if (result.length > 0) {
      results.unshift({ id, title: before.title, lines: result, effects: before.effects });
    }
    if (step.kind !== 'decision') break;
  }
  return results;
}
