import { type FormEvent, useState } from 'react';
import { keepRun } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { TextArea } from '#renderer/ui/field/field.tsx';
import type { RunDetail } from '#shared/model/run-detail.ts';
import styles from './acts/acts.module.css';

/** Goes on without a host of the fleet, with a reason. */
export function ExcludeHostDialog({
  detail,
  host,
  onClose,
}: {
  detail: RunDetail;
  host: string;
  onClose: () => void;
}) {
  const { run, pending, error } = useCall('runs.exclude-host');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const noReason = reason.trim().length < 3;
  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (noReason || pending) return;
    const reply = await run({ runId: detail.run.run_id, host, reason: reason.trim() });
    if (!reply?.ok) return;
    keepRun(reply.value);
    onClose();
  }
  return (
    <Dialog
      open
      onClose={onClose}
      busy={pending}
      title={`Leave ${host} out`}
      description={`${detail.run.title}, in ${detail.environment.name}. The run goes on without this host and ends “completed with deviations”. The host keeps what it has, and is shown as behind until it is brought up to date.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="exclude-host" variant="primary" busy={pending}>
            Leave it out
          </Button>
        </>
      }
    >
      <form id="exclude-host" noValidate className={styles.form} onSubmit={submit}>
        <TextArea
          label="Reason"
          rows={2}
          value={reason}
          error={tried && noReason ? 'Say why, in a few words.' : undefined}
          onChange={(event) => setReason(event.target.value)}
        />
      </form>
      {error && <ErrorNotice error={error} />}
    </Dialog>
  );
}
