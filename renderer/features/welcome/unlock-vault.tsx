import { type FormEvent, useState } from 'react';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { SecretField } from '#renderer/ui/field/field.tsx';
import styles from './welcome-form.module.css';

/** Opens the passphrase vault. What was typed is cleared as soon as it is sent. */
export function UnlockVault() {
  const { run, pending, error } = useCall('vault.unlock');
  const [passphrase, setPassphrase] = useState('');
  const [tried, setTried] = useState(false);
  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (passphrase === '' || pending) return;
    const typed = passphrase;
    setPassphrase('');
    setTried(false);
    await run({ passphrase: typed });
  }
  return (
    <form noValidate className={styles.form} onSubmit={submit}>
      <SecretField
        label="Passphrase"
        value={passphrase}
        error={tried && passphrase === '' ? 'Type the passphrase.' : undefined}
        onChange={(event) => setPassphrase(event.target.value)}
      />
      {error && <ErrorNotice error={error} />}
      <div>
        <Button type="submit" variant="primary" busy={pending}>
          Unlock
        </Button>
      </div>
    </form>
  );
}
