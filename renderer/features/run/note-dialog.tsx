import { type FormEvent, useState } from 'react';
import { keepRun } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { TextArea } from '#renderer/ui/field/field.tsx';

/** A remark that goes into the timeline and the log. */
export function NoteDialog({ open, onClose, runId }: { open: boolean; onClose: () => void; runId: string }) {
  const { run, pending, error } = useCall('runs.note');
  const [text, setText] = useState('');
  const [tried, setTried] = useState(false);
  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (text.trim() === '' || pending) return;
    const reply = await run({ runId, text: text.trim() });
    if (!reply?.ok) return;
    keepRun(reply.value);
    setText('');
    setTried(false);
    onClose();
  }
  return (
    <Dialog
      open={open}
      onClose={onClose}
      busy={pending}
      title="Add a note"
      description="It is recorded with your name and cannot be changed afterwards."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="run-note" variant="primary" busy={pending}>
            Add the note
          </Button>
        </>
      }
    >
      <form id="run-note" noValidate onSubmit={submit}>
        <TextArea
          label="Note"
          hint="No secrets."
          value={text}
          error={tried && text.trim() === '' ? 'Write something.' : undefined}
          onChange={(event) => setText(event.target.value)}
        />
      </form>
      {error && <ErrorNotice error={error} />}
    </Dialog>
  );
}
