import { useState } from 'react';
import { openPractice } from '#renderer/features/commands/run-command.ts';
import { call } from '#renderer/state/call.ts';
import { useMirror } from '#renderer/state/store.ts';
import { loadEnvironments } from '#renderer/state/sync.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ConfirmDialog } from '#renderer/ui/dialog/confirm-dialog.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import styles from './connection.module.css';

/** The practice service on this machine, and putting everything back as it was at first. */
export function PracticeSection({ onChanged }: { onChanged: () => void }) {
  const running = useMirror((mirror) => mirror.app?.practice.running ?? false);
  const [asking, setAsking] = useState(false);
  return (
    <Section
      title="Practice service"
      hint="A small service on this machine that reads the practice file. It starts and ends with Rekey."
    >
      <p>{running ? 'It is running.' : 'It is not running.'}</p>
      <div className={styles.buttons}>
        {!running && <Button onClick={() => void openPractice()}>Start the service</Button>}
        <Button onClick={() => setAsking(true)}>Begin the practice anew…</Button>
      </div>
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title="Begin the practice anew?"
        confirmLabel="Begin anew"
        onConfirm={async () => {
          const reply = await call('practice.reset');
          if (!reply.ok) return reply.error;
          await loadEnvironments();
          onChanged();
          notify({ title: 'The practice environment is as it was at first' });
          return null;
        }}
      >
        <p>
          The practice file and the data of its service are made anew, with overdue keys. Nothing else is
          touched; the events stay in the log.
        </p>
      </ConfirmDialog>
    </Section>
  );
}
