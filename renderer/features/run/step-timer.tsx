import { Timer } from 'lucide-react';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { useNow } from '#renderer/ui/time/use-now.ts';
import { durationInWords } from '#shared/logic/duration-in-words.ts';
import type { RunStepDetail } from '#shared/model/run-detail.ts';

/** How long the step usually takes; past that it says so, and nothing more. */
export function StepTimer({ step }: { step: RunStepDetail }) {
  const now = useNow(10_000);
  if (step.soft_timer_ms === null) return null;
  const since = step.active_since === null ? 0 : now - new Date(step.active_since).getTime();
  const late = since > step.soft_timer_ms;
  return (
    <Badge tone={late ? 'warning' : 'neutral'} icon={Timer}>
      {late
        ? `Open for ${durationInWords(since)}, usually ${durationInWords(step.soft_timer_ms)}`
        : `Usually ${durationInWords(step.soft_timer_ms)}`}
    </Badge>
  );
}
