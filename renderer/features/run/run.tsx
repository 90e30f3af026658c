import { useEffect, useState } from 'react';
import { hashOf } from '#renderer/state/route.ts';
import { useMirror } from '#renderer/state/store.ts';
import { loadRun } from '#renderer/state/sync.ts';
import { useReady } from '#renderer/state/use-ready.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Page } from '#renderer/ui/page/page.tsx';
import type { ErrorReport } from '#shared/model/errors.ts';
import { RunScreen } from './run-screen.tsx';

/** A run by its id: loaded on the way in, kept up to date by what main says. */
export default function Run({ id }: { id: string }) {
  const detail = useMirror((mirror) => mirror.runDetails[id]);
  const [error, setError] = useState<ErrorReport | null>(null);
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt is what the button asks for
  useEffect(() => {
    let gone = false;
    setError(null);
    void loadRun(id).then((problem) => {
      if (!gone) setError(problem);
    });
    return () => {
      gone = true;
    };
  }, [id, attempt]);
  useWaitOver(id, detail?.run.resume_after ?? null);
  useOthersActs(id);
  useReady('run', detail !== undefined);
  if (detail) return <RunScreen detail={detail} />;
  return (
    <Page title="Run" above={<a href={hashOf({ screen: 'runs' })}>Runbooks &amp; runs</a>}>
      {error ? (
        <ErrorNotice
          error={error}
          actions={<Button onClick={() => setAttempt(attempt + 1)}>Try again</Button>}
        />
      ) : (
        <Loading label="Reading the run" lines={6} />
      )}
    </Page>
  );
}

/** Timers of browsers hold at most 2³¹ ms; nobody keeps a window open for longer than a day without touching it. */
const longestTimer = 86_400_000;

/** What can be done changes when the wait is over: asks again at that moment. */
function useWaitOver(id: string, resumeAfter: string | null): void {
  useEffect(() => {
    if (resumeAfter === null) return;
    const left = new Date(resumeAfter).getTime() - Date.now();
    if (left < 0) return;
    const timer = setTimeout(() => void loadRun(id), Math.min(left + 50, longestTimer));
    return () => clearTimeout(timer);
  }, [id, resumeAfter]);
}

/** The terminal, or another operator on this machine, may act on the same run. */
function useOthersActs(id: string): void {
  const seq = useMirror(({ log }) => (log.latest?.run_id === id ? log.latest.seq : null));
  useEffect(() => {
    if (seq === null) return;
    const timer = setTimeout(() => void loadRun(id), 200);
    return () => clearTimeout(timer);
  }, [id, seq]);
}
