import { useState } from 'react';
import { call } from '#renderer/state/call.ts';
import { useMirror } from '#renderer/state/store.ts';
import { loadApp } from '#renderer/state/sync.ts';
import { useVerification } from '#renderer/state/verification.ts';
import { Banner } from '#renderer/ui/banner/banner.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { CopyButton } from '#renderer/ui/code-block/code-block.tsx';
import { ConfirmDialog } from '#renderer/ui/dialog/confirm-dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Progress } from '#renderer/ui/progress/progress.tsx';
import { RelativeTime } from '#renderer/ui/time/time.tsx';
import type { LogProblem } from '#shared/model/event.ts';
import styles from './log-state.module.css';

/** Each damaged range, once a full check has found them all; until then what is known. */
function Problems({ of: problems, else: known }: { of: readonly LogProblem[]; else: string | null }) {
  if (problems.length === 0) return known && <p>{known}</p>;
  return (
    <ul className={styles.problems}>
      {problems.map((problem) => (
        <li key={`${problem.code}/${problem.firstSeq}/${problem.message}`}>{problem.message}</li>
      ))}
    </ul>
  );
}

/** What is wrong with the log, and what the last full check found. */
export function LogState() {
  const log = useMirror((mirror) => mirror.app?.log ?? null);
  const share = useMirror((mirror) => mirror.verifyShare);
  const { running, result, error } = useVerification();
  const [asking, setAsking] = useState(false);
  return (
    <>
      {log !== null && log.state === 'corrupt' && (
        <Banner
          tone="danger"
          title="A part of the log does not match what was written."
          actions={<Button onClick={() => setAsking(true)}>Acknowledge…</Button>}
        >
          <Problems of={result?.report.problems ?? []} else={log.message} />
          <p>
            Keep a copy of <code>{log.folder}</code> as it is. Rotations stop until someone acknowledges it,
            or begins a new log elsewhere. Nothing is ever “repaired”.
          </p>
        </Banner>
      )}
      {log !== null && log.state === 'unwritable' && (
        <Banner tone="danger" title="The log cannot be written.">
          <p>{log.message}</p>
          <p>Begin a new log in another folder, from the menu above. Until then nothing is rotated.</p>
        </Banner>
      )}
      {log !== null && (log.state === 'repaired' || log.state === 'corrupt-acknowledged') && (
        <Banner
          tone="info"
          title={
            log.state === 'repaired'
              ? 'A line that a crash had left unfinished was cut back; the repair is recorded.'
              : 'A damaged part of the log was acknowledged.'
          }
        >
          {log.message && <p>{log.message}</p>}
        </Banner>
      )}
      {log !== null && log.state === 'ok' && log.message !== null && (
        <Banner tone="info" title="The last checkpoint of the log could not be made.">
          <p>{log.message} Nothing else was held up, and the next one makes up for it.</p>
        </Banner>
      )}
      {running && (
        <div className={styles.progress} role="status">
          <Progress label="Verifying every event" share={share} />
        </div>
      )}
      {error && <ErrorNotice error={error} />}
      {!running && result && log?.state !== 'corrupt' && (
        <Banner
          role="status"
          tone={result.report.intact ? 'success' : 'danger'}
          title={
            result.report.intact
              ? `Intact: ${result.report.size.toLocaleString('en')} events.`
              : 'Not intact.'
          }
        >
          <p className={styles.root}>
            Checked <RelativeTime at={new Date(result.at).toISOString()} />. Root{' '}
            <code>{result.report.root.slice(0, 24)}…</code>
            <CopyButton text={result.report.root} label="Copy the root" />
          </p>
          <Problems of={result.report.problems} else={null} />
        </Banner>
      )}
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title="Acknowledge the damage?"
        confirmLabel="Acknowledge"
        danger
        reasonLabel="What you know about it"
        onConfirm={async ({ reason }) => {
          const reply = await call('events.acknowledge', { reason });
          if (!reply.ok) return reply.error;
          await loadApp();
          return null;
        }}
      >
        <p>
          The damaged range stays damaged, and every later check names it. Your acknowledgement is recorded;
          rotations may go on.
        </p>
      </ConfirmDialog>
    </>
  );
}
