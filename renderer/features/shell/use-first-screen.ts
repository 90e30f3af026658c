import { useEffect, useRef } from 'react';
import { openPractice } from '#renderer/features/commands/run-command.ts';
import { navigate } from '#renderer/state/route.ts';
import { useMirror } from '#renderer/state/store.ts';
import { startsWithPractice } from './welcome-state.ts';

/**
 * Where the window opens: at the run that was under way when Rekey ended, if there is exactly one, so that a restart
 * lands on the same step; at the practice environment when it was asked for; otherwise at the Overview.
 */
export function useFirstScreen(ready: boolean): void {
  const decided = useRef(false);
  const runs = useMirror((mirror) => mirror.runs);
  useEffect(() => {
    if (!ready || runs === null || decided.current) return;
    decided.current = true;
    if (location.hash !== '' && location.hash !== '#/overview') return;
    const underWay = runs.filter(({ state }) => state === 'running' || state === 'blocked');
    const [only] = underWay;
    if (only && underWay.length === 1) navigate({ screen: 'run', id: only.run_id }, { replace: true });
    else if (startsWithPractice()) void openPractice();
  }, [ready, runs]);
}
