import { call } from '#renderer/state/call.ts';
import { ConfirmDialog } from '#renderer/ui/dialog/confirm-dialog.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { AutomaticHalt } from '#shared/model/task.ts';

/** Lets automatic rotation of an environment go on after a failure. */
export function ResumeAutomatic({
  halt: { environment, why },
  onClose,
  onResumed,
}: {
  halt: AutomaticHalt;
  onClose: () => void;
  onResumed: () => void;
}) {
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Let automatic rotation of ${environment.name} go on?`}
      confirmLabel="Let it go on"
      reasonLabel="Why it may go on"
      onConfirm={async ({ reason }) => {
        const reply = await call('tasks.resume-automatic', { environmentId: environment.id, reason });
        if (!reply.ok) return reply.error;
        notify({ title: 'Automatic rotation goes on', description: environment.name });
        onResumed();
        return null;
      }}
    >
      <p>It stands still because of this: {why}</p>
      <p>The run that failed is left as it is; finish or give it up by itself.</p>
    </ConfirmDialog>
  );
}
