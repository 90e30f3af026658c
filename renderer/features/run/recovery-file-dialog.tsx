import { type FormEvent, useState } from 'react';
import { keepRun, loadRun } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { RadioGroup, SecretField, TextArea, TextField } from '#renderer/ui/field/field.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { RunDetail } from '#shared/model/run-detail.ts';
import styles from './acts/acts.module.css';

type Way = 'passphrase' | 'recipient' | 'decline';
const shortest = 12;

/** A sealed file with the values of this run, in case this machine is lost; or the decision to have none. */
export function RecoveryFileDialog({
  open,
  onClose,
  detail,
}: {
  open: boolean;
  onClose: () => void;
  detail: RunDetail;
}) {
  const write = useCall('runs.write-recovery-file');
  const decline = useCall('runs.decline-recovery-file');
  const [way, setWay] = useState<Way>('passphrase');
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const [recipient, setRecipient] = useState('');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const pending = write.pending || decline.pending;
  const runId = detail.run.run_id;
  const problems = {
    passphrase:
      way === 'passphrase' && [...passphrase].length < shortest
        ? `Use at least ${shortest} characters.`
        : undefined,
    again: way === 'passphrase' && passphrase !== again ? 'The two are not the same.' : undefined,
    recipient:
      way === 'recipient' && !/^age1[0-9a-z]{10,}$/.test(recipient.trim())
        ? 'Give an age recipient, beginning with age1.'
        : undefined,
    reason: way === 'decline' && reason.trim().length < 3 ? 'Say why, in a few words.' : undefined,
  };

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (pending || Object.values(problems).some(Boolean)) return;
    if (way === 'decline') {
      const reply = await decline.run({ runId, reason: reason.trim() });
      if (!reply?.ok) return;
      keepRun(reply.value);
      onClose();
      return;
    }
    const typed = passphrase;
    setPassphrase('');
    setAgain('');
    setTried(false);
    const reply = await write.run({
      runId,
      ...(way === 'passphrase' ? { passphrase: typed } : { recipient: recipient.trim() }),
    });
    if (!reply?.ok || reply.value === null) return;
    notify({ title: 'Recovery file written', description: reply.value.path });
    await loadRun(runId);
    onClose();
  }

  return (
    <Dialog
      open={open}
      onClose={onClose}
      busy={pending}
      title="Recovery file"
      description={`If this machine is lost after the change, the values of ${detail.environment.name} are lost with it, unless a sealed copy lies elsewhere.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="recovery-file" variant="primary" busy={pending}>
            {way === 'decline' ? 'Record that there is none' : 'Write the file…'}
          </Button>
        </>
      }
    >
      <form id="recovery-file" noValidate className={styles.form} onSubmit={submit}>
        <RadioGroup
          legend="Who can open it?"
          name="way"
          value={way}
          onChange={(value) => setWay(value as Way)}
          options={[
            {
              value: 'passphrase',
              label: 'Whoever knows a passphrase',
              hint: 'Keep the two in different places.',
            },
            {
              value: 'recipient',
              label: 'A second operator',
              hint: 'Sealed for their age recipient (age1…).',
            },
            {
              value: 'decline',
              label: 'Nobody: write no file',
              hint: 'Recorded as “no recovery if this machine is lost”.',
            },
          ]}
        />
        {way === 'passphrase' && (
          <>
            <SecretField
              label="Passphrase"
              value={passphrase}
              error={tried ? problems.passphrase : undefined}
              onChange={(event) => setPassphrase(event.target.value)}
            />
            <SecretField
              label="Passphrase again"
              value={again}
              error={tried && !problems.passphrase ? problems.again : undefined}
              onChange={(event) => setAgain(event.target.value)}
            />
          </>
        )}
        {way === 'recipient' && (
          <TextField
            label="Recipient"
            mono
            value={recipient}
            error={tried ? problems.recipient : undefined}
            onChange={(event) => setRecipient(event.target.value)}
          />
        )}
        {way === 'decline' && (
          <TextArea
            label="Why there is none"
            rows={2}
            value={reason}
            error={tried ? problems.reason : undefined}
            onChange={(event) => setReason(event.target.value)}
          />
        )}
      </form>
      {write.error && <ErrorNotice error={write.error} />}
      {decline.error && <ErrorNotice error={decline.error} />}
    </Dialog>
  );
}
