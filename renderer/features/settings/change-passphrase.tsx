import { type FormEvent, useState } from 'react';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Dialog } from '#renderer/ui/dialog/dialog.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { SecretField } from '#renderer/ui/field/field.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import styles from './settings.module.css';

const shortest = 12;

export function ChangePassphrase({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { run, pending, error, clear } = useCall('vault.change-passphrase');
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const [tried, setTried] = useState(false);
  const short = [...next].length < shortest;

  function close() {
    setCurrent('');
    setNext('');
    setAgain('');
    setTried(false);
    clear();
    onClose();
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (current === '' || short || next !== again || pending) return;
    const sent = { current, next };
    setCurrent('');
    setNext('');
    setAgain('');
    setTried(false);
    const reply = await run(sent);
    if (!reply?.ok) return;
    notify({ title: 'The passphrase was changed' });
    close();
  }

  return (
    <Dialog
      open={open}
      onClose={close}
      busy={pending}
      title="Change the passphrase"
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" form="change-passphrase" variant="primary" busy={pending}>
            Change it
          </Button>
        </>
      }
    >
      <form id="change-passphrase" noValidate className={styles.stack} onSubmit={submit}>
        <SecretField
          label="Current passphrase"
          value={current}
          error={tried && current === '' ? 'Type the current passphrase.' : undefined}
          onChange={(event) => setCurrent(event.target.value)}
        />
        <SecretField
          label="New passphrase"
          hint={`At least ${shortest} characters. It cannot be recovered.`}
          value={next}
          error={tried && short ? `Use at least ${shortest} characters.` : undefined}
          onChange={(event) => setNext(event.target.value)}
        />
        <SecretField
          label="New passphrase again"
          value={again}
          error={tried && !short && next !== again ? 'The two are not the same.' : undefined}
          onChange={(event) => setAgain(event.target.value)}
        />
      </form>
      {error && <ErrorNotice error={error} />}
    </Dialog>
  );
}
