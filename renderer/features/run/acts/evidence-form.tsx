import { Paperclip } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useMirror } from '#renderer/state/store.ts';
import { keepRun } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { TextArea, TextField } from '#renderer/ui/field/field.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { RunDetail, RunStepDetail } from '#shared/model/run-detail.ts';
import styles from './acts.module.css';
import type { StepActing } from './use-step-act.ts';

/** Says that it is there, and how much of it was taken out. */
function tellAdded(runId: string, stepId: string): void {
  const added = useMirror
    .getState()
    .runDetails[runId]?.run.steps.find(({ id }) => id === stepId)
    ?.evidence.at(-1);
  const redactions = added?.redactions ?? 0;
  const what = redactions === 1 ? '1 secret was' : `${redactions} secrets were`;
  notify({
    title: 'Evidence added',
    description:
      redactions > 0
        ? `${what} redacted before it was hashed and stored.`
        : 'It stands on the right, with its hash. Nothing in it looked like a secret.',
  });
}

/** Pasted output, or a file. Redacted in main before it is hashed and kept. */
export function EvidenceForm({
  detail,
  step,
  title,
  act,
  working,
  open,
}: {
  detail: RunDetail;
  step: RunStepDetail;
  title: string;
  act: StepActing;
  working: boolean;
  /** Needed before the step can go on: shown at once. */
  open: boolean;
}) {
  const attach = useCall('runs.attach-file');
  const [label, setLabel] = useState(step.evidence?.label ?? '');
  const [text, setText] = useState('');
  const [tried, setTried] = useState(false);
  const noLabel = label.trim() === '';
  const noText = text.trim() === '';

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (noLabel || noText || working) return;
    const problem = await act.perform({ act: 'add-evidence', kind: 'output', label: label.trim(), text });
    if (problem !== null) return;
    setText('');
    setTried(false);
    tellAdded(detail.run.run_id, step.id);
  }

  async function attachFile() {
    const reply = await attach.run({ runId: detail.run.run_id, stepId: step.id });
    if (!reply?.ok) return;
    keepRun(reply.value);
    tellAdded(detail.run.run_id, step.id);
  }

  return (
    <details className={styles.evidence} open={open}>
      <summary>
        <Paperclip size={14} aria-hidden="true" /> {title}
      </summary>
      <form noValidate className={styles.form} onSubmit={submit}>
        <TextField
          label="What it is"
          value={label}
          error={tried && noLabel ? 'Give it a name.' : undefined}
          onChange={(event) => setLabel(event.target.value)}
        />
        <TextArea
          label="Output"
          mono
          rows={5}
          hint="Paste it as it is. Secrets in it are redacted before it is stored."
          value={text}
          error={tried && noText ? 'Paste the output, or attach a file.' : undefined}
          onChange={(event) => setText(event.target.value)}
        />
        {attach.error && <ErrorNotice error={attach.error} />}
        <div className={styles.buttons}>
          <Button type="submit" busy={working}>
            Add this output
          </Button>
          <Button busy={attach.pending} onClick={() => void attachFile()}>
            Attach a file…
          </Button>
        </div>
      </form>
    </details>
  );
}
