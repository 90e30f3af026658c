import { type FormEvent, useState } from 'react';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { TextArea } from '#renderer/ui/field/field.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { EnvironmentDetail } from '#shared/ipc/contract.ts';

/** Brings a host of a fleet to what the others hold, with a reason. */
export function CatchUpDialog({
  environmentId,
  host,
  onClose,
  onDone,
}: {
  environmentId: string;
  host: string;
  onClose: () => void;
  onDone: (detail: EnvironmentDetail) => void;
}) {
  const { run, pending, error } = useCall('environments.catch-up');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const noReason = reason.trim().length < 3;
  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (noReason || pending) return;
    const reply = await run({ environmentId, host, reason: reason.trim() });
    if (!reply?.ok) return;
    const { set, remove, restarted, detail } = reply.value;
    const names = [...set, ...remove];
    notify({
      title: `${host} is up to date`,
      description: `${names.length === 0 ? 'It held the same keys already.' : `Changed: ${names.join(', ')}.`}${
        names.length > 0 && !restarted ? ' Restart its service: no restart command is configured.' : ''
      }`,
    });
    onDone(detail);
    onClose();
  }
  return (
    <Dialog
      open
      onClose={onClose}
      busy={pending}
      title={`Bring ${host} up to date`}
      description="Rekey reads the other hosts, and writes their keys into the file of this host in one step, under its lock. Everything else in the file stays. Then its service is restarted and verified, where commands are configured. Where the other hosts do not agree with each other, nothing is changed."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="catch-up" variant="primary" busy={pending}>
            Bring it up to date
          </Button>
        </>
      }
    >
      <form id="catch-up" noValidate onSubmit={submit}>
        <TextArea
          label="Reason"
          rows={2}
          hint="Why it was behind. It goes into the event log."
          value={reason}
          error={tried && noReason ? 'Say why, in a few words.' : undefined}
          onChange={(event) => setReason(event.target.value)}
        />
      </form>
      {error && <ErrorNotice error={error} />}
    </Dialog>
  );
}
