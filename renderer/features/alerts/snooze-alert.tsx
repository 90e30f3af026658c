import { type FormEvent, useState } from 'react';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Select, TextArea } from '#renderer/ui/field/field.tsx';
import type { Alert } from '#shared/model/alert.ts';
import type { AlertsState } from '#shared/model/alerts-state.ts';
import styles from './alerts.module.css';

const hourMs = 3_600_000;

const lengths = [
  { value: '1', label: '1 hour' },
  { value: '4', label: '4 hours' },
  { value: '24', label: '1 day' },
  { value: '72', label: '3 days' },
  { value: '168', label: '1 week' },
  { value: '720', label: '30 days' },
] as const;

/** Puts an alert off, for a time and with a reason. */
export function SnoozeAlert({
  alert,
  onClose,
  onSnoozed,
}: {
  alert: Alert;
  onClose: () => void;
  onSnoozed: (state: AlertsState) => void;
}) {
  const { run, pending, error } = useCall('alerts.snooze');
  const [hours, setHours] = useState<string>('24');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const problem = reason.trim().length < 3 ? 'Say why it can wait.' : undefined;
  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (problem) return;
    const until = new Date(Date.now() + Number(hours) * hourMs).toISOString();
    const reply = await run({ id: alert.id, until, reason: reason.trim() });
    if (!reply?.ok) return;
    onSnoozed(reply.value);
    onClose();
  }
  return (
    <Dialog
      open
      onClose={onClose}
      busy={pending}
      title="Put this alert off"
      description={alert.title}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="snooze" variant="primary" busy={pending}>
            Put off
          </Button>
        </>
      }
    >
      <form id="snooze" noValidate className={styles.form} onSubmit={submit}>
        <Select
          label="For"
          value={hours}
          options={lengths}
          hint="It comes back then if it is still so, or earlier if it gets worse."
          onChange={(event) => setHours(event.target.value)}
        />
        <TextArea
          label="Why it can wait"
          rows={2}
          value={reason}
          error={tried ? problem : undefined}
          onChange={(event) => setReason(event.target.value)}
        />
      </form>
      {error && <ErrorNotice error={error} />}
    </Dialog>
  );
}
