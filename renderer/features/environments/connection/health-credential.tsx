import { type FormEvent, useState } from 'react';
import { useCall } from '#renderer/state/use-call.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { SecretField } from '#renderer/ui/field/field.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { EnvironmentDetail } from '#shared/ipc/contract.ts';
import styles from './connection.module.css';

/** The bearer token for the health address. Goes into the keychain; never comes back. */
export function HealthCredential({
  detail,
  onChanged,
}: {
  detail: EnvironmentDetail;
  onChanged: () => void;
}) {
  const set = useCall('environments.set-credential');
  const remove = useCall('environments.remove-credential');
  const [value, setValue] = useState('');
  const [tried, setTried] = useState(false);
  const environmentId = detail.config.id;
  async function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (value === '' || set.pending) return;
    const typed = value;
    setValue('');
    setTried(false);
    const reply = await set.run({ environmentId, kind: 'health', value: typed });
    if (!reply?.ok) return;
    notify({ title: 'Stored in the keychain' });
    onChanged();
  }
  return (
    <Section
      title="Health credential"
      hint="A bearer token that is sent to the health address, and nowhere else. It lies in the keychain."
    >
      <p>
        {detail.healthCredential ? 'One is stored.' : 'None is stored; the address is asked without one.'}
      </p>
      <form noValidate className={styles.row} onSubmit={submit}>
        <SecretField
          label={detail.healthCredential ? 'Replace it with' : 'Token'}
          value={value}
          error={tried && value === '' ? 'Type or paste the token.' : undefined}
          onChange={(event) => setValue(event.target.value)}
        />
        <Button type="submit" busy={set.pending}>
          Store it
        </Button>
        {detail.healthCredential && (
          <Button
            variant="danger-outline"
            busy={remove.pending}
            onClick={async () => {
              const reply = await remove.run({ environmentId, kind: 'health' });
              if (reply?.ok) onChanged();
            }}
          >
            Remove it
          </Button>
        )}
      </form>
      {set.error && <ErrorNotice error={set.error} />}
      {remove.error && <ErrorNotice error={remove.error} />}
    </Section>
  );
}
