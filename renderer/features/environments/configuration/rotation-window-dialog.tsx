import { type FormEvent, useState } from 'react';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { TextField } from '#renderer/ui/field/field.tsx';
import type { RotationWindow } from '#shared/model/environment.ts';
import styles from './rotation-windows.module.css';
import { dayNames } from './window-words.ts';

type Day = RotationWindow['days'][number];

export function RotationWindowDialog({
  onClose,
  onAdd,
  pending,
}: {
  onClose: () => void;
  onAdd: (window: RotationWindow) => Promise<void>;
  pending: boolean;
}) {
  const [days, setDays] = useState<ReadonlySet<Day>>(new Set());
  const [from, setFrom] = useState('02:00');
  const [to, setTo] = useState('05:00');
  const [timeZone, setTimeZone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [tried, setTried] = useState(false);
  const badZone = !isTimeZone(timeZone);
  const noTimes = from === '' || to === '' || from === to;

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (pending || days.size === 0 || badZone || noTimes) return;
    const order = Object.keys(dayNames) as Day[];
    await onAdd({ days: order.filter((day) => days.has(day)), from, to, timeZone });
  }

  return (
    <Dialog
      open
      onClose={onClose}
      busy={pending}
      title="Add a window"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="rotation-window" variant="primary" busy={pending}>
            Add the window
          </Button>
        </>
      }
    >
      <form id="rotation-window" noValidate className={styles.form} onSubmit={submit}>
        <fieldset className={styles.days}>
          <legend>Days</legend>
          {(Object.entries(dayNames) as [Day, string][]).map(([day, name]) => (
            <label key={day}>
              <input
                type="checkbox"
                checked={days.has(day)}
                onChange={(event) => {
                  const next = new Set(days);
                  if (event.target.checked) next.add(day);
                  else next.delete(day);
                  setDays(next);
                }}
              />
              {name}
            </label>
          ))}
          <p className={styles.error} aria-live="polite">
            {tried && days.size === 0 && 'Choose at least one day.'}
          </p>
        </fieldset>
        <div className={styles.pair}>
          <TextField
            label="From"
            type="time"
            value={from}
            onChange={(event) => setFrom(event.target.value)}
          />
          <TextField
            label="To"
            type="time"
            value={to}
            error={tried && noTimes ? 'Give two different times.' : undefined}
            onChange={(event) => setTo(event.target.value)}
          />
        </div>
        <TextField
          label="Time zone"
          hint="Such as Europe/Berlin."
          value={timeZone}
          error={tried && badZone ? 'This time zone is not known.' : undefined}
          onChange={(event) => setTimeZone(event.target.value)}
        />
      </form>
    </Dialog>
  );
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name !== '';
  } catch {
    return false;
  }
}
