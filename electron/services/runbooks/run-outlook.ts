import { stepView } from '#shared/logic/step-view.ts';
import { openRunStates } from '#shared/model/run.ts';
import type { RunDetail } from '#shared/model/run-detail.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { Runbook } from '#shared/model/runbook.ts';
import type { GuidedDependencies } from './guided-dependencies.ts';

/** Whether the run can be rolled back, and what that would do. */
export function rollbackOf(services: GuidedDependencies, run: RunRecord): RunDetail['rollback'] {
  if (!openRunStates.includes(run.state) || run.rotations.length === 0) {
    const line =
      run.rotations.length === 0 ? 'Nothing was changed that could be rolled back.' : 'The run has ended.';
    return { possible: false, lines: [line], restores_compromised: false };
  }
  const { possible, lines, restoresCompromised } = services.rotations.rollbackPlan(run.run_id);
  return { possible, lines, restores_compromised: restoresCompromised };
}

/** The runbook to which the last decision handed over; its keys are the run's where it lets choose. */
export function nextRunbook(
  services: GuidedDependencies,
  run: RunRecord,
  runbook: Runbook,
): RunDetail['next_runbook'] {
  if (run.ended_at === null || run.state === 'aborted') return null;
  for (const step of [...runbook.steps].reverse()) {
    const { choice, state } = stepView(run, step.id);
    const branch = state === 'done' ? step.branches.find(({ id }) => id === choice) : undefined;
    if (!branch?.runbook) continue;
    const listing = services.library.list().find(({ id }) => id === branch.runbook);
    return { id: branch.runbook, title: listing?.title ?? branch.runbook, keys: run.keys };
  }
  return null;
}
