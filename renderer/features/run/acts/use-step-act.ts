import { useCallback } from 'react';
import { clearProgress, keepRun } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import type { ErrorReport } from '#shared/model/errors.ts';
import type { StepAct } from '#shared/model/run-detail.ts';

export interface StepActing {
  /** Resolves to why it failed, or null. */
  perform: (act: StepAct) => Promise<ErrorReport | null>;
  pending: boolean;
  error: ErrorReport | null;
}

/** Sends one act on a step, and takes over the run as it is afterwards. */
export function useStepAct(runId: string, stepId: string): StepActing {
  const { run, pending, error } = useCall('runs.act');
  const perform = useCallback(
    async (act: StepAct) => {
      clearProgress(runId);
      const reply = await run({ runId, stepId, act });
      if (reply === null) return null;
      if (!reply.ok) return reply.error;
      keepRun(reply.value);
      return null;
    },
    [run, runId, stepId],
  );
  return { perform, pending, error };
}
