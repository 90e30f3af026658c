import { useState } from 'react';
import { call } from '#renderer/state/call.ts';
import { ConfirmDialog } from '#renderer/ui/dialog/confirm-dialog.tsx';
import { Select } from '#renderer/ui/field/field.tsx';
import type { Alert } from '#shared/model/alert.ts';
import type { AlertsState } from '#shared/model/alerts-state.ts';

const hourMs = 3_600_000;

const lengths = [
  { value: '1', label: '1 hour' },
  { value: '4', label: '4 hours' },
  { value: '24', label: '1 day' },
  { value: '72', label: '3 days' },
  { value: '168', label: '1 week' },
  { value: '720', label: '30 days' },
] as const;

/** Puts an alert off, for a time and with a reason. */
export function SnoozeAlert({
  alert,
  onClose,
  onSnoozed,
}: {
  alert: Alert;
  onClose: () => void;
  onSnoozed: (state: AlertsState) => void;
}) {
  const [hours, setHours] = useState<string>('24');
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title="Put this alert off"
      confirmLabel="Put off"
      reasonLabel="Why it can wait"
      fields={
        <Select
          label="For"
          value={hours}
          options={lengths}
          hint="It comes back then if it is still so, or earlier if it gets worse."
          onChange={(event) => setHours(event.target.value)}
        />
      }
      onConfirm={async ({ reason }) => {
        const until = new Date(Date.now() + Number(hours) * hourMs).toISOString();
        const reply = await call('alerts.snooze', { id: alert.id, until, reason });
        if (!reply.ok) return reply.error;
        onSnoozed(reply.value);
        return null;
      }}
    >
      <p>{alert.title}</p>
    </ConfirmDialog>
  );
}
