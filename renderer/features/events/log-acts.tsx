import { Ellipsis, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { call } from '#renderer/state/call.ts';
import { loadApp } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { forgetVerification, useVerification, verifyLog } from '#renderer/state/verification.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ConfirmDialog } from '#renderer/ui/dialog/confirm-dialog.tsx';
import { Menu } from '#renderer/ui/menu/menu.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';

/** Verify, export, move the log. */
export function LogActs() {
  const running = useVerification((state) => state.running);
  const exporting = useCall('events.export');
  const [moving, setMoving] = useState(false);
  async function exportLog() {
    const reply = await exporting.run();
    if (reply === null) return;
    if (!reply.ok) {
      const { message, unchanged, remedy } = reply.error;
      notify({ tone: 'danger', title: message, description: `${unchanged} ${remedy}` });
    } else if (reply.value !== null) {
      notify({ title: 'Events exported', description: reply.value.folder });
    }
  }
  return (
    <>
      <Button
        busy={running}
        icon={<ShieldCheck size={15} aria-hidden="true" />}
        onClick={() => void verifyLog()}
      >
        Verify the log
      </Button>
      <Menu
        trigger={
          <Button
            aria-label="More for the log"
            busy={exporting.pending}
            icon={<Ellipsis size={16} aria-hidden="true" />}
          />
        }
        items={[
          { id: 'export', label: 'Export the events…', onSelect: () => void exportLog() },
          { id: 'move', label: 'Begin a new log elsewhere…', onSelect: () => setMoving(true) },
        ]}
      />
      <ConfirmDialog
        open={moving}
        onClose={() => setMoving(false)}
        title="Begin a new log in another folder?"
        confirmLabel="Choose the folder…"
        reasonLabel="Why the log moves"
        onConfirm={async ({ reason }) => {
          const reply = await call('events.move', { reason });
          if (!reply.ok) return reply.error;
          if (reply.value === null) return null;
          notify({ title: 'The log goes on in the new folder', description: reply.value.folder });
          forgetVerification();
          await loadApp();
          return null;
        }}
      >
        <p>
          The old log stays where it is and is not changed. The new one begins with an event that names the
          last known root of the old one.
        </p>
      </ConfirmDialog>
    </>
  );
}
