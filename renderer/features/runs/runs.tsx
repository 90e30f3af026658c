import { BookOpenCheck, Play } from 'lucide-react';
import { useState } from 'react';
import { isOpenRun } from '#renderer/features/status/run-state-mark.tsx';
import { openOverlay } from '#renderer/state/overlay.ts';
import { navigate } from '#renderer/state/route.ts';
import { useMirror } from '#renderer/state/store.ts';
import { loadRuns } from '#renderer/state/sync.ts';
import { useLoaded } from '#renderer/state/use-call.ts';
import { useReady } from '#renderer/state/use-ready.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { EmptyState } from '#renderer/ui/empty-state/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Page, Section } from '#renderer/ui/page/page.tsx';
import { RunTable } from './run-table.tsx';
import { RunbookList } from './runbook-list.tsx';

const shownEnded = 15;

/** What can be walked through, and what was. */
export default function Runs() {
  const runs = useMirror((mirror) => mirror.runs);
  const problem = useMirror((mirror) => mirror.problems.runs);
  const runbooks = useLoaded('runbooks.list');
  const [all, setAll] = useState(false);
  useReady('runs', runs !== null && runbooks.value !== null);
  const open = runs?.filter(({ state }) => isOpenRun(state)) ?? [];
  const ended = runs?.filter(({ state }) => !isOpenRun(state)) ?? [];
  return (
    <Page
      title="Runbooks & runs"
      subtitle="Guided procedures, step by step, with evidence."
      actions={
        <Button
          variant="primary"
          icon={<Play size={15} aria-hidden="true" />}
          onClick={() => openOverlay({ kind: 'start-run', defaults: {} })}
        >
          Start a runbook
        </Button>
      }
    >
      {problem && (
        <ErrorNotice error={problem} actions={<Button onClick={() => void loadRuns()}>Try again</Button>} />
      )}
      {runs !== null && open.length > 0 && (
        <Section title="Open runs">
          <RunTable label="Open runs" runs={open} />
        </Section>
      )}
      <Section title="Runbooks">
        {runbooks.error && (
          <ErrorNotice
            error={runbooks.error}
            actions={<Button onClick={runbooks.reload}>Try again</Button>}
          />
        )}
        {runbooks.value === null && !runbooks.error && <Loading label="Reading the runbooks" />}
        {runbooks.value && <RunbookList runbooks={runbooks.value} onChanged={runbooks.reload} />}
      </Section>
      {runs === null && !problem && <Loading label="Reading the runs" />}
      {runs !== null && (
        <Section
          title="Ended runs"
          actions={
            ended.length > shownEnded && (
              <Button variant="quiet" size="small" aria-expanded={all} onClick={() => setAll(!all)}>
                {all ? 'Show the latest' : `Show all ${ended.length}`}
              </Button>
            )
          }
        >
          {ended.length === 0 ? (
            <EmptyState
              icon={BookOpenCheck}
              title="No run has ended yet"
              actions={
                <Button onClick={() => navigate({ screen: 'events' })}>Look at the events instead</Button>
              }
            >
              A run stays here with its evidence and its timeline.
            </EmptyState>
          ) : (
            <RunTable label="Ended runs" runs={all ? ended : ended.slice(0, shownEnded)} />
          )}
        </Section>
      )}
    </Page>
  );
}
