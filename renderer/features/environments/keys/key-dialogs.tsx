import { type FormEvent, useState } from 'react';
import { call } from '#renderer/state/call.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ConfirmDialog } from '#renderer/ui/dialog/confirm-dialog.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { TextArea, TextField } from '#renderer/ui/field/field.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { EnvironmentDetail } from '#shared/ipc/contract.ts';
import styles from './keys-tab.module.css';

interface KeyDialogProps {
  detail: EnvironmentDetail;
  keyName: string;
  onClose: () => void;
  onChanged: (detail: EnvironmentDetail) => void;
}

function today(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

/** Records when a key was last rotated, before Rekey knew it. */
export function BaselineDialog({ detail, keyName, onClose, onChanged }: KeyDialogProps) {
  const { run, pending, error } = useCall('keys.baseline');
  const [date, setDate] = useState('');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const badDate = !/^\d{4}-\d{2}-\d{2}$/.test(date) || date > today();
  const noReason = reason.trim().length < 3;
  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (badDate || noReason || pending) return;
    const reply = await run({ environmentId: detail.config.id, key: keyName, date, reason: reason.trim() });
    if (!reply?.ok) return;
    onChanged(reply.value);
    notify({ title: `Recorded the last rotation of ${keyName}` });
    onClose();
  }
  return (
    <Dialog
      open
      onClose={onClose}
      busy={pending}
      title="Record the last rotation"
      description={`${keyName}, in ${detail.config.name}. The value of today becomes the recorded one.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="baseline" variant="primary" busy={pending}>
            Record it
          </Button>
        </>
      }
    >
      <form id="baseline" noValidate className={styles.stack} onSubmit={submit}>
        <TextField
          label="Last rotated on"
          type="date"
          max={today()}
          value={date}
          error={tried && badDate ? 'Give a date, not in the future.' : undefined}
          onChange={(event) => setDate(event.target.value)}
        />
        <TextArea
          label="How you know"
          rows={2}
          value={reason}
          error={tried && noReason ? 'Say how you know, in a few words.' : undefined}
          onChange={(event) => setReason(event.target.value)}
        />
      </form>
      {error && <ErrorNotice error={error} />}
    </Dialog>
  );
}

/** Says that others know the value. */
export function CompromisedDialog({ detail, keyName, onClose, onChanged }: KeyDialogProps) {
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Mark ${keyName} as compromised?`}
      confirmLabel="Mark as compromised"
      danger
      reasonLabel="What happened"
      onConfirm={async ({ reason }) => {
        const reply = await call('keys.mark-compromised', {
          environmentId: detail.config.id,
          key: keyName,
          reason,
        });
        if (!reply.ok) return reply.error;
        onChanged(reply.value);
        return null;
      }}
    >
      <p>
        In {detail.config.name}. Nothing is changed in the environment; the time until the value is replaced
        is measured from now. Start an emergency rotation next.
      </p>
    </ConfirmDialog>
  );
}

/** Takes a report of compromise back. */
export function ClearDialog({ detail, keyName, onClose, onChanged }: KeyDialogProps) {
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Take “compromised” back for ${keyName}?`}
      confirmLabel="Take it back"
      reasonLabel="How you know that it is safe"
      typeToConfirm={detail.config.stage === 'production' ? detail.config.name : null}
      onConfirm={async ({ reason }) => {
        const reply = await call('keys.clear-compromised', {
          environmentId: detail.config.id,
          key: keyName,
          reason,
        });
        if (!reply.ok) return reply.error;
        onChanged(reply.value);
        return null;
      }}
    >
      <p>In {detail.config.name}. Both the report and this stay in the log.</p>
    </ConfirmDialog>
  );
}
