import { FileText } from 'lucide-react';
import { navigate } from '#renderer/state/route.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { useLoadedWithLog } from '#renderer/state/use-loaded-with-log.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { CopyButton } from '#renderer/ui/code-block/code-block.tsx';
import { EmptyState } from '#renderer/ui/empty-state/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Cell, HeadCell, Table } from '#renderer/ui/table/table.tsx';
import { LocalTime } from '#renderer/ui/time/time.tsx';
import styles from './reports.module.css';
import { VerdictMark } from './verdict-mark.tsx';

/** The reports that this installation has made, as its log knows them. */
export function ReportList() {
  const { value: reports, error, reload } = useLoadedWithLog('reports.list');
  const reveal = useCall('reports.reveal');
  if (error) return <ErrorNotice error={error} actions={<Button onClick={reload}>Try again</Button>} />;
  if (reports === null) return <Loading label="Reading the reports" lines={4} />;
  if (reports.length === 0) {
    return (
      <EmptyState
        icon={FileText}
        title="No report was made yet"
        actions={
          <Button variant="primary" onClick={() => navigate({ screen: 'new-report' })}>
            Make a report…
          </Button>
        }
      >
        A report says how every key stood in a period, what was rotated and why, and proves it with the event
        log. You see what it will say before it is signed.
      </EmptyState>
    );
  }
  return (
    <div className={styles.stack}>
      {reveal.error && <ErrorNotice error={reveal.error} />}
      <Table label="Reports">
        <thead>
          <tr>
            <HeadCell>Period</HeadCell>
            <HeadCell>Outcome</HeadCell>
            <HeadCell>Made</HeadCell>
            <HeadCell>By</HeadCell>
            <HeadCell>SHA256SUMS</HeadCell>
            <HeadCell>
              <span className="visually-hidden">Actions</span>
            </HeadCell>
          </tr>
        </thead>
        <tbody>
          {reports.map((report) => (
            <tr key={report.report_id}>
              <Cell>
                {report.from} to {report.to}
                <div className={styles.soft}>{report.time_zone}</div>
              </Cell>
              <Cell>
                <VerdictMark level={report.verdict} />
              </Cell>
              <Cell>
                <LocalTime at={report.at} />
              </Cell>
              <Cell>{report.by}</Cell>
              <Cell>
                <span className={styles.hash}>
                  <code>{report.sums_sha256.slice(0, 12)}…</code>
                  <CopyButton text={report.sums_sha256} label="Copy the hash of SHA256SUMS" />
                </span>
              </Cell>
              <Cell align="end">
                {report.path === null ? (
                  <span className={styles.soft}>kept elsewhere</span>
                ) : (
                  <Button
                    size="small"
                    aria-label={`Show the report of ${report.from} to ${report.to}`}
                    onClick={() => void reveal.run({ reportId: report.report_id })}
                  >
                    Show
                  </Button>
                )}
              </Cell>
            </tr>
          ))}
        </tbody>
      </Table>
    </div>
  );
}
