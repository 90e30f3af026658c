import { Download, Play } from 'lucide-react';
import { isOpenRun, RunStateMark, runStateWord } from '#renderer/features/status/run-state-mark.tsx';
import { openOverlay } from '#renderer/state/overlay.ts';
import { hashOf } from '#renderer/state/route.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Cell, HeadCell, Table } from '#renderer/ui/table/table.tsx';
import { Duration } from '#renderer/ui/time/time.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { RunDetail } from '#shared/model/run-detail.ts';
import styles from './current-step.module.css';
import { Lines } from './lines.tsx';
import { stepStateWords } from './step-state-words.ts';

/** The end of a run: what changed, what deviated, what is still open, and the record to take away. */
export function RunEnd({ detail }: { detail: RunDetail }) {
  const { run, next_runbook: next } = detail;
  const exporting = useCall('runs.export-timeline');
  const timed = run.steps.filter(({ duration_ms }) => duration_ms !== null);
  async function exportTimeline() {
    const reply = await exporting.run({ runId: run.run_id });
    if (reply?.ok && reply.value) notify({ title: 'Timeline exported', description: reply.value.path });
  }
  return (
    <section className={styles.step} aria-label="End of the run">
      <header>
        <h2 tabIndex={-1} className={styles.title}>
          {isOpenRun(run.state) ? runStateWord(run.state) : heading[run.state]}
        </h2>
        <div className={styles.marks}>
          <RunStateMark state={run.state} look="soft" />
          <span className={styles.soft}>
            after <Duration milliseconds={detail.elapsed_ms} />
          </span>
        </div>
      </header>
      {detail.summary.length > 0 && (
        <div className={styles.box}>
          <h3>Summary</h3>
          <Lines lines={detail.summary} />
        </div>
      )}
      {exporting.error && <ErrorNotice error={exporting.error} />}
      <div className={styles.marks}>
        {next && (
          <Button
            variant="primary"
            icon={<Play size={15} aria-hidden="true" />}
            onClick={() =>
              openOverlay({
                kind: 'start-run',
                defaults: {
                  runbook: next.id,
                  environmentId: detail.environment.id,
                  keys: next.keys,
                  drill: run.drill,
                },
              })
            }
          >
            Go on with {next.title}
          </Button>
        )}
        <Button
          icon={<Download size={15} aria-hidden="true" />}
          busy={exporting.pending}
          onClick={() => void exportTimeline()}
        >
          Export the timeline…
        </Button>
        {detail.runbook.subject !== 'installation' && (
          <a href={hashOf({ screen: 'environment', id: detail.environment.id, tab: 'keys' })}>
            Look at {detail.environment.name}
          </a>
        )}
      </div>
      {run.deviations.length > 0 && (
        <div className={styles.box}>
          <h3>Deviations</h3>
          <ul className={styles.bullets}>
            {run.deviations.map((deviation) => (
              <li key={`${deviation.at}/${deviation.what}`}>
                {deviation.what}: {deviation.reason}
              </li>
            ))}
          </ul>
        </div>
      )}
      {timed.length > 0 && (
        <Table label="Time taken by step" dense>
          <thead>
            <tr>
              <HeadCell>Step</HeadCell>
              <HeadCell>Outcome</HeadCell>
              <HeadCell align="end">Time taken</HeadCell>
            </tr>
          </thead>
          <tbody>
            {timed.map((view) => (
              <tr key={view.id}>
                <Cell>{detail.steps.find(({ id }) => id === view.id)?.title ?? view.id}</Cell>
                <Cell>{stepStateWords[view.state].word}</Cell>
                <Cell align="end">
                  <Duration milliseconds={view.duration_ms ?? 0} />
                </Cell>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </section>
  );
}

const heading: Readonly<Record<string, string>> = {
  completed: 'The run is complete',
  'completed-with-deviations': 'The run is complete, with deviations',
  aborted: 'The run was aborted',
  'rolled-back': 'The run was rolled back',
};
