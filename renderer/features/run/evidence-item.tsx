import { useState } from 'react';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { CodeBlock, CopyButton } from '#renderer/ui/code-block/code-block.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { LocalTime } from '#renderer/ui/time/time.tsx';
import type { RunView } from '#shared/model/run.ts';
import styles from './evidence-item.module.css';

const kinds = {
  output: 'Output',
  file: 'File',
  attestation: 'Attestation',
  note: 'Note',
  result: 'Result',
} as const;

/** One piece of evidence; its redacted text is read from disk when someone asks. */
export function EvidenceItem({
  runId,
  evidence,
  step,
}: {
  runId: string;
  evidence: RunView['steps'][number]['evidence'][number];
  step: string;
}) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState<string | null>(null);
  const { run, pending, error } = useCall('runs.evidence');
  async function show() {
    setOpen(true);
    if (text !== null) return;
    const reply = await run({ runId, sha256: evidence.sha256 });
    if (reply?.ok) setText(reply.value.text);
  }
  return (
    <>
      <button type="button" className={styles.item} onClick={() => void show()}>
        <span className={styles.label}>{evidence.label}</span>
        <span className={styles.facts}>
          {kinds[evidence.kind]}, {evidence.bytes} bytes
          {evidence.redactions > 0 && `, ${evidence.redactions} redacted`}
        </span>
        <span className={styles.hash}>{evidence.sha256.slice(0, 16)}…</span>
      </button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        size="large"
        title={evidence.label}
        description={`${kinds[evidence.kind]} at “${step}”`}
        footer={<Button onClick={() => setOpen(false)}>Close</Button>}
      >
        <dl className={styles.meta}>
          <div>
            <dt>Added</dt>
            <dd>
              <LocalTime at={evidence.at} seconds /> by {evidence.by}
            </dd>
          </div>
          <div>
            <dt>SHA-256</dt>
            <dd className={styles.full}>
              <code>{evidence.sha256}</code>
              <CopyButton text={evidence.sha256} label="Copy the hash" />
            </dd>
          </div>
        </dl>
        {pending && <Loading label="Reading the evidence" lines={3} />}
        {error && <ErrorNotice error={error} />}
        {text !== null && <CodeBlock code={text} label="Evidence" copyLabel="Copy the evidence" wrap tall />}
      </Dialog>
    </>
  );
}
