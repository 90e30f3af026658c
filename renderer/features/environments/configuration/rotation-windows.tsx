import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import type { EnvironmentDetail } from '#shared/ipc/contract.ts';
import type { RotationWindow } from '#shared/model/environment.ts';
import { RotationWindowDialog } from './rotation-window-dialog.tsx';
import styles from './rotation-windows.module.css';
import { dayNames } from './window-words.ts';

/** When planned rotations are welcome. An emergency needs no window. */
export function RotationWindows({
  detail,
  onChanged,
}: {
  detail: EnvironmentDetail;
  onChanged: (detail: EnvironmentDetail) => void;
}) {
  const { run, pending, error } = useCall('environments.update');
  const [adding, setAdding] = useState(false);
  const { windows, id } = detail.config;
  async function save(next: RotationWindow[]) {
    const reply = await run({ environmentId: id, patch: { windows: next } });
    if (reply?.ok) onChanged(reply.value);
    return reply?.ok === true;
  }
  return (
    <Section
      title="Windows"
      hint="When planned rotations are welcome. An emergency needs none."
      actions={
        <Button icon={<Plus size={15} aria-hidden="true" />} onClick={() => setAdding(true)}>
          Add a window
        </Button>
      }
    >
      {error && <ErrorNotice error={error} />}
      {windows.length === 0 ? (
        <p className={styles.soft}>At any time.</p>
      ) : (
        <ul className={styles.list}>
          {windows.map((window, index) => (
            <li key={JSON.stringify(window)} className={styles.window}>
              <span>
                {window.days.map((day) => dayNames[day]).join(', ')}, {window.from} to {window.to},{' '}
                {window.timeZone}
              </span>
              <Button
                size="small"
                variant="quiet"
                busy={pending}
                onClick={() => void save(windows.filter((_, other) => other !== index))}
              >
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
      {adding && (
        <RotationWindowDialog
          onClose={() => setAdding(false)}
          onAdd={async (window) => {
            if (await save([...windows, window])) setAdding(false);
          }}
          pending={pending}
        />
      )}
    </Section>
  );
}
