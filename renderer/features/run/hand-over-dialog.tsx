import { type FormEvent, useState } from 'react';
import { keepRun } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { TextArea, TextField } from '#renderer/ui/field/field.tsx';
import type { RunDetail } from '#shared/model/run-detail.ts';
import styles from './acts/acts.module.css';

/** Gives the run to another operator, with what they must know. */
export function HandOverDialog({
  open,
  onClose,
  detail,
}: {
  open: boolean;
  onClose: () => void;
  detail: RunDetail;
}) {
  const { run, pending, error } = useCall('runs.hand-over');
  const [to, setTo] = useState('');
  const [note, setNote] = useState('');
  const [tried, setTried] = useState(false);
  const badTo = !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(to.trim());
  const noNote = note.trim() === '';
  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (badTo || noNote || pending) return;
    const reply = await run({ runId: detail.run.run_id, to: to.trim(), note: note.trim() });
    if (!reply?.ok) return;
    keepRun(reply.value);
    onClose();
  }
  return (
    <Dialog
      open={open}
      onClose={onClose}
      busy={pending}
      title="Hand the run over"
      description={`${detail.run.title}, in ${detail.environment.name}. It goes on where it stands.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="hand-over" variant="primary" busy={pending}>
            Hand it over
          </Button>
        </>
      }
    >
      <form id="hand-over" noValidate className={styles.form} onSubmit={submit}>
        <TextField
          label="To"
          type="email"
          hint="The e-mail address of the operator who goes on."
          value={to}
          error={tried && badTo ? 'Give an e-mail address.' : undefined}
          onChange={(event) => setTo(event.target.value)}
        />
        <TextArea
          label="What they must know"
          value={note}
          error={tried && noNote ? 'Write what was done and what is next.' : undefined}
          onChange={(event) => setNote(event.target.value)}
        />
      </form>
      {error && <ErrorNotice error={error} />}
    </Dialog>
  );
}
