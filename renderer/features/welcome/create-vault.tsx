import { type FormEvent, useState } from 'react';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { SecretField } from '#renderer/ui/field/field.tsx';
import styles from './welcome-form.module.css';

const shortest = 12;

/** Makes the passphrase vault, the explicit alternative to a keychain. */
export function CreateVault({ onCreated }: { onCreated: () => void }) {
  const { run, pending, error } = useCall('vault.create');
  const [first, setFirst] = useState('');
  const [second, setSecond] = useState('');
  const [tried, setTried] = useState(false);
  const short = [...first].length < shortest;
  const different = first !== second;
  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (short || different || pending) return;
    const typed = first;
    setFirst('');
    setSecond('');
    setTried(false);
    const reply = await run({ passphrase: typed });
    if (reply?.ok) onCreated();
  }
  return (
    <form noValidate className={styles.form} onSubmit={submit}>
      <SecretField
        label="Passphrase"
        hint={`At least ${shortest} characters; several random words are good. It cannot be recovered.`}
        value={first}
        error={tried && short ? `Use at least ${shortest} characters.` : undefined}
        onChange={(event) => setFirst(event.target.value)}
      />
      <SecretField
        label="Passphrase again"
        value={second}
        error={tried && !short && different ? 'The two are not the same.' : undefined}
        onChange={(event) => setSecond(event.target.value)}
      />
      {error && <ErrorNotice error={error} />}
      <div>
        <Button type="submit" variant="primary" busy={pending}>
          Create the vault
        </Button>
      </div>
    </form>
  );
}
