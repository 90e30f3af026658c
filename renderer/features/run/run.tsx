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
