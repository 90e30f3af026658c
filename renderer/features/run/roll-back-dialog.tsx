import { useState } from 'react';
import { call } from '#renderer/state/call.ts';
import { keepRun } from '#renderer/state/sync.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ConfirmDialog } from '#renderer/ui/dialog/confirm-dialog.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { Checkbox } from '#renderer/ui/field/field.tsx';
import type { RunDetail } from '#shared/model/run-detail.ts';
import { Lines } from './lines.tsx';

/** What rolling back would do, line by line; and doing it. */
export function RollBackDialog({
  open,
  onClose,
  detail,
}: {
  open: boolean;
  onClose: () => void;
  detail: RunDetail;
}) {
  const [restore, setRestore] = useState(false);
  const { rollback, environment, run } = detail;
  const lines = <Lines lines={rollback.lines} />;
  if (!rollback.possible) {
    return (
      <Dialog
        open={open}
        onClose={onClose}
        title="There is nothing to roll back now"
        footer={<Button onClick={onClose}>Close</Button>}
      >
        {rollback.lines.length > 0 ? (
          lines
        ) : (
          <p>No key of this run is in a state from which it can go back.</p>
        )}
      </Dialog>
    );
  }
  return (
    <ConfirmDialog
      open={open}
      onClose={onClose}
      title={`Roll back in ${environment.name}?`}
      confirmLabel="Roll back"
      danger
      reasonLabel="Why it is rolled back"
      typeToConfirm={environment.stage === 'production' ? environment.name : null}
      onConfirm={async ({ reason, typed }) => {
        const reply = await call('runs.roll-back', {
          runId: run.run_id,
          reason,
          restoreCompromised: restore,
          ...(typed === '' ? {} : { typedName: typed }),
        });
        if (!reply.ok) return reply.error;
        keepRun(reply.value);
        return null;
      }}
    >
      {lines}
      {rollback.restores_compromised && (
        <Checkbox
          label="Restore the compromised value all the same"
          hint="The old value is known to others. Whoever has it gets in again."
          checked={restore}
          onChange={(event) => setRestore(event.target.checked)}
        />
      )}
    </ConfirmDialog>
  );
}
