import { useState } from 'react';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ConfirmDialog } from '#renderer/ui/dialog/confirm-dialog.tsx';
import type { RunDetail } from '#shared/model/run-detail.ts';

/** Ends the command that is running, after saying what that means. */
export function StopCommand({ detail }: { detail: RunDetail }) {
  const [asking, setAsking] = useState(false);
  const { run } = useCall('runs.stop-command');
  if (!detail.acts.some(({ act }) => act === 'stop')) return null;
  return (
    <>
      <Button size="small" onClick={() => setAsking(true)}>
        Stop…
      </Button>
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title="Stop the command?"
        confirmLabel="Stop the command"
        danger
        onConfirm={async () => {
          const reply = await run({ runId: detail.run.run_id });
          return reply && !reply.ok ? reply.error : null;
        }}
      >
        <p>
          The command in {detail.environment.name} is ended where it is. What it did until then is not
          assumed: the step must find out before it goes on.
        </p>
      </ConfirmDialog>
    </>
  );
}
