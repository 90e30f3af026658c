import { RunKindMark, RunStateMark, waitsForWords } from '#renderer/features/status/run-state-mark.tsx';
import { StageMark } from '#renderer/features/status/stage-mark.tsx';
import { hashOf } from '#renderer/state/route.ts';
import { Cell, HeadCell, Table } from '#renderer/ui/table/table.tsx';
import { LocalTime, RelativeTime } from '#renderer/ui/time/time.tsx';
import type { RunSummary } from '#shared/model/run.ts';
import styles from './run-table.module.css';

export function RunTable({ label, runs }: { label: string; runs: readonly RunSummary[] }) {
  return (
    <Table label={label}>
      <thead>
        <tr>
          <HeadCell>Run</HeadCell>
          <HeadCell>Environment</HeadCell>
          <HeadCell>State</HeadCell>
          <HeadCell>Started</HeadCell>
        </tr>
      </thead>
      <tbody>
        {[...runs]
          .sort((a, b) => b.started_at.localeCompare(a.started_at))
          .map((run) => (
            <tr key={run.run_id}>
              <th scope="row" className={styles.title}>
                <a href={hashOf({ screen: 'run', id: run.run_id })}>{run.title}</a>
                <span className={styles.marks}>
                  <RunKindMark drill={run.drill} dryRun={run.dry_run} />
                </span>
                <p className={styles.more}>{run.reason}</p>
              </th>
              <Cell className={styles.environment}>
                <span className={styles.name} title={run.environment.name}>
                  {run.environment.name}
                </span>
                <StageMark stage={run.environment.stage} />
                {run.keys.length > 0 && <p className={styles.keys}>{run.keys.join(', ')}</p>}
              </Cell>
              <Cell>
                <RunStateMark state={run.state} />
                <p className={styles.more}>{progress(run)}</p>
              </Cell>
              <Cell className={styles.when}>
                <RelativeTime at={run.started_at} />
                <p className={styles.more} title={run.operator}>
                  {run.operator}
                </p>
              </Cell>
            </tr>
          ))}
      </tbody>
    </Table>
  );
}

function progress(run: RunSummary) {
  if (run.ended_at !== null) {
    return (
      <>
        Ended <LocalTime at={run.ended_at} />
      </>
    );
  }
  if (run.state === 'soaking' && run.resume_after !== null) {
    return (
      <>
        Come back on <LocalTime at={run.resume_after} />
      </>
    );
  }
  if (run.waits_for !== null && run.waits_for !== 'operator') return waitsForWords(run.waits_for);
  return run.current_step === null ? null : `At “${run.current_step}”`;
}
