import type { TaskRun } from '../model/task.ts';

export type TaskOutcome = 'good' | 'needs attention' | 'failed' | 'begun';

/** How a run of a task went, in a word. */
export function taskOutcome({ outcome, good }: TaskRun): TaskOutcome {
  if (outcome !== 'succeeded') return outcome;
  return good ? 'good' : 'needs attention';
}

/** What a run of a task found, or why there is nothing. */
export function taskSummary({ summary }: TaskRun): string {
  return summary ?? 'No end is recorded: it is under way, or was interrupted.';
}
