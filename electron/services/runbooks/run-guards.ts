import { RekeyError } from '#shared/model/errors.ts';
import { openRunStates } from '#shared/model/run.ts';
import type { RunRecord } from '#shared/model/run-event.ts';
import type { GuidedDependencies } from './guided-dependencies.ts';
import type { RunParts } from './run-parts.ts';

/** Whether the run belongs to who acts here; nobody's when that is not known. */
export function isMine(services: GuidedDependencies, run: RunRecord): boolean {
  try {
    return services.operator() === run.operator;
  } catch {
    return false;
  }
}

/** The run's id. Throws `operator-unknown`, and `run-open` when the run belongs to somebody else. */
export function requireMine(services: GuidedDependencies, idOrPrefix: string): string {
  const operator = services.operator();
  const run = services.runs.get(idOrPrefix);
  if (run.operator === operator) return run.run_id;
  throw new RekeyError('run-open', {
    message: `This run belongs to ${run.operator}.`,
    remedy: 'Let them hand it over to you, or take it over with a reason.',
    details: { run_id: run.run_id, operator: run.operator },
  });
}

/** Throws `illegal-move` when the run stands at another step by now. */
export function requireCurrent({ run, step }: RunParts, stepId: string): void {
  if (step?.id === stepId) return;
  throw new RekeyError('illegal-move', {
    message: step ? `The run stands at "${step.title}" by now.` : `The run has ended: ${run.state}.`,
    remedy: 'Look at the run again.',
    details: { run_id: run.run_id },
  });
}

/** Throws `illegal-move` when the run has ended. */
export function requireOpen(run: RunRecord): void {
  if (openRunStates.includes(run.state)) return;
  throw new RekeyError('illegal-move', {
    message: `The run has ended: ${run.state}.`,
    remedy: 'Start a new run.',
    details: { run_id: run.run_id },
  });
}
